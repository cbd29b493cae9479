"""Births as sources write them, as intervals, and what they say about age."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.registry.pathways.ages import age_bounds
from app.registry.people.births import (
    Birth,
    BirthFault,
    age_on,
    age_range,
    birth_between,
    birth_from,
    birth_of,
    birthday,
    possibly_minor,
)

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("text", "value", "precision", "first", "last"),
    [
        ("2015-03-01", "2015-03-01", "day", "2015-03-01", "2015-03-01"),
        ("01.03.2015", "2015-03-01", "day", "2015-03-01", "2015-03-01"),
        ("1/3/2015", "2015-03-01", "day", "2015-03-01", "2015-03-01"),
        ("2015-03-01T00:00:00", "2015-03-01", "day", "2015-03-01", "2015-03-01"),
        ("2015/03/01 00:00", "2015-03-01", "day", "2015-03-01", "2015-03-01"),
        ("٢٠١٥-٠٣-٠١", "2015-03-01", "day", "2015-03-01", "2015-03-01"),
        ("03/2015", "2015-03", "month", "2015-03-01", "2015-03-31"),
        ("2016-02", "2016-02", "month", "2016-02-01", "2016-02-29"),
        ("2015", "2015", "year", "2015-01-01", "2015-12-31"),
        ("2015 г.", "2015", "year", "2015-01-01", "2015-12-31"),
        ("1990 года", "1990", "year", "1990-01-01", "1990-12-31"),
        ("2015 жылы", "2015", "year", "2015-01-01", "2015-12-31"),
        ("~2016", "2016", "year", "2015-01-01", "2017-12-31"),
        ("около 2016", "2016", "year", "2015-01-01", "2017-12-31"),
        ("taxminan 2016", "2016", "year", "2015-01-01", "2017-12-31"),
        ("1980s", None, "decade", "1980-01-01", "1989-12-31"),
        ("1980-е", None, "decade", "1980-01-01", "1989-12-31"),
        ("12.03.1437H", "2015-12-24", "day", "2015-12-23", "2015-12-25"),
        ("12.03.1437 х", "2015-12-24", "day", "2015-12-23", "2015-12-25"),
        ("1437 AH", None, "year", "2015-10-14", "2016-10-03"),
        ("03/1437H", None, "month", "2015-12-12", "2016-01-12"),
    ],
)
def test_what_lists_say(
    text: str, value: str | None, precision: str, first: str, last: str
) -> None:
    birth = birth_from(text)
    assert (birth.value, birth.precision) == (value, precision)
    assert (birth.earliest, birth.latest) == (date.fromisoformat(first), date.fromisoformat(last))
    assert birth.original_text == text


@pytest.mark.parametrize("text", [None, "", "  ", "?", "неизвестно", "НЕТ ДАННЫХ", "noma'lum"])
def test_nothing_is_known(text: str | None) -> None:
    birth = birth_from(text)
    assert (birth.value, birth.precision, birth.earliest, birth.latest) == (
        *(None, "unknown", None, None),
    )
    assert possibly_minor(birth, date(2026, 1, 1))
    assert age_range(birth, date(2026, 1, 1)) == (0, None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("31.02.2015", "no-such-day"),
        ("2015-13", "no-such-day"),
        ("30.02.1437H", "no-such-day"),  # Safar has 29 days
        ("01.03.15", "birth-not-understood"),
        ("in spring", "birth-not-understood"),
        ("2015-03-01 12:30", "birth-not-understood"),
        ("03-01-2015-1", "birth-not-understood"),
        ("1700", "year-out-of-range"),
        ("3015", "year-out-of-range"),
        ("1200 AH", "year-out-of-range"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    with pytest.raises(BirthFault) as refused:
        birth_from(text)
    assert refused.value.code == code
    assert text not in str(refused.value)


@given(DAYS)
def test_every_spelling_of_a_day_is_that_day(day: date) -> None:
    year, month, dom = day.year, day.month, day.day
    for text in (f"{day}", f"{dom}.{month}.{year}", f"{dom:02}/{month:02}/{year}"):
        birth = birth_from(text)
        assert (birth.earliest, birth.latest, birth.value) == (day, day, day.isoformat())
    assert birth_from(f"{year}-{month:02}").earliest == day.replace(day=1)
    assert birth_from(f"{year}").latest == date(year, 12, 31)


@given(DAYS, st.sampled_from(["day", "month", "year"]), st.booleans())
def test_less_precision_never_excludes_the_day(day: date, known: str, about: bool) -> None:
    month = day.month if known != "year" else None
    dom = day.day if known == "day" else None
    birth = birth_of(day.year, month, dom, estimated=about)
    assert birth.earliest is not None
    assert birth.latest is not None
    assert birth.earliest <= day <= birth.latest
    assert birth.precision == known


@given(st.text(max_size=40))
def test_any_text_is_a_birth_or_a_fault(text: str) -> None:
    try:
        birth = birth_from(text)
    except BirthFault:
        return
    assert birth.earliest is None or birth.latest is None or birth.earliest <= birth.latest


def test_the_first_of_january_may_stand_for_its_year() -> None:
    birth = birth_from("01.01.2008")
    assert birth.placeholder_suspected
    assert birth.latest == date(2008, 1, 1)
    assert birth.latest_possible == date(2008, 12, 31)
    assert possibly_minor(birth, date(2026, 12, 30))
    assert not possibly_minor(birth, date(2026, 12, 31))
    assert not birth_from("02.01.2008").placeholder_suspected
    hijri = birth_from("01.01.1437H")
    assert hijri.placeholder_suspected
    assert hijri.latest_possible is not None
    assert birth_from("1437H").latest <= hijri.latest_possible  # type: ignore[operator]


def test_bounds_that_somebody_judged() -> None:
    birth = birth_between(date(2004, 1, 1), date(2010, 6, 30), None, "medical_age_assessment")
    assert birth.estimated
    assert possibly_minor(birth, date(2026, 6, 1))
    assert birth_between(None, date(1990, 1, 1), None, None).earliest is None
    with pytest.raises(BirthFault):
        birth_between(date(2011, 1, 1), date(2010, 1, 1), None, None)
    with pytest.raises(BirthFault):
        birth_between(date(1700, 1, 1), date(2010, 1, 1), None, None)


@given(DAYS, DAYS, st.integers(16, 21))
def test_of_age_from_the_birthday_on(born: date, on: date, majority: int) -> None:
    """The naive rule: a birthday of February 29 is kept on March 1 of a common year."""
    assume(not (born.month == 1 and born.day == 1))
    birth = birth_of(born.year, born.month, born.day)
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    assert possibly_minor(birth, on, majority) is (years < majority)
    assert age_range(birth, on) == (max(years, 0), max(years, 0))
    assert age_on(born, on) == max(years, 0)


@given(DAYS, st.integers(0, 3000), DAYS)
def test_the_age_is_the_one_that_pathways_reckon_with(first: date, span: int, on: date) -> None:
    last = first + timedelta(days=span)
    birth = Birth(None, "unknown", first, last)
    bounds = age_bounds(first, last, on)
    assert age_range(birth, on) == (bounds.youngest, bounds.oldest)


def test_birthdays_of_leap_days() -> None:
    assert birthday(date(2008, 2, 29), 18) == date(2026, 3, 1)
    assert birthday(date(2008, 2, 29), 4) == date(2012, 2, 29)
    assert birthday(date(2008, 2, 28), 18) == date(2026, 2, 28)
