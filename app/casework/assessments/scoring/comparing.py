"""Whether two results of one instrument differ by more than chance, or by what counts in life."""

from decimal import Decimal
from typing import Literal, TypedDict

from app.casework.assessments.scoring.instrument import Better, Change, Instrument
from app.casework.assessments.scoring.scorer import Result

Direction = Literal["better", "worse", "same"]


class Shift(TypedDict):
    scale: str
    name: str  # of the change in the instrument's file, as `reliable`
    by: int | str  # later less earlier, as scales are shown
    direction: Direction
    holds: bool


def shifts(instrument: Instrument, earlier: Result, later: Result) -> list[Shift]:
    """One for each change that the file states, where both results have the scale's value.

    The results must be of the same version and respondent: other scales, other figures.
    """
    return [
        shift(change, instrument.scales[change.scale].better, Decimal(before), Decimal(after))
        for change in instrument.changes
        if (before := earlier["scales"][change.scale]) is not None
        and (after := later["scales"][change.scale]) is not None
    ]


def shift(change: Change, better: Better, before: Decimal, after: Decimal) -> Shift:
    by = after - before
    gain = -by if better == "lower" else by
    if change.to_at_most is None:
        holds = abs(by) >= change.least
    else:  # who is well has become so: only a gain counts
        holds = gain >= change.least and after <= change.to_at_most
    return {
        "scale": change.scale,
        "name": change.name,
        "by": shown(by),
        "direction": direction(gain),
        "holds": holds,
    }


def direction(gain: Decimal) -> Direction:
    if gain > 0:
        return "better"
    return "worse" if gain < 0 else "same"


def shown(by: Decimal) -> int | str:
    """With decimals where one of the two has some: a mean that stood in may, beside a sum."""
    return str(by) if by.as_tuple().exponent else int(by)
