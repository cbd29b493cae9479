"""Which relationships hold between a caller and one file, asked of the wall's own predicates."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Text, literal, select

from app.core.db import table
from app.core.errors import Forbidden, NotFound
from app.safeguards.access.bars import barred
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.guard.pointed import pointed
from app.safeguards.guard.protected import Protected, Sight, rule_of
from app.safeguards.guard.unit_of_work import UnitOfWork

Place = tuple[str, Reach]  # a record class, and the relationship by which it is within reach


@dataclass(frozen=True)
class Standing:
    held: frozenset[Place]
    sealed: bool = False

    def opens(self, role: str, action: str) -> bool:
        grants = POLICY.opens(role, action, summary=True)
        return any((name, reach) in self.held for reach, names in grants.items() for name in names)


def standing(
    work: UnitOfWork,
    scope: type[Protected],
    file_id: UUID,
    classes: Collection[str],
    actions: Collection[str],
    unsealing: str,
) -> Standing:
    """Where the caller stands with a file; NotFound where no action at all reaches it.

    `unsealing`: the action of those who may know of a sealed one.
    """
    caller, rows, rule = work.actor, table(scope), rule_of(scope)
    if caller.limited:
        raise Forbidden("set a password of your own first", code="password-change-required")
    places = [(name, reach) for name in classes for reach in reaches(caller.role, name)]
    clauses = [
        pointed(rule(rows, Sight(caller, reach, work._when, literal(name, Text()))))
        for name, reach in places
    ]
    closed = (barred(rows.c.id, caller, sealed=True), barred(rows.c.id, caller))
    asked = select(*(one.label(f"c{place}") for place, one in enumerate([*closed, *clauses])))
    found = work._execute(asked.select_from(rows).where(rows.c.id == file_id)).one_or_none()
    if found is None:
        raise NotFound()
    to_caller, to_anybody, *holds = found
    held = frozenset(place for place, true in zip(places, holds, strict=True) if true)
    seen = Standing(held, sealed=bool(to_anybody))
    known = [unsealing] if seen.sealed else actions
    if to_caller or not any(seen.opens(caller.role, action) for action in known):
        raise NotFound()
    work._note(scope, [{scope.file: file_id}], record_id=file_id)
    return seen


def reaches(role: str, record_class: str) -> Iterator[Reach]:
    """All by which the policy gives this role something of the class; a broken glass, too."""
    yield from POLICY.classes[record_class].get(role, {})
    if POLICY.breakable(role, record_class):
        yield Reach.GLASS
