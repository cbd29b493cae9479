"""Reporting lines: who is above whom, and whether two people answer to the same superior."""

from uuid import UUID

from app.registry.staff.models import User
from app.safeguards.guard.unit_of_work import UnitOfWork

INDEPENDENT = ("coordinator", "auditor", "data_protection_officer")  # of units, not of superiors
LEADING = ("supervisor", "centre_manager")  # of a unit, for those whose superior is not on record


def same_line(work: UnitOfWork, one: UUID, other: UUID) -> bool:
    """Whether one is above the other, or both have one immediate head.

    Of somebody whose superior is not on record, the unit is their line; but for those whose office
    is independent of units. Of who is above them, nobody's is.
    """
    if one == other:
        return True
    rows = work.facts(User, lambda u: u.c.id.in_((one, other)), "role", "unit_id", "supervisor_id")
    if len(rows) < 2 or is_above(work, one, other) or is_above(work, other, one):
        return True
    known = {row.supervisor_id for row in rows}
    if None not in known:
        return len(known) == 1
    if any(row.role in INDEPENDENT for row in rows):
        return False
    return len({row.unit_id for row in rows}) == 1


def heads(work: UnitOfWork, head: UUID, user: UUID) -> bool:
    """Whether the one is the other's immediate superior."""
    rows = work.facts(
        User, lambda u: u.c.id.in_((head, user)), "id", "role", "unit_id", "supervisor_id"
    )
    by_id = {row.id: row for row in rows}
    if head == user or len(by_id) < 2:
        return False
    if by_id[user].supervisor_id is not None:
        return bool(by_id[user].supervisor_id == head)
    same_unit = by_id[user].unit_id is not None and by_id[user].unit_id == by_id[head].unit_id
    return same_unit and by_id[head].role in LEADING and by_id[user].role not in LEADING


def is_above(work: UnitOfWork, head: UUID, user: UUID) -> bool:
    """Anywhere in the chain, followed upwards; nobody stands twice in one."""
    seen: set[UUID] = set()
    current: UUID | None = user
    while current is not None and current not in seen:
        seen.add(current)
        found = work.facts(User, lambda u, at=current: u.c.id == at, "supervisor_id")  # type: ignore[misc]
        current = found[0].supervisor_id if found else None
        if current == head:
            return True
    return False
