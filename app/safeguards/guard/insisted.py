"""What the database itself refuses, whoever asks: a change that no event tells of, and a removal.

That each version of a row has its event, a foreign key says. Triggers say the rest: what is changed
becomes the next version, nothing is removed, and what is written as evidence stays as it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from sqlalchemy import JSON, Column, Connection, FromClause, inspect, text

from app.core.db import table
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
from app.safeguards.vault.models import File

EVIDENCE = tuple(table(one) for one in (AuditEvent, AuditSubject, Revision, LogLeaf, Unvouched))
FUNCTION = "refuse_what_no_event_tells_of"
GROWN = "NEW.file_id = OLD.file_id AND NEW.chain = OLD.chain AND NEW.seq > OLD.seq"
SAME_FILE = "NEW.id = OLD.id AND NEW.kind = OLD.kind"  # its key may go, and be wrapped anew
STARTS = "insists_"  # the names of the triggers
OURS = f"{STARTS}%"
REFUSE = f"""
CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation',
        MESSAGE = lower(TG_OP) || ' of ' || TG_TABLE_NAME || ' refused: no event tells of it';
END $$
"""


@dataclass(frozen=True)
class Trigger:
    """`when`: of which rows; empty for all of them. `rows`: False for a whole table at once."""

    table: str
    verb: str
    when: str = ""
    rows: bool = True

    @property
    def name(self) -> str:
        return f"{STARTS}{self.table}_{self.verb.lower()}"

    @property
    def digest(self) -> str:
        return sha256(f"{self.postgresql}|{REFUSE}".encode()).hexdigest()

    @property
    def postgresql(self) -> str:
        each = "ROW" if self.rows else "STATEMENT"
        when = f" WHEN ({self.when})" if self.when else ""
        return (
            f"CREATE TRIGGER {self.name} BEFORE {self.verb} ON {self.table} FOR EACH {each}{when} "
            f"EXECUTE FUNCTION {FUNCTION}()"
        )

    @property
    def sqlite(self) -> str:
        when = f" WHEN {self.when}" if self.when else ""
        told = f"{self.verb.lower()} of {self.table} refused: no event tells of it"
        return (
            f"CREATE TRIGGER {self.name} BEFORE {self.verb} ON {self.table}{when} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
        )


def triggers(engine: str) -> Iterator[Trigger]:
    """Of every table that holds what is protected, or evidence of it."""
    changing = {table(kind): unless_next(kind) for kind in protected_kinds()}
    changing |= {table(ChainHead): f"NOT ({GROWN})", table(File): f"NOT ({SAME_FILE})"}
    for rows in sorted({*changing, *EVIDENCE}, key=lambda one: one.name):
        yield Trigger(rows.name, "UPDATE", changing.get(rows, ""))
        yield Trigger(rows.name, "DELETE")
        if engine == "postgresql":
            yield Trigger(rows.name, "TRUNCATE", rows=False)
        elif rows is not table(ChainHead):  # which is put there or moved on, as it may be
            # A row of the same key would be replaced, and nothing removed as far as it says.
            yield Trigger(rows.name, "INSERT", there_already(rows))


def unless_next(kind: type[Protected]) -> str:
    """Rows that are changed and do not become the next version, with an event of its own.

    What a row repeats of its file's row may follow that one, which has its event; a foreign key
    holds it to that. Nothing else changes with it.
    """
    same = " AND ".join(f"NEW.{name} = OLD.{name}" for name in dict.fromkeys(("id", kind.file)))
    following = "NEW.version = OLD.version + 1 AND NEW.last_event_id <> OLD.last_event_id"
    others = (one for one in table(kind).c if one.name not in kind.inherits)
    followed = [" AND ".join(map(unchanged, others))] if kind.inherits else []
    return f"NOT ({' OR '.join((f'{following} AND {same}', *followed))})"


def unchanged(column: Column[object]) -> str:
    name = f'"{column.name}"'
    new, old = (
        f"CAST({row}.{name} AS text)" if isinstance(column.type, JSON) else f"{row}.{name}"
        for row in ("NEW", "OLD")
    )
    return f"{new} IS NOT DISTINCT FROM {old}"


def there_already(rows: FromClause) -> str:
    same = " AND ".join(f"{one.name} = NEW.{one.name}" for one in rows.primary_key)
    return f"EXISTS (SELECT 1 FROM {rows.description} WHERE {same})"  # noqa: S608 - names of ours


STANDING = text(
    """
    SELECT t.tgname AS name, obj_description(t.oid, 'pg_trigger') AS told
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
      AND t.tgenabled = 'A' AND t.tgname LIKE :ours
    """
).bindparams(ours=OURS)
ALL = text(
    """
    SELECT tgname AS name, tgrelid::regclass::text AS told
    FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE :ours
    """
).bindparams(ours=OURS)
IN_SQLITE = text(
    "SELECT name, sql AS told FROM sqlite_master WHERE type = 'trigger' AND name LIKE :ours"
).bindparams(ours=OURS)


def missing(db: Connection) -> list[Trigger]:
    """Triggers that do not stand as this version has them, of tables that are there."""
    postgresql, there = db.dialect.name == "postgresql", set(inspect(db).get_table_names())
    found = {row.name: row.told for row in db.execute(STANDING if postgresql else IN_SQLITE)}
    return [
        one
        for one in wanted(db.dialect.name)
        if one.table in there and found.get(one.name) != (one.digest if postgresql else one.sqlite)
    ]


@cache
def wanted(engine: str) -> tuple[Trigger, ...]:
    return tuple(triggers(engine))


def examine_refusals(db: Connection) -> None:
    """Raise UnsafeDatabase where a change could go by unseen."""
    if gaps := sorted({one.table for one in missing(db)}):
        raise UnsafeDatabase(
            f"the database would take changes of {', '.join(gaps)} that no event tells of: run "
            "`casework migrate`"
        )


def stand_down(db: Connection) -> None:
    """For a migration, in the same transaction: it may change rows of another shape."""
    postgresql = db.dialect.name == "postgresql"
    for row in db.execute(ALL if postgresql else IN_SQLITE).all():
        db.exec_driver_sql(f"DROP TRIGGER {row.name}" + (f" ON {row.told}" if postgresql else ""))


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
        db.exec_driver_sql(f"COMMENT ON TRIGGER {one.name} ON {one.table} IS '{one.digest}'")
