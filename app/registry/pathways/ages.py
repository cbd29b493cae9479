"""Age as the law sees it: on a stated day, from a birth that may be known only within bounds."""

from dataclasses import dataclass
from datetime import date

from app.registry.pathways.places import Jurisdiction


@dataclass(frozen=True)
class AgeBounds:
    """The youngest and oldest a person can be, in completed years; `oldest` None is unknown."""

    youngest: int
    oldest: int | None


def age_on(birth: date, on: date) -> int:
    """Completed years; who was born on 29 February completes a year on 1 March. 0 before birth."""
    years = on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))
    return max(years, 0)


def age_bounds(earliest: date | None, latest: date | None, on: date) -> AgeBounds:
    """From the earliest and latest possible day of birth; an unknown latest day leaves 0."""
    if earliest and latest and latest < earliest:
        raise ValueError("the latest possible birth lies before the earliest")
    return AgeBounds(
        youngest=age_on(latest, on) if latest else 0,
        oldest=age_on(earliest, on) if earliest else None,
    )


def is_child(earliest: date | None, latest: date | None, on: date, majority: int) -> bool:
    """Whoever may still be under age counts as a child: doubt is theirs (CRC, articles 1 and 3).

    For child justice `on` is the day of the alleged act, not today.
    """
    return age_bounds(earliest, latest, on).youngest < majority


def macr_on(jurisdiction: Jurisdiction, on: date, grave: bool) -> int | None:
    """Age of criminal responsibility in completed years for an act of that day.

    `grave`: the act is among the period's listed offences. None where the jurisdiction's data do
    not reach back to that day, which no caller may read as 0.
    """
    for period in jurisdiction.responsibility:
        if period.since <= on and (period.until is None or on <= period.until):
            return period.grave if grave else period.general
    return None


def age_band(jurisdiction: Jurisdiction, age: int) -> str:
    """The code of the band that holds this age in completed years."""
    if age < 0:
        raise ValueError("an age below zero")
    return next(
        band.code for band in jurisdiction.age_bands if band.oldest is None or age <= band.oldest
    )
