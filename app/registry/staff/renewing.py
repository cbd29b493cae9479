"""A sign-in that somebody made anew for another: shut until a second person agrees.

Whoever resets a password, or wakes an account that sleeps, could else sign in by it alone and read
what the other reads.
"""

from collections.abc import Callable
from typing import TypeVar

from app.registry.staff import service
from app.registry.staff.appointing import put_forward, require_none_waiting
from app.registry.staff.appointment_models import Appointment
from app.registry.staff.models import User
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

T = TypeVar("T")


def reset_password(work: UnitOfWork, reason: str) -> str:
    return renewed(
        work, reason, lambda: service.reset_password(work, work.file_id, reason, shut=True)
    )


def reset_second_factor(work: UnitOfWork, reason: str) -> Written:
    return renewed(
        work, reason, lambda: service.reset_second_factor(work, work.file_id, reason, shut=True)
    )


def unlock(work: UnitOfWork, reason: str) -> Written:
    return renewed(work, reason, lambda: service.unlock(work, work.file_id, reason, shut=True))


def rotate_secret(work: UnitOfWork, reason: str) -> tuple[Written, str]:
    return renewed(
        work, reason, lambda: service.rotate_secret(work, work.file_id, reason, shut=True)
    )


def renewed(work: UnitOfWork, reason: str, renew: Callable[[], T]) -> T:
    """A hire that waits for its own second word needs no other one."""
    puts = not work.reachable(User, work.file_id)["pending"] or was_declined(work)
    if puts:
        require_none_waiting(work)
    made = renew()
    if puts:
        put_forward(work, work.file_id, {"renewed": True}, reason)
    return made


def was_declined(work: UnitOfWork) -> bool:
    """Whether the last word on this user was that they do not sign in anew."""
    found = work.facts(Appointment, lambda a: a.c.user_id == work.file_id, "id", "named", "status")
    last = max(found, key=lambda row: row.id, default=None)
    return last is not None and (last.named, last.status) == (["renewed"], "declined")
