"""Which entries of a file's past a caller may be told of: the wall of history and timeline.

An entry names a record, its class then and its file: rows of the trail do, and so do revisions.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    literal_column,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy.sql import visitors

from app.core.db import Identifier, UtcDateTime, table
from app.core.statements import bind
from app.safeguards.access.policy import POLICY, Grants, Reach
from app.safeguards.audit.models import DRAWN, AuditEvent
from app.safeguards.guard.agreed import of_the_past
from app.safeguards.guard.following import leads
from app.safeguards.guard.pointed import pointed, sources
from app.safeguards.guard.protected import (
    Protected,
    Sight,
    When,
    of_classes,
    owners_of,
    protected_kinds,
    within,
)
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
UNTOLD = ("actor_id", "role")  # what is not, in summary
# How an entry is told.
BRIEF, WHOLE = literal_column("1", Integer()), literal_column("2", Integer())


def after(place: Sequence[Any]) -> dict[str, Any]:
    """What a run gives for PLACE."""
    return dict(zip((f"after_{name}" for name in ORDER), place, strict=True))


def written_on(file_id: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    """As the index of a file's past has them."""
    return EVENTS.c.file_id == file_id, EVENTS.c.outcome == literal_column("'written'", Text())


def narrowed(names: Iterable[str]) -> Iterator[ColumnElement[bool]]:
    """To what a run gives for a column of the trail, or from `since` until before `until`."""
    for name in names:
        if name == "since":
            yield EVENTS.c.created_at >= bind(name, UtcDateTime())
        elif name == "until":
            yield EVENTS.c.created_at < bind(name, UtcDateTime())
        else:
            yield EVENTS.c[name] == bind(name, EVENTS.c[name].type)


def untold_by(names: Iterable[str], told_as: ColumnElement[int]) -> list[ColumnElement[bool]]:
    """Where entries are chosen by what a summary leaves untold, none is told in summary."""
    return [told_as != BRIEF for name in names if name in UNTOLD]


@dataclass(frozen=True)
class Sighting:
    """Who looks into the past of which file, and when.

    `led`: whether the file is in sight by each reach from which something follows, where that is
    known already; what follows is then not asked for at each entry.
    """

    scope: type[Protected]
    file_id: ColumnElement[Any]
    caller: Caller
    when: When
    led: Mapping[Reach, ColumnElement[bool]] = field(default_factory=dict)
    usual: bool = False

    def told(self, entries: FromClause) -> ColumnElement[int]:
        """How each entry is told: WHOLE, BRIEF, which is without who wrote, or null: not at all.

        Those of rows that are within reach today, in classes that were, too. Of what is shown in
        summary, only those that changed something that the summary shows.
        """
        levels = {
            kind.record: case((then, self.level(entries, kind)))
            for kind, then in told_kinds(entries, self.scope, self.caller.role)
        }
        return case(levels, value=entries.c.record) if levels else cast(null(), Integer())

    def level(self, entries: FromClause, kind: type[Protected]) -> ColumnElement[int]:
        """Of an entry of this kind in a class that may be read, by the row that it is of."""
        rows, role = table(kind), self.caller.role
        reached = self.within(kind, of_the_past(role, kind.record))
        level: ColumnElement[int] = WHOLE
        if POLICY.in_summary(role, kind.record):
            then = entries.c.record_class.in_(sorted(classes_whole(role, kind.record)))
            names = columns_in_summary(kind, role)
            whole = and_(then, self.whole(kind))
            said = sets_any(entries, names)
            if kind.told_from:  # and that there is one, from the moment at which it was said
                said = or_(said, entries.c.created_at == rows.c[kind.told_from])
            level = case((whole, WHOLE), (said, BRIEF))
        elif not asks_of(reached, rows):
            return case((reached, level))  # whichever row it is of, for that never leaves its file
        # The row is found by its id, not among all of its kind in the file.
        here = [rows.c.id == entries.c.record_id, rows.c[kind.file] == self.file_id]
        if kind.told_from:
            since = entries.c.created_at >= rows.c[kind.told_from]
            here.append(or_(rows.c.author_id == self.caller.id, since))
        row = select(level).select_from(rows).where(*here, reached)
        return row.correlate(entries).scalar_subquery()

    def within(self, kind: type[Protected], grants: Grants) -> ColumnElement[bool]:
        """The one predicate, of rows in this file."""
        rows, leading = table(kind), leads(self.scope, kind)
        led = {reach: self.led[reach] for reach in grants if reach in leading & self.led.keys()}
        rest = {reach: names for reach, names in grants.items() if reach not in led}
        asked = within(kind, rows, self.caller, rest, self.when, usual=self.usual)
        follow = (and_(of_classes(kind, rows, grants[one]), led[one]) for one in led)
        return or_(*follow, self.said_once(kind, asked))

    def whole(self, kind: type[Protected]) -> ColumnElement[bool]:
        """Of rows in sight: whether by content, and not by S alone."""
        now = told_whole(kind, table(kind), self.caller, self.when, usual=self.usual)
        return self.said_once(kind, now)

    def said_once(self, kind: type[Protected], clause: ColumnElement[bool]) -> ColumnElement[bool]:
        """The file is known: what a rule asks of it need not be asked for each of its rows."""
        rows, file_id = table(kind), self.file_id

        def replaced(element: Any, **_: Any) -> Any:
            if isinstance(element, Select) and rows in sources(element.get_final_froms()):
                return element  # inside, the name would mean another row
            return file_id if element is rows.c[kind.file] else None

        return pointed(visitors.replacement_traverse(clause, {}, replaced))


def sighted_by(
    scope: type[Protected], caller: Caller, when: When
) -> dict[Reach, ColumnElement[bool]]:
    """Of the file of a statement: whether it is in sight by each reach that leads to its rows.

    For who has nothing rare: for others nothing leads (`follows`).
    """
    rows, own, role = table(scope).alias(), frozenset({scope.record_class or ""}), caller.role
    kinds = [(leads(scope, kind), of_the_past(role, kind.record)) for kind in kept_with(scope)]
    found: dict[Reach, ColumnElement[bool]] = {}
    for reach in Reach:
        if any(reach in leading and reach in grants for leading, grants in kinds):
            seen = pointed(within(scope, rows, caller, {reach: own}, when, usual=True))
            here = rows.c.id == bind("file", Identifier())
            found[reach] = exists(select(literal_column("1")).select_from(rows).where(here, seen))
    return found


def asks_of(clause: ColumnElement[bool], rows: FromClause) -> bool:
    """Whether it depends on the row."""
    return any(getattr(one, "table", None) is rows for one in visitors.iterate(clause))


def sets_any(entries: FromClause, names: Collection[str]) -> ColumnElement[bool]:
    """Whether an entry names one of these fields among those that were set."""
    text = cast(entries.c.detail.op("->", return_type=JSON())("fields"), Text)
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
    seen = ((one, classes(POLICY.in_sight(role, one))) for one in records_read())
    return or_(events.c.outcome != "written", and_(by_hand, or_(itself, of_records(events, seen))))


def of_records_read(events: FromClause, sight: Sight) -> ColumnElement[bool]:
    """Of records that the role reads the whole of, by this reach, in this class."""
    role, reach = sight.caller.role, sight.reach
    read = ((one, POLICY.grants(role, f"{one}.read")) for one in records_read())
    return of_records(events, ((one, grants.get(reach, frozenset())) for one, grants in read))


def records_read() -> Iterator[str]:
    return (record for record in POLICY.records if f"{record}.read" in POLICY.verbs)


def of_records(
    events: FromClause, seen: Iterable[tuple[str, Collection[str]]]
) -> ColumnElement[bool]:
    """Events of rows of these records, each in these classes."""
    fits = (
        and_(events.c.record == record, events.c.record_class.in_(sorted(names)))
        for record, names in seen
        if names
    )
    return or_(false(), *fits)


def kept_with(scope: type[Protected]) -> Iterator[type[Protected]]:
    """Kinds of record in the files that this kind opens, itself among them."""
    for kind in protected_kinds():
        kept = kind is scope or table(scope) in owners_of(kind)
        if kept and f"{kind.record}.read" in POLICY.verbs:
            yield kind
