"""Grants by name that a caller holds as they come to a file: glass, cover, agreement.

What a role reaches by its office is said by the policy. What hangs on one record is not, so the
event names that record, and in whose place the caller stands. Only the long way asks: who holds
something rare has no short one, see `rarely`.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Text, literal_column, select, union_all

from app.core.db import Identifier, table
from app.core.statements import Statement, bind
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.columns import scoped
from app.safeguards.guard.door import NOW, particulars, somebody, stationed
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.protected import When, within
from app.safeguards.identity.caller import Caller

# Of a file (null: of none in particular), for a caller, at a moment: the id of each grant, and of
# whom the caller stands in for.
Rule = Callable[[ColumnElement[Any], Caller, When], Select[Any]]
GRANTED: dict[str, Rule] = {}
COVER = "cover"


def granted(kind: str) -> Callable[[Rule], Rule]:
    """Declares a kind of grant; `kind` is the record that it is."""

    def register(rule: Rule) -> Rule:
        GRANTED[kind] = rule
        return rule

    return register


def grants_held(
    db: Connection, mark: Mark, file_id: UUID | None, caller: Caller, at: datetime
) -> list[dict[str, str]]:
    """As the event has them: {"kind", "id"}, and "for" whom; none for most.

    A cover counts where the caller's own office does not lead to the file.
    """
    if mark.action == "self":
        return []
    statement = held_by(caller.role, stationed(caller), db.dialect.name)
    found = statement.run(db, {**particulars(caller, at), "file": file_id})
    own = any(kind == COVER for kind, *_ in found) and by_office(db, mark, file_id, caller, at)
    return [
        {"kind": kind, "id": str(one), **({"for": str(behalf)} if behalf else {})}
        for kind, one, behalf in found
        if not (own and kind == COVER)
    ]


@cache
def held_by(role: str, has: tuple[bool, bool], engine: str) -> Statement:
    caller, file_id = somebody(role, has), bind("file", Identifier())
    parts = []
    for kind, rule in sorted(GRANTED.items()):
        one, name = rule(file_id, caller, NOW).subquery(), literal_column(f"'{kind}'", Text())
        parts.append(select(name.label("kind"), one.c[0].label("id"), one.c[1].label("behalf")))
    every = union_all(*parts).subquery()
    return Statement(select(every).order_by(every.c.kind, every.c.id), engine)


def by_office(
    db: Connection, mark: Mark, file_id: UUID | None, caller: Caller, at: datetime
) -> bool:
    """Whether the file is in reach without anything rare."""
    if mark.scope is None:
        return False
    grants = POLICY.opens(caller.role, mark.action, mark.summary)
    rows, when = table(mark.scope), When(at, at.date())
    usual = within(mark.scope, rows, caller, scoped(mark.scope, grants), when, usual=True)
    return db.execute(select(rows.c.id).where(rows.c.id == file_id, usual)).first() is not None
