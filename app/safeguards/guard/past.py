"""Which entries of a file's past a caller may be told of: the wall of history and timeline.

An entry names a record, its class then and its file: rows of the trail do, and so do revisions.
"""

from collections.abc import Iterator
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    exists,
    false,
    literal_column,
    or_,
    select,
)
from sqlalchemy.sql import visitors
from sqlalchemy.sql.expression import ClauseElement

from app.core.db import table
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.pointed import pointed
from app.safeguards.guard.protected import Protected, When, protected_kinds, within
from app.safeguards.identity.caller import Caller

EVENTS = table(AuditEvent)
ORDER = ("created_at", "record_class", "seq")  # total: a chain has each number once
C = TypeVar("C", bound=ClauseElement)
NONE, ONE = literal_column("0", Integer()), literal_column("1", Integer())


def written_on(file_id: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    """As the index of a file's past has them."""
    return EVENTS.c.file_id == file_id, EVENTS.c.outcome == literal_column("'written'", Text())


def past(
    entries: FromClause,
    scope: type[Protected],
    file_id: ColumnElement[Any],
    caller: Caller,
    when: When,
) -> ColumnElement[bool]:
    """Entries of rows of this file that are within reach today, in classes that were, too."""
    clauses = []
    for kind, then in told_kinds(entries, scope, caller.role):
        rows = table(kind)
        grants = POLICY.grants(caller.role, f"{kind.record}.read")
        reached = pointed(said_once(within(kind, rows, caller, grants, when), kind, file_id))
        # The row is found by its id, not among all of its kind in the file.
        here = (rows.c.id == entries.c.record_id, rows.c[kind.file].is_not_distinct_from(file_id))
        # OFFSET keeps PostgreSQL from gathering all rows of the file to look up a few in them.
        row = select(ONE).select_from(rows).where(*here, reached).offset(NONE).correlate(entries)
        clauses.append(and_(then, exists(row)))
    return or_(false(), *clauses)


def classes_then(entries: FromClause, scope: type[Protected], role: str) -> ColumnElement[bool]:
    """Entries of records in a class that this role may read of such a record."""
    return or_(false(), *(then for _, then in told_kinds(entries, scope, role)))


def told_kinds(
    entries: FromClause, scope: type[Protected], role: str
) -> Iterator[tuple[type[Protected], ColumnElement[bool]]]:
    for kind in kept_with(scope):
        grants = POLICY.grants(role, f"{kind.record}.read")
        if classes := frozenset[str]().union(*grants.values()):
            then = entries.c.record_class.in_(sorted(classes))
            yield kind, and_(entries.c.record == kind.record, then)


def kept_with(scope: type[Protected]) -> Iterator[type[Protected]]:
    """Kinds of record in the files that this kind opens, itself among them."""
    for kind in protected_kinds():
        owners = {key.column.table for key in table(kind).c[kind.file].foreign_keys}
        if f"{kind.record}.read" in POLICY.verbs and (kind is scope or table(scope) in owners):
            yield kind


def said_once(clause: C, kind: type[Protected], file_id: ColumnElement[Any]) -> C:
    """The file is known: what a rule asks of it need not be asked for each of its rows."""
    rows = table(kind)

    def replaced(element: Any, **_: Any) -> Any:
        if isinstance(element, Select) and rows in element.get_final_froms():
            return element  # inside, the name would mean another row
        return file_id if element is rows.c[kind.file] else None

    return cast(C, visitors.replacement_traverse(clause, {}, replaced))
