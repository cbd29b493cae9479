"""What the database refuses to whoever asks, its owner too: changes that no event tells of."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from app.casework.notes.models import Note
from app.cli.migrating import SCRIPTS, migrate
from app.core.db import table
from app.core.engine import UnsafeDatabase, open_engine
from app.core.values import new_id, now
from app.main import open_house
from app.registry.cases.models import Case
from app.safeguards.audit.models import AuditEvent, ChainHead
from app.safeguards.audit.sequencer import open_sequencer
from app.safeguards.guard.insisted import EVIDENCE, wanted
from app.safeguards.guard.protected import Protected, protected_kinds
from app.safeguards.guard.writing import Circumstances
from app.safeguards.vault.models import File
from tests.conftest import World, started
from tests.looking import event_of, rewritten, transaction

BESIDE = (table(ChainHead), table(File))
REFUSED = r"(refused: no event tells of it|permission denied)"


@pytest.fixture
def owner(fresh: World) -> Iterator[Engine]:
    """Of the tables, none of evidence empty; on SQLite whoever has the key."""
    assert fresh.as_("coordinator")("GET", "/v1/cases").json()["items"]
    given = fresh.house.settings
    letting = open_sequencer(fresh.house.engine, fresh.house.vault, given)
    with transaction(fresh.house.engine) as db:
        forged = Circumstances(None, "test", "test", new_id(), now()).event("read")
        db.execute(insert(table(AuditEvent)).values(forged))
    letting.drain()
    address = given.migration_url or given.database_url
    engine = open_engine(address, given.database_key_file, owner=True)
    yield engine
    engine.dispose()


@contextmanager
def refused(engine: Engine, because: str = REFUSED) -> Iterator[Connection]:
    with pytest.raises(DBAPIError, match=because), transaction(engine) as db:
        yield db


def some_rows(world: World) -> dict[type[Protected], Any]:
    """One of each kind that there are any of."""
    with transaction(world.house.engine) as db:
        found = {kind: db.execute(select(table(kind)).limit(1)).first() for kind in kinds()}
    some = {kind: row._mapping for kind, row in found.items() if row is not None}
    assert len(some) > len(found) / 2
    return some


def kinds() -> list[type[Protected]]:
    return [*protected_kinds()]


def test_each_table_of_what_is_protected_and_of_evidence_is_guarded(world: World) -> None:
    guarded = {one.table for one in wanted(world.engine)}
    every = {*map(table, kinds()), *BESIDE, *EVIDENCE}
    assert guarded == {one.name for one in every}
    third = "TRUNCATE" if world.engine == "postgresql" else "INSERT"
    for name in guarded:
        verbs = {one.verb for one in wanted(world.engine) if one.table == name}
        assert verbs >= {"UPDATE", "DELETE"}
        assert third in verbs or name == "chain_heads"


def test_a_chain_grows_and_a_file_stays_what_it_is(fresh: World, owner: Engine) -> None:
    heads, files = table(ChainHead), table(File)
    back: list[Any] = [
        update(heads).values(seq=heads.c.seq - 1),
        update(heads).values(hash=bytes(32)),
        update(heads).values(seq=heads.c.seq + 1, chain="another"),
        update(files).values(kind="another"),
    ]
    for engine in (owner, fresh.house.engine):
        for statement in back:
            with refused(engine) as db:
                db.execute(statement)
    with transaction(owner) as db:
        db.execute(update(heads).values(seq=heads.c.seq + 1))
        db.execute(update(files).values(wrapped_key=None))


def test_a_row_changes_into_its_next_version_or_not_at_all(fresh: World, owner: Engine) -> None:
    for kind, row in some_rows(fresh).items():
        rows = table(kind)
        here = update(rows).where(rows.c.id == row["id"])
        following = {"version": row["version"] + 1, "updated_at": now()}
        for engine in (owner, fresh.house.engine):
            with refused(engine) as db:
                db.execute(here.values(updated_at=now()))
            with refused(engine) as db:
                db.execute(here.values(following))
            with refused(engine) as db:
                made = event_of(db, kind, {**row, **following})
                db.execute(here.values(following | {"last_event_id": made, "id": new_id()}))
            with refused(engine) as db:
                made = event_of(db, kind, {**row, "version": row["version"] + 2})
                later = {"version": row["version"] + 2, "last_event_id": made}
                db.execute(here.values(later))
        with transaction(fresh.house.engine) as db:
            assert rewritten(db, kind, rows.c.id == row["id"], updated_at=now()) == 1


def test_nothing_changes_with_what_a_row_repeats_of_its_case(fresh: World, owner: Engine) -> None:
    """Not even there and back, where the foreign key to the case looks only at the end."""
    notes = table(Note)
    for engine in (owner, fresh.house.engine):
        with refused(engine) as db:
            db.execute(update(notes).values(case_jurisdiction="zz", kind="forged"))
    if fresh.engine == "sqlite":
        with transaction(owner) as db:
            db.execute(text("PRAGMA defer_foreign_keys = ON"))
            home = db.execute(select(notes.c.case_jurisdiction).limit(1)).scalar_one()
            for now_, then in ((home, "zz"), ("zz", home)):
                there = update(notes).where(notes.c.case_jurisdiction == now_)
                db.execute(there.values(case_jurisdiction=then))
        return
    migrate(fresh.house.settings)  # a copied database has not what its template gives
    with refused(fresh.house.engine, "permission denied to create temporary") as db:
        db.execute(text("CREATE TEMP TABLE mine (id int)"))


def test_its_event_tells_of_this_version_of_this_row_on_this_file(
    fresh: World, owner: Engine
) -> None:
    for kind, row in some_rows(fresh).items():
        rows, version = table(kind), row["version"] + 1
        fits = {**row, "version": version}
        for wrong in ({"version": version + 1}, {"id": new_id()}, {kind.file: new_id()}):
            with refused(owner, "(?i)foreign key") as db:
                made = event_of(db, kind, {**fits, **wrong})
                following = {"version": version, "last_event_id": made}
                db.execute(update(rows).where(rows.c.id == row["id"]).values(following))


def test_an_old_event_makes_no_new_row(fresh: World, owner: Engine) -> None:
    rows = table(Note)
    with transaction(owner) as db:
        old = db.execute(select(rows).limit(1)).one()._mapping
    for engine in (owner, fresh.house.engine):
        with refused(engine, "(?i)foreign key") as db:
            db.execute(insert(rows).values({**old, "id": new_id()}))


def test_nothing_is_removed(fresh: World, owner: Engine) -> None:
    for rows in (*map(table, some_rows(fresh)), *BESIDE, *EVIDENCE):
        for engine in (owner, fresh.house.engine):
            with refused(engine) as db:
                db.execute(delete(rows))
        if fresh.engine == "postgresql":
            with refused(owner) as db:
                db.execute(text(f"TRUNCATE {rows.name} CASCADE"))


def test_evidence_stays_as_it_was_written(fresh: World, owner: Engine) -> None:
    for rows in EVIDENCE:
        same = next(iter(rows.c))
        for engine in (owner, fresh.house.engine):
            with refused(engine) as db:
                db.execute(update(rows).values({same: same}))


def test_nothing_is_replaced(fresh: World, owner: Engine) -> None:
    """SQLite's REPLACE throws a row out without a word, by its key or by what else is unique."""
    if fresh.engine != "sqlite":
        return
    for rows in (*EVIDENCE, *BESIDE, table(Note), table(Case)):
        with refused(owner) as db:
            db.execute(text(f"INSERT OR REPLACE INTO {rows.name} SELECT * FROM {rows.name}"))
    chained = table(AuditEvent)
    with transaction(owner) as db:
        old = db.execute(select(chained).where(chained.c.chain.is_not(None)).limit(1)).one()
    with refused(owner) as db:  # another id, at the same place of the same chain
        db.execute(
            insert(chained).prefix_with("OR REPLACE").values({**old._mapping, "id": new_id()})
        )


def test_not_even_for_a_session_that_says_it_is_a_replica(
    fresh: World, request: pytest.FixtureRequest
) -> None:
    if fresh.engine != "postgresql":
        return
    name = fresh.house.settings.database_url.rpartition("/")[2]
    with psycopg.connect(started(request.config).url, dbname=name) as db:
        db.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.IntegrityError, match="no event tells of it"):
            db.execute("DELETE FROM notes")


def test_a_database_that_does_not_insist_is_not_used(fresh: World, owner: Engine) -> None:
    settings, postgresql = fresh.house.settings, fresh.engine == "postgresql"
    on = " ON notes" if postgresql else ""
    broken = [f"DROP TRIGGER insists_notes_update{on}"]
    if postgresql:
        broken.append("ALTER TABLE notes DISABLE TRIGGER insists_notes_update")
        broken.append("ALTER TABLE notes ENABLE TRIGGER insists_notes_delete")
        broken.append("COMMENT ON TRIGGER insists_notes_delete ON notes IS 'another'")
    else:
        weaker = "CREATE TRIGGER insists_notes_update BEFORE UPDATE ON notes BEGIN SELECT 1; END"
        broken.append(f"DROP TRIGGER insists_notes_update; {weaker}")
    for statement in broken:
        with transaction(owner) as db:
            for one in statement.split("; ", 1):
                db.execute(text(one))
        with pytest.raises(UnsafeDatabase, match="changes of notes that no event tells of"):
            open_house(settings)
        migrate(settings)
        open_house(settings).engine.dispose()


def test_it_insists_again_at_the_head_however_that_is_named(fresh: World, owner: Engine) -> None:
    settings = fresh.house.settings
    (head,) = ScriptDirectory(str(SCRIPTS)).get_heads()
    migrate(settings, head)
    open_house(settings).engine.dispose()
    with refused(owner) as db:
        db.execute(delete(table(AuditEvent)))
