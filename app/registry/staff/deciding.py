"""Who may give the second word, where it takes two people."""

from datetime import timedelta

from app.core.errors import Forbidden
from app.registry.staff.models import User
from app.safeguards.guard.unit_of_work import UnitOfWork

SETTLED = timedelta(days=3)  # for the holder to notice, and to say so


def require_settled(work: UnitOfWork) -> None:
    """Nobody decides right after somebody else has reset how they sign in: it might be that one."""
    (me,) = work.facts(User, lambda u: u.c.id == work.actor.id, "credentials_reset_at")
    if me.credentials_reset_at is not None and work.at - me.credentials_reset_at < SETTLED:
        raise Forbidden(
            "your sign-in was reset in the last three days: somebody else decides",
            code="reset-lately",
        )
