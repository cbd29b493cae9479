"""Pure: who may be given an instrument, when again, and what may follow a status."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from app.casework.assessments.scoring.instrument import Instrument, Respondent
from app.registry.pathways.ages import AgeBounds

SAID = ("submitted", "signed")  # what stands; of what was amended or voided nothing is reckoned


def may_be_of_age(asked: Respondent, ages: AgeBounds) -> bool:
    """Whether the person may be of an age that this form is for; an age unknown may be any."""
    young_enough = asked.oldest is None or ages.youngest <= asked.oldest
    return young_enough and (ages.oldest is None or ages.oldest >= asked.youngest)


def forms_for(forms: Iterable[Instrument], respondent: str, ages: AgeBounds) -> list[Instrument]:
    """Of the forms of one module, those that the person may be of an age for."""
    return [
        one
        for one in forms
        if respondent in one.respondents and may_be_of_age(one.respondents[respondent], ages)
    ]


def class_of(instrument: Instrument, writable: Collection[str]) -> str | None:
    """The first of its classes that the author may write; None: it is not theirs to give."""
    return next((name for name in instrument.record_classes if name in writable), None)


def again_on(instrument: Instrument, others: Sequence[date], on: date) -> date | None:
    """The first day on which its questions do not ask of days that were asked of before.

    `others`: when it was given, before or after `on`. None where none of them is that near.
    """
    recall = timedelta(days=instrument.timing.recall_days)
    near = [day for day in others if abs(day - on) < recall]
    return max(near) + recall if near else None


def tells_something(answers: Iterable[int | None]) -> bool:
    return any(one is not None for one in answers)
