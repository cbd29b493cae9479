"""Whether two results of one instrument differ by more than chance, or by what counts in life."""

from decimal import Decimal
from typing import Literal, TypedDict

from app.casework.assessments.scoring.instrument import Instrument
from app.casework.assessments.scoring.scorer import Result


class Shift(TypedDict):
    scale: str
    name: str  # of the change in the instrument's file, as `reliable`
    by: int | str  # later less earlier, as scales are shown
    direction: Literal["better", "worse", "same"]
    holds: bool


def shifts(instrument: Instrument, earlier: Result, later: Result) -> list[Shift]:
    """One for each change that the file states, where both results have the scale's value.

    The results must be of the same version and respondent: other scales, other figures.
    """
    found: list[Shift] = []
    for change in instrument.changes:
        before, after = earlier["scales"][change.scale], later["scales"][change.scale]
        if before is None or after is None:
            continue
        by = Decimal(after) - Decimal(before)
        worse = (by > 0) == (instrument.scales[change.scale].better == "lower")
        direction: Literal["better", "worse", "same"] = "worse" if worse else "better"
        holds = abs(by) >= change.least
        if change.to_at_most is not None:
            holds = holds and not worse and Decimal(after) <= change.to_at_most
        found.append(
            {
                "scale": change.scale,
                "name": change.name,
                "by": str(by) if isinstance(after, str) else int(by),
                "direction": direction if by else "same",
                "holds": holds,
            }
        )
    return found
