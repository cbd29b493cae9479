"""A sign-in that somebody made anew for another: shut until a second person agrees.

Whoever resets a password, or wakes an account that sleeps, could else sign in by it alone and read
what the other reads.
"""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from app.core.states import wrong_state
from app.registry.staff.appointing import put_forward, require_none_waiting, was_renewed
from app.registry.staff.models import User
from app.safeguards.guard.unit_of_work import UnitOfWork

T = TypeVar("T")


def renew(work: UnitOfWork, verb: Callable[[UnitOfWork, UUID, str], T], reason: str) -> T:
    """Not while anything waits: who agrees agrees to what was there when they looked.

    Else whoever makes it anew once more could agree to what another proposed, and sign in by it.
    `verb`: what is made anew, and its answer.
    """
    require_none_waiting(work)
    if work.reachable(User, work.file_id)["pending"] and not was_renewed(work):
        raise wrong_state("nobody has agreed to the account yet", "pending")
    made = verb(work, work.file_id, reason)
    put_forward(work, work.file_id, {"renewed": True}, reason)
    return made
