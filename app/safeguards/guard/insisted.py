"""What the database itself refuses, whoever asks: a change that no event tells of, and a removal.

That each version of a row has its event, a foreign key says. Triggers say the rest: what is changed
becomes the next version, nothing is removed, and what is written as evidence stays as it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from sqlalchemy import JSON, Column, Connection, Table, UniqueConstraint, text

from app.core.db import Base, table
from app.core.engine import UnsafeDatabase
from app.safeguards.audit.models import (
    AuditEvent,
    AuditSubject,
    ChainHead,
    LogLeaf,
    Revision,
    Unvouched,
)
from app.safeguards.guard.protected import Protected, protected_kinds
from app.safeguards.guard.standing import STRANGE, Standing, declared, plainly, standing
from app.safeguards.vault.models import File

EVIDENCE = tuple(table(one) for one in (AuditEvent, AuditSubject, Revision, LogLeaf, Unvouched))
FUNCTION = "refuse_what_no_event_tells_of"
STARTS = "insists_"  # the names of the triggers
OURS = f"{STARTS}%"
BODY = """ BEGIN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
        MESSAGE = lower(TG_OP) || ' of ' || TG_TABLE_NAME || ' refused: no event tells of it';
END """
REFUSE = f"CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $${BODY}$$"


@dataclass(frozen=True)
class Trigger:
    """`when`: of which rows; empty for all of them. `rows`: False for a whole table at once.

    `moment`: AFTER where it is not known before whether a row is put there or moved on.
    """

    table: str
    verb: str
    when: str = ""
    rows: bool = True
    moment: str = "BEFORE"

    @property
    def name(self) -> str:
        return f"{STARTS}{self.table}_{self.verb.lower()}"

    @property
    def postgresql(self) -> str:
        """To the letter as PostgreSQL tells it of what stands."""
        each = "ROW" if self.rows else "STATEMENT"
        when = f" WHEN ({self.when})" if self.when else ""
        return (
            f"CREATE TRIGGER {self.name} BEFORE {self.verb} ON public.{self.table} "
            f"FOR EACH {each}{when} EXECUTE FUNCTION {FUNCTION}()"
        )

    def standing(self, engine: str) -> Standing:
        return Standing(self.table, plainly(getattr(self, engine)))

    @property
    def sqlite(self) -> str:
        when = f" WHEN {self.when}" if self.when else ""
        told = f"{self.verb.lower()} of {self.table} refused: no event tells of it"
        return (
            f"CREATE TRIGGER {self.name} {self.moment} {self.verb} ON {self.table}{when} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )


def triggers(engine: str) -> Iterator[Trigger]:
    """Of every table that holds what is protected, or evidence of it."""
    changing = {table(kind): unless_next(kind) for kind in protected_kinds()}
    changing |= {table(ChainHead): GROWN, table(File): SAME_FILE}
    for rows in sorted({*changing, *EVIDENCE}, key=lambda one: one.name):
        changed = changing.get(rows, "")
        yield Trigger(rows.name, "DELETE")
        if engine == "postgresql":
            yield Trigger(rows.name, "UPDATE", changed)
            yield Trigger(rows.name, "TRUNCATE", rows=False)
            continue
        # A row of the same key would be replaced, and nothing removed as far as SQLite says.
        yield Trigger(rows.name, "UPDATE", changed and f"{changed} OR {in_anothers_place(rows)}")
        if rows is table(ChainHead):
            yield Trigger(rows.name, "INSERT", FALLEN_BACK, moment="AFTER")
        else:
            yield Trigger(rows.name, "INSERT", there_already(rows))


# Conditions are bracketed as PostgreSQL does, so that what stands can be told from what does not.


def both(*parts: str) -> str:
    return f"({' AND '.join(parts)})"


def unless(part: str) -> str:
    return f"(NOT {part})"


GROWN = unless(
    both("(new.file_id = old.file_id)", "(new.chain = old.chain)", "(new.seq > old.seq)")
)
# A file's key may go, and be wrapped anew.
SAME_FILE = unless(both("(new.id = old.id)", "(new.kind = old.kind)"))


def unless_next(kind: type[Protected]) -> str:
    """Rows that are changed and do not become the next version, with an event of its own.

    What a row repeats of its file's row may follow that one, which has its event; a foreign key
    holds it to that. Nothing else changes with it.
    """
    following = both(
        "(new.version = (old.version + 1))",
        "(new.last_event_id <> old.last_event_id)",
        *(f"(new.{name} = old.{name})" for name in dict.fromkeys(("id", kind.file))),
    )
    if not kind.inherits:
        return unless(following)
    others = (one for one in table(kind).c if one.name not in kind.inherits)
    return unless(f"({following} OR {both(*map(unchanged, others))})")


def unchanged(column: Column[object]) -> str:
    name = f'"{column.name}"'
    new, old = (
        f"CAST({row}.{name} AS text)" if isinstance(column.type, JSON) else f"{row}.{name}"
        for row in ("new", "old")
    )
    return unless(f"({new} IS DISTINCT FROM {old})")


# A head that is put there instead of one that was further, or that came to another link.
FALLEN_BACK = (
    "EXISTS (SELECT 1 FROM audit_events WHERE file_id = new.file_id AND chain = new.chain "
    "AND (seq > new.seq OR seq = new.seq AND hash <> new.hash))"
)


def unique_keys(rows: Table) -> list[tuple[str, ...]]:
    """By which a row can be replaced, beside its primary key and what has that in it."""
    told = [one for one in rows.constraints if isinstance(one, UniqueConstraint)]
    keys = [one.columns.keys() for one in told]
    keys += [one.columns.keys() for one in rows.indexes if one.unique]
    primary = set(rows.primary_key.columns.keys())
    return [("rowid",), *sorted(tuple(one) for one in keys if not primary <= set(one))]


def found(rows: Table, key: Iterable[str]) -> str:
    same = " AND ".join(f"{name} = new.{name}" for name in key)
    return f"EXISTS (SELECT 1 FROM {rows.name} WHERE {same})"  # noqa: S608 - names of ours


def there_already(rows: Table) -> str:
    keys = (rows.primary_key.columns.keys(), *unique_keys(rows))
    return " OR ".join(found(rows, key) for key in keys)


def in_anothers_place(rows: Table) -> str:
    """Rows that take with a change what is another's; what does not change is their own."""
    return " OR ".join(
        f"({' OR '.join(f'new.{name} IS NOT old.{name}' for name in key)}) AND {found(rows, key)}"
        for key in unique_keys(rows)
    )


def missing(db: Connection) -> list[Trigger]:
    """Triggers that do not stand as this version has them, of tables that are there."""
    told = standing(db, OURS, BODY)
    there = {one.table for one in told}
    return [
        one
        for one in wanted(db.dialect.name)
        if one.table in there and one.standing(db.dialect.name) not in told
    ]


@cache
def wanted(engine: str) -> tuple[Trigger, ...]:
    return tuple(triggers(engine))


def examine_refusals(db: Connection) -> None:
    """Raise UnsafeDatabase where a change could go by unseen."""
    engine, every = db.dialect.name, Base.metadata.tables
    needed = {one.standing(engine) for one in wanted(engine)} | {*declared(every.values(), engine)}
    told = standing(db, OURS, BODY)
    strange = {one.table for one in told if one.told == STRANGE} & every.keys()
    if gaps := sorted(strange | {one.table for one in needed - told}):
        raise UnsafeDatabase(
            f"the database would take changes of {', '.join(gaps)} that no event tells of: run "
            "`casework migrate`; what that does not mend, somebody has put there or taken away"
        )


STANDING = text(
    """
    SELECT tgname AS name, tgrelid::regclass::text AS rows
    FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE :ours
    """
).bindparams(ours=OURS)
STANDING_IN_SQLITE = text(
    "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE :ours"
).bindparams(ours=OURS)


def stand_down(db: Connection) -> None:
    """For a migration, in the same transaction: it may change rows of another shape."""
    if db.dialect.name == "postgresql":
        for row in db.execute(STANDING).all():
            db.exec_driver_sql(f"DROP TRIGGER {row.name} ON {row.rows}")
    else:
        for row in db.execute(STANDING_IN_SQLITE).all():
            db.exec_driver_sql(f"DROP TRIGGER {row.name}")


def insist(db: Connection) -> None:
    """As the owner of the tables. What stands already is not touched: it would lock the tables."""
    gaps = missing(db)
    if db.dialect.name != "postgresql":
        for one in gaps:
            db.exec_driver_sql(f"DROP TRIGGER IF EXISTS {one.name}")
            db.exec_driver_sql(one.sqlite)
        return
    db.exec_driver_sql(REFUSE)
    for one in gaps:
        db.exec_driver_sql(f"DROP TRIGGER IF EXISTS {one.name} ON {one.table}")
        db.exec_driver_sql(one.postgresql)
        # Even where somebody has told the session that it is a replica.
        db.exec_driver_sql(f"ALTER TABLE {one.table} ENABLE ALWAYS TRIGGER {one.name}")
