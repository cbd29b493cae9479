"""Which entries of a file's past a caller may be told of: the wall of history and timeline.

An entry names a record, its class then and its file: rows of the trail do, and so do revisions.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from sqlalchemy import (
    JSON,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    exists,
    false,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.sql import visitors
from sqlalchemy.sql.expression import ClauseElement

from app.core.db import table
from app.core.statements import bind
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.models import DRAWN, AuditEvent
from app.safeguards.guard.agreed import of_the_past
from app.safeguards.guard.pointed import pointed
from app.safeguards.guard.protected import Protected, When, protected_kinds, within
from app.safeguards.guard.summaries import (
    classes,
    classes_whole,
    columns_in_summary,
    told_whole,
)
from app.safeguards.identity.caller import Caller

EVENTS = table(AuditEvent)
ORDER = ("created_at", "record_class", "seq")  # total: a chain has each number once
FIRST = (datetime.min.replace(tzinfo=UTC), "", 0)  # before all entries
LAST = (datetime.max.replace(tzinfo=UTC), "", 0)
# Where an entry stands among all, and a place that each run names.
HERE = tuple_(*(EVENTS.c[name] for name in ORDER))
PLACE = tuple_(*(bind(f"after_{name}", EVENTS.c[name].type) for name in ORDER))
C = TypeVar("C", bound=ClauseElement)
NONE, ONE = literal_column("0", Integer()), literal_column("1", Integer())


def after(place: Sequence[Any]) -> dict[str, Any]:
    """What a run gives for PLACE."""
    return dict(zip((f"after_{name}" for name in ORDER), place, strict=True))


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
    """Entries of rows of this file that are within reach today, in classes that were, too.

    Of what is shown in summary, only those that changed something that the summary shows.
    """
    clauses = []
    for kind, then in told_kinds(entries, scope, caller.role):
        rows, grants = table(kind), of_the_past(caller.role, kind.record)
        reached = within(kind, rows, caller, grants, when)
        told = [then, row_of(entries, kind, file_id, reached)]
        if POLICY.in_summary(caller.role, kind.record):
            names = columns_in_summary(kind, caller.role)
            told.append(or_(sets_any(entries, names), whole(entries, kind, file_id, caller, when)))
        clauses.append(and_(*told))
    return or_(false(), *clauses)


def row_of(
    entries: FromClause,
    kind: type[Protected],
    file_id: ColumnElement[Any],
    reached: ColumnElement[bool],
) -> ColumnElement[bool]:
    """Whether the row that an entry is of is in this file, and now as this clause has it."""
    rows = table(kind)
    # The row is found by its id, not among all of its kind in the file.
    here = (rows.c.id == entries.c.record_id, rows.c[kind.file].is_not_distinct_from(file_id))
    now = pointed(said_once(reached, kind, file_id))
    # OFFSET keeps PostgreSQL from gathering all rows of the file to look up a few in them.
    row = select(ONE).select_from(rows).where(*here, now).offset(NONE).correlate(entries)
    return exists(row)


def whole(
    entries: FromClause,
    kind: type[Protected],
    file_id: ColumnElement[Any],
    caller: Caller,
    when: When,
) -> ColumnElement[bool]:
    """Of entries of one kind that are told: whether content was and is read, not seen by S."""
    readable = classes_whole(caller.role, kind.record)
    now = told_whole(kind, table(kind), caller, when)
    then = entries.c.record_class.in_(sorted(readable))
    return and_(then, row_of(entries, kind, file_id, now))


def in_summary(
    entries: FromClause,
    scope: type[Protected],
    file_id: ColumnElement[Any],
    caller: Caller,
    when: When,
) -> ColumnElement[bool] | None:
    """Of entries that are told: whether in summary, so without who wrote; None where none is."""
    clauses = [
        and_(entries.c.record == kind.record, not_(whole(entries, kind, file_id, caller, when)))
        for kind in kept_with(scope)
        if POLICY.in_summary(caller.role, kind.record)
    ]
    return or_(*clauses) if clauses else None


def sets_any(entries: FromClause, names: Collection[str]) -> ColumnElement[bool]:
    """Whether an entry names one of these fields among those that were set."""
    text = cast_to(entries.c.detail.op("->", return_type=JSON())("fields"), Text)
    return or_(false(), *(text.contains(f'"{name}"', autoescape=True) for name in sorted(names)))


def classes_then(entries: FromClause, scope: type[Protected], role: str) -> ColumnElement[bool]:
    """Entries of records in a class that this role may read of such a record."""
    return or_(false(), *(then for _, then in told_kinds(entries, scope, role)))


def told_kinds(
    entries: FromClause, scope: type[Protected], role: str
) -> Iterator[tuple[type[Protected], ColumnElement[bool]]]:
    for kind in kept_with(scope):
        if seen := classes(of_the_past(role, kind.record)):
            then = entries.c.record_class.in_(sorted(seen))
            yield kind, and_(entries.c.record == kind.record, then)


def done_knowingly(events: FromClause, role: str) -> ColumnElement[bool]:
    """Not what a rule drew from it, nor rows of a class of which the role sees nothing.

    What the action itself is about, the guard has let them write.
    """
    by_hand = events.c.detail.op("->")(literal_column(f"'{DRAWN}'", Text())).is_(None)
    itself = events.c.action.startswith(events.c.record + ".")
    seen = [
        and_(events.c.record == record, events.c.record_class.in_(sorted(names)))
        for record in POLICY.records
        if f"{record}.read" in POLICY.verbs and (names := classes(POLICY.in_sight(role, record)))
    ]
    return or_(events.c.outcome != "written", and_(by_hand, or_(itself, *seen)))


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
