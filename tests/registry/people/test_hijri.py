"""The tabular calendar against known days, and against one that counts day by day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.people.hijri import days_in_month, gregorian, is_leap

# Stated widely for the civil tabular calendar; observation differs by a day either way.
KNOWN = [
    ((1, 1, 1), date(622, 7, 19)),  # 16 July Julian
    ((1400, 1, 1), date(1979, 11, 21)),
    ((1420, 1, 1), date(1999, 4, 17)),
    ((1437, 1, 1), date(2015, 10, 15)),
    ((1445, 1, 1), date(2023, 7, 19)),
    ((1446, 9, 1), date(2025, 3, 1)),
]
LEAPS = {2, 5, 7, 10, 13, 16, 18, 21, 24, 26, 29}


@pytest.mark.parametrize(("hijri", "day"), KNOWN)
def test_known_days(hijri: tuple[int, int, int], day: date) -> None:
    assert gregorian(*hijri) == day


def test_leap_years_of_the_cycle() -> None:
    assert {year for year in range(1, 31) if is_leap(year)} == LEAPS


def test_day_by_day_from_the_first() -> None:
    """A naive calendar: months follow each other, odd ones long, and leap years end a day late."""
    day = date(622, 7, 19)
    for year in range(1, 1601):
        for month in range(1, 13):
            leap_end = month == 12 and ((year - 1) % 30 + 1) in LEAPS
            length = 30 if month % 2 == 1 or leap_end else 29
            assert gregorian(year, month, 1) == day
            assert gregorian(year, month, length) == day + timedelta(days=length - 1)
            assert days_in_month(year, month) == length
            day += timedelta(days=length)


@given(st.integers(-5, 1600), st.integers(-1, 14), st.integers(-1, 32))
def test_no_day_is_made_up(year: int, month: int, day: int) -> None:
    exists = year >= 1 and 1 <= month <= 12 and 1 <= day <= 30
    if exists and (day < 30 or days_in_month(year, month) == 30):
        assert isinstance(gregorian(year, month, day), date)
    else:
        with pytest.raises(ValueError, match="no such"):
            gregorian(year, month, day)
