"""Pure: which days a certificate covers."""

from datetime import date


def covers(issued_on: date, expires_on: date, withdrawn_on: date | None, on: date) -> bool:
    """From the day of issue to the last day, both included; from a withdrawal on, none."""
    return issued_on <= on <= expires_on and (withdrawn_on is None or on < withdrawn_on)
