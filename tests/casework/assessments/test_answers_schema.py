"""The schema that is told admits the answers that the scorer does, and no others."""

from typing import Any

import jsonschema_rs
import pytest

from app.casework.assessments.answers_schema import answers_schema
from app.casework.assessments.scoring.admitting import AnswersRefused
from app.casework.assessments.scoring.catalogue import Shipped, catalogue

FORMS = [
    (shipped, respondent)
    for versions in catalogue().instruments.values()
    for shipped in versions.values()
    for respondent in shipped.instrument.respondents
]
STRANGERS = ("0", "X", "item_1", "")
VALUES: list[Any] = [None, *range(-1, 13), True, "1", 0.5, [1], {}]


def admits(shipped: Shipped, respondent: str, answers: dict[str, Any]) -> bool:
    try:
        shipped.score(answers, respondent, {})
    except AnswersRefused:
        return False
    return True


@pytest.mark.parametrize(
    ("shipped", "respondent"), FORMS, ids=[f"{s.instrument.code} {r}" for s, r in FORMS]
)
def test_it_and_the_scorer_admit_the_same(shipped: Shipped, respondent: str) -> None:
    instrument = shipped.instrument
    schema = answers_schema(instrument, respondent)
    jsonschema_rs.meta.validate(schema)
    judge = jsonschema_rs.validator_for(schema)
    seen = {}
    for number in (*instrument.items, *STRANGERS):
        for value in VALUES:
            answers = {number: value}
            seen[number, str(value)] = judge.is_valid(answers)
            assert seen[number, str(value)] == admits(shipped, respondent, answers), answers
    assert set(seen.values()) == {True, False}
    whole: dict[str, Any] = {one.number: one.values[-1] for one in instrument.asked(respondent)}
    assert judge.is_valid(whole)
    assert not judge.is_valid(whole | {"X": None})


def test_each_refused_value_of_one_item() -> None:
    judge = jsonschema_rs.validator_for(
        answers_schema(catalogue().current("cries8").instrument, "self")
    )
    assert [value for value in range(-1, 7) if judge.is_valid({"1": value})] == [0, 1, 3, 5]
    assert judge.is_valid({"1": None})
    assert judge.is_valid({})
