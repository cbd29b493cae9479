"""Answers given to a case as a psychologist would give them, with numbers for words."""

from typing import Any

from tests.making import Made, today

PHQ9 = "phq9"


def answers(values: str) -> dict[str, int | None]:
    """`2 2 _ 1` to items 1 to 4; `_` was left out."""
    return {
        str(n): None if one == "_" else int(one) for n, one in enumerate(values.split(), start=1)
    }


def body(instrument: str, values: str, **more: Any) -> dict[str, Any]:
    given = {"instrument": instrument, "respondent": "self", "language": "ru"}
    return {**given, "administered_on": str(today()), "answers": answers(values), **more}


def give(made: Made, instrument: str, values: str, role: str = "psychologist", **more: Any) -> Any:
    """The answer of the server."""
    return made.post(role, "/assessments", body(instrument, values, **more))


def given(made: Made, instrument: str, values: str, **more: Any) -> dict[str, Any]:
    """What was put on record."""
    answer = give(made, instrument, values, **more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found
