"""The tabular Islamic calendar in its civil form.

A cycle of 30 years has 11 leap years (2, 5, 7, 10, 13, 16, 18, 21, 24, 26, 29); day 1 is 16 July
622 (Julian). The observed calendar and Umm al-Qura differ from it by a day either way, so a
converted day is an interval of three.
"""

from datetime import date, timedelta

ALGORITHM = "tabular-islamic-civil"
UNCERTAINTY = timedelta(days=1)
EPOCH = 227015  # proleptic Gregorian ordinal of 1 Muharram of year 1


def is_leap(year: int) -> bool:
    return (14 + 11 * year) % 30 < 11


def days_in_month(year: int, month: int) -> int:
    """Odd months have 30 days, even ones 29, the twelfth 30 in a leap year.

    Raises ValueError for a month that is not 1 to 12.
    """
    if not 1 <= month <= 12:
        raise ValueError("no such month")
    return 30 if month % 2 or (month == 12 and is_leap(year)) else 29


def gregorian(year: int, month: int, day: int) -> date:
    """The Gregorian day, ±1. Raises ValueError where the calendar has no such day."""
    if year < 1 or not 1 <= day <= days_in_month(year, month):
        raise ValueError("no such day")
    before = 354 * (year - 1) + (3 + 11 * year) // 30 + 29 * (month - 1) + month // 2
    return date.fromordinal(EPOCH + before + day - 1)
