"""Which answers an instrument takes: whole numbers that it allows, to items that it asks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.casework.assessments.scoring.instrument import Instrument, Item

Answers = Mapping[str, int | None]
Facts = Mapping[str, bool | None]
Fault = tuple[str, str]  # what: an item number, a fact or `respondent`; why: a stable code


class AnswersRefused(ValueError):
    """Answers that cannot be scored; `faults` names each, and never the value.

    Codes: unknown-respondent, unknown-item, value-not-allowed, unknown-fact, fact-not-allowed.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{what}: {why}" for what, why in faults))
        self.faults = tuple(faults)


def admitting(
    instrument: Instrument, asked: Mapping[str, Item], respondent: str
) -> Callable[[Answers, Facts], dict[str, Any]]:
    """What is known from answers and facts: every item and fact by name, None where missing."""
    allowed = {number: frozenset(item.values) for number, item in asked.items()}
    blank: dict[str, Any] = dict.fromkeys((*instrument.items, *instrument.facts))
    skips = [
        (skip.item, skip.answer, tuple((n, v) for n, v in skip.fills.items() if n in asked))
        for skip in instrument.skips
        if respondent in skip.respondents
    ]

    def admitted(answers: Answers, facts: Facts) -> dict[str, Any]:
        faults: list[Fault] = []
        known = blank.copy()
        for number, value in answers.items():
            if number not in allowed:
                faults.append((number, "unknown-item"))
            elif value is not None:
                # To Python, True is 1 and so is 1.0; in an answer neither is.
                if type(value) is not int or value not in allowed[number]:
                    faults.append((number, "value-not-allowed"))
                known[number] = value
        for name, fact in facts.items():
            if name not in instrument.facts:
                faults.append((name, "unknown-fact"))
            elif fact is not None and type(fact) is not bool:
                faults.append((name, "fact-not-allowed"))
            known[name] = fact
        if faults:
            raise AnswersRefused(faults)
        for item, answer, fills in skips:
            if known[item] == answer:
                for number, value in fills:
                    if known[number] is None:
                        known[number] = value
        return known

    return admitted
