"""Pure: the record class of a task, and what may follow its status."""

from collections.abc import Collection

# What everybody who helps may see; who has no part in the plan (a prosecutor) sets tasks within
# the first class of their own.
COMMON = "plan"

FOLLOWS = {
    "open": ("acknowledged", "done", "cancelled"),
    "acknowledged": ("done", "cancelled"),
    "done": (),
    "cancelled": (),
}


def class_of(wanted: str | None, of_track: str | None, writable: Collection[str]) -> str | None:
    """The class asked for, that of the track, the common one, or the only one; None: not theirs."""
    if wanted or of_track:
        found = wanted or of_track
        return found if found in writable else None
    if COMMON in writable:
        return COMMON
    return min(writable, default=None)


def may_follow(status: str, to: str) -> bool:
    return to in FOLLOWS[status]
