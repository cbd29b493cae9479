"""Into the database past the second wall: for tests that compare it with what is told, or that
have happen what no request could bring about.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, text, update

from app.core.db import table
from app.core.engine import open_engine
from app.core.transactions import transaction as within_the_wall
from app.core.values import new_id, now
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.calls import House
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.insisted import insist, stand_down
from app.safeguards.guard.protected import Protected
from app.safeguards.guard.second_wall import BEYOND
from app.safeguards.guard.writing import Writes, chain, sealed_columns
from app.safeguards.identity import sessions
from app.safeguards.vault.file_keys import FileKeys
from app.safeguards.vault.models import File
from app.safeguards.vault.sealed import open_value


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    with within_the_wall(engine, BEYOND) as db:
        yield db


def lately() -> UUID:
    """Lower than the ids of the last ten minutes: what has no other index is looked for there."""
    return UUID(int=((new_id().int >> 80) - 600_000) << 80)  # milliseconds stand first


def rewritten(
    db: Connection, kind: type[Protected], *where: ColumnElement[bool], **values: Any
) -> int:
    """How many rows were given these values, as the next version of each; no history tells it."""
    rows = table(kind)
    found = db.execute(select(rows).where(*where)).mappings().all()
    for row in found:
        version = {**row, "version": row["version"] + 1}
        named = {"version": version["version"], "last_event_id": event_of(db, kind, version)}
        db.execute(update(rows).where(rows.c.id == row["id"]).values({**named, **values}))
    return len(found)


def written(house: House, kind: type[Protected], record_id: str | UUID, **values: Any) -> None:
    """A row has these values, as a rule of ours would write them."""
    made = Circumstances(
        None, f"{kind.record}.change", "test", new_id(), now(), house.vault.vouching
    )
    rows, of = table(kind), kind.record_class
    assert of is not None
    with transaction(house.engine) as db:
        found = db.execute(select(rows).where(rows.c.id == UUID(str(record_id)))).one()._asdict()
        writes = Writes(db, FileKeys(db, house.vault), made)
        writes.keys.open({found[kind.file]})
        for one in sealed_columns(kind):
            key = writes.keys.of(found[kind.file])
            found[one.name] = open_value(key, one, found["id"], found[one.name])
        changed = {**found, **values, "version": found["version"] + 1, "updated_at": made.at}
        assert writes.change(kind, of, changed, sorted(values))
        writes.flush(last=True)


def event_of(db: Connection, kind: type[Protected], row: Any, outcome: str = "written") -> UUID:
    """Of this version of a row, without which the database would not take it.

    In a chain of its own, which no role reads. A row without a file, which nobody commits, has an
    event of no chain.
    """
    files = table(File)
    known = db.execute(select(files.c.id).where(files.c.id == row[kind.file])).first()
    event = Circumstances(None, "test", "test", new_id(), now()).event(
        outcome if known else "rewritten",
        file_id=row[kind.file],
        record=kind.record,
        record_id=row["id"],
        record_version=row["version"],
        chain="rewritten" if known else None,
    )
    if known:
        chain(db, [event])
    db.execute(insert(table(AuditEvent)).values(event))
    event_id: UUID = event["id"]
    return event_id


@contextmanager
def past_insistence(house: House, keys: bool = True) -> Iterator[Connection]:
    """As whoever owns the tables: what the database insists on is away meanwhile.

    `keys`: False for without foreign keys, too; they are not there again afterwards.
    """
    given = house.settings
    address = given.migration_url or given.database_url
    engine = open_engine(address, given.database_key_file, owner=True)
    postgresql = engine.dialect.name == "postgresql"
    try:
        with transaction(engine) as db:
            stand_down(db)
            if postgresql and not keys:
                for row in db.execute(FOREIGN_KEYS).all():
                    db.exec_driver_sql(f"ALTER TABLE {row.holder} DROP CONSTRAINT {row.name}")
        if not postgresql and not keys:
            with engine.connect() as db:
                db.connection.driver_connection.execute("PRAGMA foreign_keys = 0")  # type: ignore[union-attr]
                with db.begin():
                    yield db
                db.connection.driver_connection.execute("PRAGMA foreign_keys = 1")  # type: ignore[union-attr]
        else:
            with transaction(engine) as db:
                yield db
        with transaction(engine) as db:
            insist(db)
    finally:
        engine.dispose()


FOREIGN_KEYS = text(
    "SELECT conname AS name, conrelid::regclass::text AS holder FROM pg_constraint "
    "WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND confrelid = "
    "'audit_events'::regclass"
)


def token_of(house: House, user_id: str | UUID, hours: int = 12) -> str:
    """Of somebody who has signed in at this moment."""
    life = timedelta(hours=hours)
    with transaction(house.engine) as db:
        user = UUID(str(user_id))
        return sessions.start(db, house.vault.admitting, user, now(), life, life).access
