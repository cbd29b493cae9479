"""What differs from country to country: law of age, calendar, deadlines, programmes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from app.registry.pathways.definitions import Calendar, Gate, Span, Title


@dataclass(frozen=True)
class Responsibility:
    """Age of criminal responsibility in a period, in completed years on the day of the act."""

    since: date
    until: date | None
    general: int
    grave: int
    grave_offences: tuple[str, ...]


@dataclass(frozen=True)
class AgeBand:
    code: str
    youngest: int
    oldest: int | None


@dataclass(frozen=True)
class TimerChange:
    """What a jurisdiction's law says instead of a timer's default; None leaves the default."""

    due: Span | None
    child_due: Span | None
    calendar: Calendar | None


@dataclass(frozen=True)
class Offer:
    track: str
    pathways: tuple[str, ...]


@dataclass(frozen=True)
class Programme:
    code: str
    title: Title
    number: str  # pattern of its case numbers, see numbers.py


@dataclass(frozen=True)
class Jurisdiction:
    code: str
    version: int
    digest: str
    title: Title
    country: str
    zone: ZoneInfo
    languages: tuple[str, ...]
    majority: int
    consent: tuple[int, int]  # age from which one consents alone, and from which one is heard
    school_age: tuple[int, int]  # first and last year of age, both included
    responsibility: tuple[Responsibility, ...]
    age_bands: tuple[AgeBand, ...]
    working_days: frozenset[int]  # ISO: Monday is 1
    holidays: Mapping[date, Title]
    timers: Mapping[str, TimerChange]
    gates: tuple[Gate, ...]
    offers: tuple[Offer, ...]
    programmes: Mapping[str, Programme]
