"""Protected rows exist only as `visible`: the policy in the WHERE of every select."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Table,
    and_,
    false,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.elements import False_, True_

from app.core.db import Row, table
from app.core.values import now
from app.safeguards.access.bars import barred
from app.safeguards.access.policy import Grants, Reach
from app.safeguards.audit.models import AuditEvent, made_by
from app.safeguards.identity.caller import Caller


@dataclass(frozen=True)
class When:
    """The moment of a request and its day in UTC; or the places of both in a statement."""

    at: Any
    today: Any


@dataclass(frozen=True)
class Sight:
    """Who looks at rows, when, and by which relationship.

    `record_class`: of each row; None where any class will do, as at the door of a file.
    `field`: the one that is asked for, where an agreement may name fields; None for the row.
    """

    caller: Caller
    reach: Reach
    when: When
    record_class: ColumnElement[str] | None = None
    field: str | None = None
    usual: bool = False  # what is rare may be left out: the statement asks whether there is any


EVERY_CLASS = "*"  # in place of a record class: what is open for this is so for each of them
Rule = Callable[[FromClause, Sight], ColumnElement[bool]]
RULES: dict[type, Rule] = {}


class Protected(Row):
    """Base of every row that takes a reason to see."""

    __abstract__ = True
    record: ClassVar[str]  # its name in the policy
    file: ClassVar[str] = "id"  # the column with the file whose key and history it shares
    file_kind: ClassVar[str] = ""  # set where a new row opens a file of its own
    record_class: ClassVar[str | None] = None  # None: each row says it, in `record_class`
    inherits: ClassVar[Mapping[str, str]] = {}  # column → that of its file's row that it repeats
    # A column with the moment from which on others than its author are told of a row: of what it
    # was before they are told as little as they were then.
    told_from: ClassVar[str | None] = None
    delivered: ClassVar[bool] = False  # True: may be put into files that the path does not name
    door: ClassVar[bool] = False  # True: a relationship for any class of its file opens it
    opens: ClassVar[bool] = False  # True: what others may see of other rows hangs on its rows
    # True: to its author alone; of others who may read on what it opens, it changes nothing.
    for_oneself: ClassVar[bool] = False
    barrable: ClassVar[bool] = True  # False: its row filter says which files are barred, if any

    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime] = mapped_column(default=now)

    last_event_id: Mapped[UUID]  # that made this version: the database refuses one without it

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "__tablename__" in cls.__dict__:
            table(cls).append_constraint(made_by("last_event_id", cls.file, "id", "version"))


def owners_of(kind: type[Protected]) -> set[Table]:
    """The tables whose rows open the files in which this kind is kept."""
    keys = table(kind).c[kind.file].foreign_keys
    return {key.column.table for key in keys} - {table(AuditEvent)}


def row_filter(model: type[Protected]) -> Callable[[Rule], Rule]:
    """Says, for a model and all its children, which rows a reach opens to a caller."""

    def register(rule: Rule) -> Rule:
        RULES[model] = rule
        return rule

    return register


Rare = Callable[[Caller, When], ColumnElement[bool]]
RARE: list[Rare] = []


def rarely(rule: Rare) -> Rare:
    """Says whether a caller has now what hardly anybody has, such as glass that they have broken.

    A statement for all others need not look for it at each row; who has it goes the long way.
    """
    RARE.append(rule)
    return rule


def has_something_rare(caller: Caller, when: When) -> ColumnElement[bool]:
    return or_(false(), *(rule(caller, when) for rule in RARE))


Evidence = Callable[[FromClause, Sight, bool], ColumnElement[bool]]
EVIDENCE: list[Evidence] = []


def evidence_filter(rule: Evidence) -> Evidence:
    """Says which events a reach opens to a caller, whole or in summary; declared once."""
    EVIDENCE[:] = [rule]
    return rule


def evidence_rule() -> Evidence:
    return EVIDENCE[0]


Openness = Callable[[FromClause, Caller], ColumnElement[bool]]
OPENNESS: list[Openness] = []


def openness(rule: Openness) -> Openness:
    """Says which events, of records that stand for several people, tell of nobody who is barred.

    What bars the file of an event is asked of each; here is asked what hangs on others. It has to
    find the row, for behind a second wall what is barred looks as if it were not there.
    """
    OPENNESS.append(rule)
    return rule


def of_open_rows(
    events: FromClause, kind: type[Protected], rows: FromClause, is_open: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Of events that name a row of this kind: that it is open; all others pass."""
    others = events.c.record.is_distinct_from(kind.record) | events.c.record_id.is_(None)
    found = select(literal(1)).select_from(rows).where(rows.c.id == events.c.record_id, is_open)
    return or_(others, found.exists())


def lets_others_in(kind: type[Protected]) -> bool:
    """Whether its rows open a file to others: who is there for a part of the work writes none."""
    return kind.opens and not kind.for_oneself


@cache
def letting_in() -> frozenset[str]:
    """The records of these, by name."""
    return frozenset(kind.record for kind in protected_kinds() if lets_others_in(kind))


def base_of(kind: type[Protected]) -> type:
    """The nearest kind of its ancestry for which a row filter was said."""
    return next(base for base in kind.__mro__ if base in RULES)


def rule_of(kind: type[Protected]) -> Rule:
    return RULES[base_of(kind)]


def within(
    kind: type[Protected],
    rows: FromClause,
    caller: Caller,
    grants: Grants,
    when: When,
    *,
    sealed: bool = False,
    field: str | None = None,
    usual: bool = False,
) -> ColumnElement[bool]:
    """The one predicate: some reach of the caller, for the class of the row, and no bar.

    `sealed`: also in files that are sealed, for what may unseal them. `field`: not whether the row
    is shown, but whether this field of it is. `usual`: for who has nothing rare, see `rarely`.
    """
    clauses = ways(kind, rows, caller, grants, when, field=field, usual=usual).values()
    return and_(or_(*clauses), no_bar(kind, rows, caller, sealed=sealed)) if clauses else false()


def ways(
    kind: type[Protected],
    rows: FromClause,
    caller: Caller,
    grants: Grants,
    when: When,
    *,
    field: str | None = None,
    usual: bool = False,
) -> dict[Reach, ColumnElement[bool]]:
    """Of the predicate: how each reach that opens rows does so by itself, if there is no bar."""
    rule, own = rule_of(kind), kind.record_class
    clauses = {}
    for reach, classes in grants.items():
        of = literal(own) if isinstance(own, str) and not kind.door else None
        sight = Sight(caller, reach, when, rows.c.record_class if own is None else of, field, usual)
        fits = of_classes(kind, rows, classes)
        opened = false() if isinstance(fits, False_) else rule(rows, sight)
        if not isinstance(opened, False_):
            clauses[reach] = opened if isinstance(fits, True_) else and_(fits, opened)
    return clauses


def no_bar(
    kind: type[Protected], rows: FromClause, caller: Caller, *, sealed: bool = False
) -> ColumnElement[bool]:
    return ~barred(rows.c[kind.file], caller, sealed=sealed) if kind.barrable else true()


def of_classes(
    kind: type[Protected], rows: FromClause, classes: Iterable[str]
) -> ColumnElement[bool]:
    """Rows of these record classes."""
    if isinstance(own := kind.record_class, str):
        return true() if own in classes else false()
    return rows.c.record_class.in_(sorted(classes)) if classes else false()


def visible(
    kind: type[Protected], caller: Caller, grants: Grants, when: When, *, sealed: bool = False
) -> Select[tuple[object, ...]]:
    rows = table(kind)
    return select(rows).where(within(kind, rows, caller, grants, when, sealed=sealed))


def protected_kinds(base: type[Protected] = Protected) -> Iterable[type[Protected]]:
    if not base.__dict__.get("__abstract__"):
        yield base
    for child in base.__subclasses__():
        yield from protected_kinds(child)
