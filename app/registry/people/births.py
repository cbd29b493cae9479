"""A birth as far as it is known: an interval, its precision, and what that says about age."""

import calendar as months
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from app.registry.people import hijri

Precision = Literal["day", "month", "year", "decade", "unknown"]
Calendar = Literal["gregorian", "hijri"]
Method = Literal["document", "self", "relative", "medical_age_assessment", "registrar"]

FIRST_YEAR, LAST_YEAR = 1880, 2150
FIRST_HIJRI, LAST_HIJRI = 1290, 1580
# "About 2016" is often the year before or after; a bound too late only protects a child longer.
APPROXIMATE_YEARS = 1

FAULTS = {
    "birth-not-understood": "is not a date in a known form",
    "bounds-reversed": "the latest day lies before the earliest",
    "no-such-day": "names a day that the calendar does not have",
    "year-out-of-range": "names a year in which nobody alive was born",
}


class BirthFault(ValueError):
    """Why a text is not taken as a birth; the text itself is never repeated."""

    def __init__(self, code: str) -> None:
        super().__init__(FAULTS[code])
        self.code = code
        self.detail = FAULTS[code]


@dataclass(frozen=True)
class Birth:
    """`earliest` and `latest` are Gregorian days, both included; None where nothing is known.

    `value` is YYYY-MM-DD, YYYY-MM or YYYY in the Gregorian calendar, as far as known; None for a
    decade, and for a Hijri month or year, which no Gregorian one equals. The original text stays.
    """

    value: str | None
    precision: Precision
    earliest: date | None
    latest: date | None
    estimated: bool = False
    method: Method | None = None
    calendar: Calendar = "gregorian"
    original_text: str | None = None
    algorithm: str | None = None  # how a Hijri date was converted
    placeholder_suspected: bool = False  # 1 January (or 1 Muharram): often only the year is known

    @property
    def latest_possible(self) -> date | None:
        return latest_possible(self.latest, self.placeholder_suspected)


def latest_possible(latest: date | None, placeholder: bool) -> date | None:
    """The last day of birth to reckon with: a placeholder may stand for the year it begins."""
    return birthday(latest, 1) - timedelta(days=1) if placeholder and latest else latest


def birth_of(
    year: int | None = None,
    month: int | None = None,
    day: int | None = None,
    *,
    calendar: Calendar = "gregorian",
    estimated: bool = False,
    method: Method | None = None,
    original_text: str | None = None,
) -> Birth:
    """Bounds from the parts that are known; without a year nothing is, partial stays partial.

    Raises BirthFault where the calendar has no such day or the year cannot be of the living.
    """
    if year is None:
        return Birth(None, "unknown", None, None, estimated, method, calendar, original_text)
    hijri_date = calendar == "hijri"
    first, last = (FIRST_HIJRI, LAST_HIJRI) if hijri_date else (FIRST_YEAR, LAST_YEAR)
    if not first <= year <= last:
        raise BirthFault("year-out-of-range")
    precision: Precision = "year" if month is None else "month" if day is None else "day"
    try:
        span = hijri_span(year, month, day) if hijri_date else gregorian_span(year, month, day)
    except ValueError:
        raise BirthFault("no-such-day") from None
    earliest, latest = span
    value: str | None = "-".join(
        [f"{year:04}", *(f"{part:02}" for part in (month, day) if part is not None)]
    )
    if hijri_date:
        value = (latest - hijri.UNCERTAINTY).isoformat() if precision == "day" else None
    if estimated and precision == "year":
        earliest = birthday(earliest, -APPROXIMATE_YEARS)
        latest = birthday(latest, APPROXIMATE_YEARS)
    return Birth(
        value,
        precision,
        earliest,
        latest,
        estimated,
        method,
        calendar,
        original_text,
        hijri.ALGORITHM if hijri_date else None,
        placeholder_suspected=(month, day) == (1, 1),
    )


def gregorian_span(year: int, month: int | None, day: int | None) -> tuple[date, date]:
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if not 1 <= month <= 12:
        raise ValueError("no such month")
    if day is None:
        return date(year, month, 1), date(year, month, months.monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)


def hijri_span(year: int, month: int | None, day: int | None) -> tuple[date, date]:
    """From a day before the first day that is meant to a day after the last."""
    last_month = month or 12
    last_day = day or hijri.days_in_month(year, last_month)
    first = hijri.gregorian(year, month or 1, day or 1)
    last = hijri.gregorian(year, last_month, last_day)
    return first - hijri.UNCERTAINTY, last + hijri.UNCERTAINTY


def decade_of(year: int, original_text: str | None, method: Method | None) -> Birth:
    if not FIRST_YEAR <= year <= LAST_YEAR - 9:
        raise BirthFault("year-out-of-range")
    span = date(year, 1, 1), date(year + 9, 12, 31)
    return Birth(None, "decade", *span, True, method, "gregorian", original_text)


def birth_between(
    earliest: date | None, latest: date | None, original_text: str | None, method: Method | None
) -> Birth:
    """Bounds that somebody judged, for example a physician; either may be open.

    Raises BirthFault where they are the wrong way round or nobody alive was born then.
    """
    if earliest and latest and latest < earliest:
        raise BirthFault("bounds-reversed")
    if any(day and not FIRST_YEAR <= day.year <= LAST_YEAR for day in (earliest, latest)):
        raise BirthFault("year-out-of-range")
    return Birth(None, "unknown", earliest, latest, True, method, "gregorian", original_text)


# English, Russian, Kazakh, Kyrgyz, Tajik, Uzbek (both scripts).
UNKNOWN_WORDS = (
    "unknown|not known|n/a|na|?|-|–|—|none|неизвестно|неизвестна|не известно|неизв|неизв.|н/д"
    "|нет данных|нет|белгісіз|белгисиз|номаълум|nomalum|noma'lum|nomaʼlum|маълум нест"
)
UNKNOWN = frozenset(UNKNOWN_WORDS.split("|"))
ABOUT = re.compile(
    r"^(?:~|≈|c\.|ca\.?|circa|about|approx\.?|около|ок\.|примерно|прибл\.?|шамамен|болжол менен"
    r"|тахминан|тахмина[нм]|taxminan|тақрибан)\s*"
)
HIJRI = re.compile(r"\s*(?:h|a\.?h\.?|hijri|hijra|х|х\.|хиджры?|һижри|هـ|ه|هجري[ةه]?)\.?$")
YEAR_WORD = re.compile(r"\s*(?:г\.?|г\.\s?р\.?|года?|год рождения|ж\.?|жыл[ыі]?|й\.?|yil)$")
DECADE = re.compile(r"^(\d{3}0)(?:s|'s|-?е|-?х|-е годы|-е гг\.?)$")
TIME = re.compile(r"[t ]00:00(?::00(?:\.0+)?)?$")
YEAR_FIRST = re.compile(r"^(\d{4})(?:[-./](\d{1,2})(?:[-./](\d{1,2}))?)?$")
YEAR_LAST = re.compile(r"^(?:(?:(\d{1,2})[-./ ])?(\d{1,2})[-./ ])?(\d{4})$")


def birth_from(
    text: str | None,
    *,
    calendar: Calendar | None = None,
    estimated: bool = False,
    method: Method | None = None,
) -> Birth:
    """Read what a document or a list says: `2015-03-01`, `01.03.2015` (day first), `03/2015`,
    `2015`, `~2016`, `около 2016`, `1980s`, `12.03.1437H`, nothing, or a word for unknown.

    `calendar` where the source says it beside the text; what the text itself says comes first.
    Raises BirthFault; years of two digits are refused, for they name two centuries.
    """
    original = unicodedata.normalize("NFC", text or "").strip()
    short = ascii_digits(original).casefold()
    short = TIME.sub("", short)
    if short in UNKNOWN or not short:
        return birth_of(estimated=estimated, method=method, original_text=original or None)
    about = ABOUT.sub("", short, count=1)
    estimated = estimated or about != short
    if decade := DECADE.match(about):
        return decade_of(int(decade[1]), original, method)
    plain = HIJRI.sub("", about)
    calendar = "hijri" if plain != about else calendar or "gregorian"
    plain = YEAR_WORD.sub("", plain) if calendar == "gregorian" else plain
    year, month, day = parts_of(plain)
    return birth_of(
        year,
        month,
        day,
        calendar=calendar,
        estimated=estimated,
        method=method,
        original_text=original,
    )


def parts_of(text: str) -> tuple[int, int | None, int | None]:
    if found := YEAR_FIRST.match(text):
        year, month, day = found.groups()
    elif found := YEAR_LAST.match(text):
        day, month, year = found.groups()
    else:
        raise BirthFault("birth-not-understood")
    return int(year), int(month) if month else None, int(day) if day else None


def ascii_digits(text: str) -> str:
    """Arabic-Indic and other decimal digits as 0 to 9."""
    return "".join(
        str(unicodedata.decimal(letter)) if unicodedata.category(letter) == "Nd" else letter
        for letter in text
    )


def birthday(born: date, years: int) -> date:
    """Who is born on 29 February comes of age on 1 March of a common year."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def possibly_minor(birth: Birth, on: date, majority: int = 18) -> bool:
    """Who may be under age on that day counts as a child; of whom nothing is known, too."""
    latest = birth.latest_possible
    return latest is None or birthday(latest, majority) > on


def age_range(birth: Birth, on: date) -> tuple[int, int | None]:
    """Completed years on that day, lowest and highest possible; None: no highest is known."""
    latest, earliest = birth.latest_possible, birth.earliest
    lowest = age_on(latest, on) if latest else 0
    return lowest, age_on(earliest, on) if earliest else None


def age_on(born: date, on: date) -> int:
    years = on.year - born.year
    return max(0, years if birthday(born, years) <= on else years - 1)
