"""A sign-in that somebody made anew for another: shut until a second person agrees.

Whoever resets a password, or wakes an account that sleeps, could else sign in by it alone and read
what the other reads.
"""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from app.registry.staff.appointing import put_forward, require_none_waiting
from app.registry.staff.appointment_models import Appointment
from app.registry.staff.models import User
from app.safeguards.guard.unit_of_work import UnitOfWork

T = TypeVar("T")


def renew(work: UnitOfWork, verb: Callable[[UnitOfWork, UUID, str], T], reason: str) -> T:
    """A hire that waits for its own second word needs no other one.

    `verb`: what is made anew, and its answer.
    """
    puts = not work.reachable(User, work.file_id)["pending"] or was_declined(work)
    if puts:
        require_none_waiting(work)
    made = verb(work, work.file_id, reason)
    if puts:
        put_forward(work, work.file_id, {"renewed": True}, reason)
    return made


def was_declined(work: UnitOfWork) -> bool:
    """Whether the last word on this user was that they do not sign in anew."""
    found = work.facts(Appointment, lambda a: a.c.user_id == work.file_id, "id", "named", "status")
    last = max(found, key=lambda row: row.id, default=None)
    return last is not None and (last.named, last.status) == (["renewed"], "declined")
