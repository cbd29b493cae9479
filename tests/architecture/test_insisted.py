"""What the database refuses to whoever asks, its owner too: changes that no event tells of."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
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
from app.safeguards.audit.models import SAID, AuditEvent, ChainHead, Revision
from app.safeguards.audit.sequencer import open_sequencer
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.insisted import EVIDENCE, FUNCTION, examine_refusals, wanted
from app.safeguards.guard.protected import Protected, protected_kinds
from app.safeguards.vault.models import File
from tests.conftest import World, started
from tests.looking import event_of, rewritten, transaction
from tests.safeguards.audit.growing import fresh as fresh

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
    files = table(File)
    for kind, row in some_rows(fresh).items():
        rows, version = table(kind), row["version"] + 1
        fits = {**row, "version": version}
        with transaction(owner) as db:
            others = select(files.c.id).where(files.c.id != row[kind.file]).limit(1)
            another = db.execute(others).scalar_one()
        for wrong in ({"version": version + 1}, {"id": another}, {kind.file: another}):
            with refused(owner, "(?i)foreign key") as db:
                made = event_of(db, kind, {**fits, **wrong})
                following = {"version": version, "last_event_id": made}
                db.execute(update(rows).where(rows.c.id == row["id"]).values(following))


def test_an_event_of_reading_makes_no_version(fresh: World, owner: Engine) -> None:
    """It names the version that it showed, and nothing was written with it."""
    revisions = table(Revision)
    for kind, row in some_rows(fresh).items():
        rows, version = table(kind), {**row, "version": row["version"] + 1}
        for outcome in ("read", "refused"):
            with refused(owner, "(?i)foreign key") as db:
                made = event_of(db, kind, version, outcome)
                following = {"version": version["version"], "last_event_id": made}
                db.execute(update(rows).where(rows.c.id == row["id"]).values(following))
    with transaction(owner) as db:
        kept = db.execute(select(revisions).limit(1)).one()._mapping
    version = {"id": kept["record_id"], "version": 1_000, Note.file: kept["file_id"]}
    with refused(owner, "(?i)foreign key") as db:
        made = event_of(db, Note, version, "read")
        db.execute(insert(revisions).values({**kept, "version": 1_000, "event_id": made}))


def test_what_an_event_makes_is_not_said_otherwise(owner: Engine) -> None:
    events = table(AuditEvent)
    with transaction(owner) as db:
        read = select(*SAID).where(events.c.outcome == "read").limit(1)
        shown = db.execute(read).one()._mapping
    with refused(owner, "made_version") as db:
        forged = {**shown, "id": new_id(), "made_version": 7}
        db.execute(insert(events).values(forged))


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
            names = ", ".join(one.name for one in rows.c if one.computed is None)
            again = f"({names}) SELECT {names} FROM {rows.name}"
            db.execute(text(f"INSERT OR REPLACE INTO {rows.name} {again}"))
    chained = table(AuditEvent)
    with transaction(owner) as db:
        old = db.execute(select(*SAID).where(chained.c.chain.is_not(None)).limit(1)).one()
    with refused(owner) as db:  # another id, at the same place of the same chain
        db.execute(
            insert(chained).prefix_with("OR REPLACE").values({**old._mapping, "id": new_id()})
        )


@pytest.fixture
def bare(fresh: World, owner: Engine) -> Iterator[Connection | None]:
    """Whoever has the key of SQLite and not our pragmas."""
    if fresh.engine != "sqlite":
        yield None
        return
    with closing(owner.connect()) as db:
        db.rollback()
        raw: Any = db.connection.driver_connection
        for pragma in ("recursive_triggers", "foreign_keys"):
            raw.execute(f"PRAGMA {pragma} = OFF")
            assert raw.execute(f"PRAGMA {pragma}").fetchone() == (0,)
        yield db
        db.rollback()
        db.invalidate()


def test_nothing_is_replaced_by_whoever_has_not_our_pragmas(
    fresh: World, bare: Connection | None
) -> None:
    """By any key that is unique, and by the number that SQLite gives each row."""
    if bare is None:
        return
    tables = [*EVIDENCE, *BESIDE, *map(table, some_rows(fresh))]
    for rows in tables:
        names = [one.name for one in rows.c if one.computed is None]
        here = ", ".join(names)
        again = f"INSERT OR REPLACE INTO {rows.name} ({here}) SELECT {here} FROM {rows.name}"
        if rows is not table(ChainHead):
            assert_refused(bare, again)
            other = ", ".join("'another'" if name == "id" else name for name in names)
            numbered = f"INSERT OR REPLACE INTO {rows.name} (rowid, {here}) SELECT rowid, {other}"
            assert_refused(bare, f"{numbered} FROM {rows.name}")
        if rows in (table(Note), *BESIDE):  # the others are not changed at all
            last = f"(SELECT max(rowid) FROM {rows.name})"
            moved = f"UPDATE OR REPLACE {rows.name} SET rowid = {last}"
            assert_refused(bare, f"{moved} WHERE rowid < {last}")
    for key, name in (("username", "users"), ("number", "cases"), ("code", "units")):
        new = "version = version + 1, last_event_id = 'another'"
        taken = f"{key} = (SELECT max({key}) FROM {name})"
        first = f"{key} = (SELECT min({key}) FROM {name})"
        assert_refused(bare, f"UPDATE OR REPLACE {name} SET {new}, {taken} WHERE {first}")
    chained = ", ".join(one.name for one in SAID)
    forged = ", ".join("'another'" if one.name == "id" else one.name for one in SAID)
    assert_refused(
        bare,
        f"INSERT OR REPLACE INTO audit_events ({chained}) SELECT {forged} FROM audit_events "
        "WHERE chain IS NOT NULL LIMIT 1",
    )


def test_no_head_is_put_back_by_whoever_has_not_our_pragmas(bare: Connection | None) -> None:
    if bare is None:
        return
    heads = "INSERT OR REPLACE INTO chain_heads (file_id, chain, seq, hash) SELECT file_id, chain,"
    for back in ("seq - 1, hash", "seq, zeroblob(32)", "0, hash"):
        assert_refused(bare, f"{heads} {back} FROM chain_heads")


def assert_refused(db: Connection, statement: str) -> None:
    with pytest.raises(DBAPIError, match="refused: no event tells of it"):
        db.exec_driver_sql(statement)
    db.rollback()


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
    """And is mended by a migration, which looks at what stands and not at what is said of it."""
    settings, postgresql = fresh.house.settings, fresh.engine == "postgresql"
    on = " ON notes" if postgresql else ""
    gone = f"DROP TRIGGER insists_notes_update{on}"
    broken = [[gone]]
    if postgresql:
        every, calls = "FOR EACH ROW", f"EXECUTE FUNCTION {FUNCTION}()"
        weaker = f"CREATE TRIGGER insists_notes_update BEFORE UPDATE ON notes {every}"
        always = "ALTER TABLE notes ENABLE ALWAYS TRIGGER insists_notes_update"
        another = "CREATE FUNCTION another() RETURNS trigger LANGUAGE plpgsql AS"
        broken += [
            ["ALTER TABLE notes DISABLE TRIGGER insists_notes_update"],
            ["ALTER TABLE notes ENABLE TRIGGER insists_notes_delete"],
            [gone, f"{weaker} WHEN (new.version < 0) {calls}", always],
            [gone, f"{weaker.replace('UPDATE', 'UPDATE OF version')} {calls}", always],
            [
                *(gone, f"{another} 'BEGIN RETURN NEW; END'"),
                *(f"{weaker} EXECUTE FUNCTION another()", always),
            ],
        ]
    else:
        broken.append(
            [gone, "CREATE TRIGGER insists_notes_update BEFORE UPDATE ON notes BEGIN SELECT 1; END"]
        )
    for statements in broken:
        forged(owner, statements)
        unused(fresh, "notes")
        migrate(settings)
        open_house(settings).engine.dispose()
    if postgresql:
        body = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
        forged(owner, [f"CREATE OR REPLACE FUNCTION {FUNCTION}() {body}"])
        unused(fresh, ".*audit_events, .*, notes, .*")
        migrate(settings)
        open_house(settings).engine.dispose()


def forged(owner: Engine, statements: Iterable[str]) -> None:
    with transaction(owner) as db:
        for one in statements:
            db.exec_driver_sql(one)


def unused(world: World, tables: str) -> None:
    with pytest.raises(UnsafeDatabase, match=f"changes of {tables} that no event tells of"):
        open_house(world.house.settings)


NO_KEY = "ALTER TABLE notes DROP CONSTRAINT fk_notes_last_event_id"
KEY = (
    "ALTER TABLE notes ADD FOREIGN KEY (last_event_id, case_id, id, version) "
    "REFERENCES audit_events (id, file_id, record_id, made_version)"
)
LESS = "ALTER TABLE notes ADD FOREIGN KEY (last_event_id) REFERENCES audit_events"
BESIDE_IT = (
    "CREATE FUNCTION beside() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE TRIGGER beside BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION beside()",
)
GONE = "DROP TRIGGER insists_notes_delete ON notes"
ELSEWHERE = "CREATE TRIGGER insists_notes_delete BEFORE DELETE ON tokens EXECUTE FUNCTION "
ELSEWHERE += f"{FUNCTION}()"
AWAY = "ALTER TABLE notes RENAME TO others"
ON_POSTGRESQL = {  # the table of which it is told, and what was done
    "nothing": ("", []),
    "no foreign key": ("notes", [NO_KEY]),
    "a foreign key to less": ("notes", [NO_KEY, LESS]),
    "only from now on": ("notes", [NO_KEY, f"{KEY} DEFERRABLE INITIALLY DEFERRED NOT VALID"]),
    "at once": ("notes", [NO_KEY, KEY]),
    "what an event makes may be said": (
        "audit_events",
        ["ALTER TABLE audit_events ALTER made_version DROP EXPRESSION"],
    ),
    "a trigger beside it": ("notes", [one.format("notes") for one in BESIDE_IT]),
    "a trigger where none is": ("tokens", [one.format("tokens") for one in BESIDE_IT]),
    "the trigger of another table": ("notes", [GONE, ELSEWHERE]),
    "a rule": ("notes", ["CREATE RULE away AS ON INSERT TO notes DO INSTEAD NOTHING"]),
    "a child": ("notes", ["CREATE TABLE more () INHERITS (notes)"]),
    "it is gone": ("notes", [AWAY]),
    "a view of its name": ("notes", [AWAY, "CREATE VIEW notes AS SELECT * FROM others"]),
    "another before it": (
        "notes",
        ["CREATE SCHEMA b", "CREATE TABLE b.notes ()", "SET LOCAL search_path = b, public"],
    ),
}


def respelled(before: str, after: str) -> list[str]:
    """Of every table in SQLite, as whoever has the key can."""
    anew = f"UPDATE sqlite_master SET sql = replace(sql, '{before}', '{after}')"
    done = f"{anew} WHERE type = 'table'"
    return ["PRAGMA writable_schema = ON", done, "PRAGMA writable_schema = RESET"]


ON_SQLITE = {
    "nothing": ("", []),
    "a trigger beside it": (
        "notes",
        ["CREATE TRIGGER a AFTER INSERT ON notes BEGIN SELECT 1; END"],
    ),
    "it is gone": ("notes", [AWAY]),
    "a view of its name": ("notes", [AWAY, "CREATE VIEW notes AS SELECT * FROM others"]),
    "no foreign key": ("notes", [AWAY, "CREATE TABLE notes AS SELECT * FROM others"]),
    "a foreign key to less": ("notes", respelled("made_version)", "record_version)")),
    "what an event makes is another": ("audit_events", respelled("''written''", "''read''")),
}


@pytest.mark.parametrize("what", dict.fromkeys((*ON_POSTGRESQL, *ON_SQLITE)))
def test_what_stands_is_examined_and_not_what_is_said_of_it(world: World, what: str) -> None:
    """Of what no migration mends, too. All of it is taken back at the end."""
    known = ON_POSTGRESQL if world.engine == "postgresql" else ON_SQLITE
    if what not in known:
        return
    (guilty, statements), given = known[what], world.house.settings
    address = given.migration_url or given.database_url
    owner = open_engine(address, given.database_key_file, owner=True)
    with closing(owner.connect()) as db:
        for one in statements:
            db.exec_driver_sql(one)
        if not guilty:
            examine_refusals(db)
        else:
            with pytest.raises(UnsafeDatabase, match=f"changes of (.*, )?{guilty}(,.*)? that"):
                examine_refusals(db)
        db.rollback()
    owner.dispose()


def test_it_insists_again_at_the_head_however_that_is_named(fresh: World, owner: Engine) -> None:
    settings = fresh.house.settings
    (head,) = ScriptDirectory(str(SCRIPTS)).get_heads()
    migrate(settings, head)
    open_house(settings).engine.dispose()
    with refused(owner) as db:
        db.execute(delete(table(AuditEvent)))
