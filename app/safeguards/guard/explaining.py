"""Which relationships hold between a caller and one file, asked of the wall's own predicates."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, Text, literal, select, type_coerce

from app.core.db import Identifier, table
from app.core.errors import Forbidden, NotFound
from app.core.statements import Statement, bind
from app.safeguards.access.bars import barred
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.guard.door import NOW, particulars, somebody, stationed
from app.safeguards.guard.pointed import pointed
from app.safeguards.guard.protected import Protected, Sight, rule_of
from app.safeguards.guard.unit_of_work import UnitOfWork

Place = tuple[str, Reach]  # a record class, and the relationship by which it is within reach


@dataclass(frozen=True)
class Standing:
    held: frozenset[Place]
    sealed: bool = False
    agreed: frozenset[str] = frozenset()  # classes that some agreement in force with them names
    wholly: bool = True  # on the team for more than a part of the work

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
    caller = work.actor
    if caller.limited:
        raise Forbidden("set a password of your own first", code="password-change-required")
    engine = work._db.dialect.name
    asked = question_of(scope, caller.role, stationed(caller), tuple(classes), engine)
    with work._no_wall():
        found = asked.statement.run(work._db, {**particulars(caller, work.at), "file": file_id})
    if not found:
        raise NotFound()
    to_caller, to_anybody, *holds = found[0]
    held = frozenset(one for one, cell in asked.places if holds[cell])
    seen = Standing(held, sealed=bool(to_anybody))
    known = [unsealing] if seen.sealed else actions
    if to_caller or not any(seen.opens(caller.role, action) for action in known):
        raise NotFound()
    work._note(scope, [{scope.file: file_id}], record_id=file_id)
    return seen


@dataclass(frozen=True)
class Asked:
    """One statement, and in which of its cells the answer for each place stands."""

    statement: Statement
    places: tuple[tuple[Place, int], ...]


@cache
def question_of(
    scope: type[Protected],
    role: str,
    has: tuple[bool, bool],
    classes: tuple[str, ...],
    engine: str,
) -> Asked:
    """Compiled once for such a caller (see `somebody`).

    A relationship that is the same for many classes is asked for once.
    """
    caller = somebody(role, has)
    rows, rule = table(scope), rule_of(scope)
    clauses: list[ColumnElement[bool]] = []
    places: list[tuple[Place, int]] = []
    for name in classes:
        for reach in reaches(role, name):
            clause = rule(rows, Sight(caller, reach, NOW, literal(name, Text())))
            cell = next((n for n, one in enumerate(clauses) if one.compare(clause)), len(clauses))
            clauses[cell:] = clauses[cell:] or [clause]
            places.append(((name, reach), cell))
    closed = (barred(rows.c.id, caller, sealed=True), barred(rows.c.id, caller))
    cells = [
        type_coerce(pointed(one), Boolean).label(f"c{place}")
        for place, one in enumerate([*closed, *clauses])
    ]
    here = rows.c.id == bind("file", Identifier())
    return Asked(Statement(select(*cells).select_from(rows).where(here), engine), tuple(places))


def reaches(role: str, record_class: str) -> Iterator[Reach]:
    """All by which the policy gives this role something of the class; a broken glass, too."""
    yield from POLICY.classes[record_class].get(role, {})
    if POLICY.breakable(role, record_class):
        yield Reach.GLASS
