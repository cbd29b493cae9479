"""Who works here now, whatever a caller may read of the staff."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause

from app.registry.staff.models import Unit, User
from app.safeguards.guard.unit_of_work import UnitOfWork


def works_here(users: FromClause) -> ColumnElement[bool]:
    """A person whose account is agreed to, and not disabled."""
    here = users.c.disabled_at.is_(None) & users.c.pending.is_(False)
    return here & (users.c.kind == "person")


def colleague(work: UnitOfWork, user_id: UUID) -> dict[str, Any] | None:
    """Id, role, unit and jurisdiction of somebody in the caller's; None for anybody else."""
    users = work.facts(
        User, lambda u: (u.c.id == user_id) & works_here(u), *("id", "role", "unit_id")
    )
    units = [user.unit_id for user in users]
    here = work.facts(
        Unit, lambda u: u.c.id.in_(units) & (u.c.jurisdiction == work.actor.jurisdiction), "id"
    )
    return {**users[0]._mapping, "jurisdiction": work.actor.jurisdiction} if here else None
