"""Reporting lines: whether two people answer to the same superior."""

from uuid import UUID

from app.registry.staff.models import User
from app.safeguards.guard.unit_of_work import UnitOfWork

INDEPENDENT = ("coordinator", "auditor", "data_protection_officer")  # of units, by their office


def same_line(work: UnitOfWork, one: UUID, other: UUID) -> bool:
    """Whether they work in one unit, unless the office of either is independent of it."""
    if one == other:
        return True
    rows = work.facts(User, lambda u: u.c.id.in_((one, other)), "role", "unit_id")
    if len(rows) < 2 or any(row.role in INDEPENDENT for row in rows):
        return len(rows) < 2
    units = {row.unit_id for row in rows}
    return len(units) == 1
