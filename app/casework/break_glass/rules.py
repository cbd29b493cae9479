"""Pure: how long a glass stays broken, and when its breaking must have been reviewed."""

from collections.abc import Iterable
from datetime import datetime, timedelta

# Step-up, bounds and review: reference of the field's practice, for life and safety alone.
SIGN_IN_AT_MOST = timedelta(minutes=5)
USUAL, LONGEST = 60, 240  # minutes
REVIEW_WITHIN = timedelta(hours=72)
UNREVIEWED_AT_MOST = timedelta(minutes=LONGEST)  # however it is cut


def recent(signed_in_at: datetime | None, at: datetime) -> bool:
    """Whether who asks has proved who they are a moment ago."""
    return signed_in_at is not None and at - signed_in_at <= SIGN_IN_AT_MOST


def closes_at(at: datetime, minutes: int) -> datetime:
    """Raises ValueError beyond the bounds."""
    if not 1 <= minutes <= LONGEST:
        raise ValueError("a glass is broken for 1 to 240 minutes")
    return at + timedelta(minutes=minutes)


def time_left(opened: Iterable[tuple[datetime, datetime]]) -> timedelta:
    """What may still be broken before a review: what was ended early was not used.

    `opened`: from when to when each was open that nobody has reviewed, of one person on one class
    of one case.
    """
    used = sum((max(end - begun, timedelta()) for begun, end in opened), timedelta())
    return max(UNREVIEWED_AT_MOST - used, timedelta())
