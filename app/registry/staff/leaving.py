"""What ends with somebody's account: each kind of grant says so beside the record that it is."""

from collections.abc import Callable
from uuid import UUID

from app.safeguards.guard.unit_of_work import UnitOfWork

Ending = Callable[[UnitOfWork, UUID, str], None]  # of whom, and in which words
ENDINGS: list[Ending] = []


def on_leaving(rule: Ending) -> Ending:
    """Declared with the record; carried out in the unit of work that disables the account."""
    ENDINGS.append(rule)
    return rule


def leave(work: UnitOfWork, user_id: UUID, reason: str) -> None:
    """In all jurisdictions and sealed files, too: who administers the staff sees none of it."""
    with work.beyond_walls():
        for end in ENDINGS:
            end(work, user_id, reason)
