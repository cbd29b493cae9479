"""Who looks for what is overdue: each kind of record that may be says so beside it."""

from collections.abc import Callable

from app.safeguards.guard.unit_of_work import UnitOfWork

Look = Callable[[UnitOfWork, int], int]  # at most so many; how many it found
LOOKS: list[Look] = []


def looks_for_overdue(look: Look) -> Look:
    """Declared with the record; it tells of what it finds, and does not find it again."""
    LOOKS.append(look)
    return look
