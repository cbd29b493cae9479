"""Pure: how long a cover lasts."""

from datetime import date, timedelta

LONGEST = 30  # days, the first and the last included


def span_fault(since: date, until: date, today: date) -> tuple[str, str, str] | None:
    """Pointer, code and words of what is wrong with the days, or None."""
    if since < today:
        return "/since", "past", "nobody stood in before it was agreed: today or later"
    if until < since:
        return "/until", "before-since", "must not be before since"
    if until - since >= timedelta(days=LONGEST):
        return "/until", "out-of-range", f"at most {LONGEST} days, the first and the last included"
    return None
