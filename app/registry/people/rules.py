"""Pure: what an uncertain birth says about age."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Bounds:
    precision: str  # day | month | year | unknown
    earliest: date | None
    latest: date | None


def bounds(value: str | None) -> Bounds:
    """From YYYY-MM-DD, YYYY-MM, YYYY or nothing; ValueError where no such day exists."""
    if value is None:
        return Bounds("unknown", None, None)
    year, *rest = (int(part) for part in value.split("-"))
    if len(rest) == 2:
        day = date(year, *rest)
        return Bounds("day", day, day)
    if len(rest) == 1:
        last = monthrange(year, rest[0])[1]
        return Bounds("month", date(year, rest[0], 1), date(year, rest[0], last))
    return Bounds("year", date(year, 1, 1), date(year, 12, 31))


def birthday(born: date, years: int) -> date:
    """Who is born on 29 February comes of age on 1 March of a common year."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def possibly_minor(latest: date | None, on: date, majority: int = 18) -> bool:
    """Who may be under age counts as a child; of whom nothing is known, too."""
    return latest is None or birthday(latest, majority) > on
