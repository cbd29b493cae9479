"""The triggers word for word, on which tables they stand, and how they are put there and missed.

That the engines refuse by them is asked of both engines, with everything in place.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    text,
)
from sqlcipher3 import dbapi2

from app.casework.notes.models import Note
from app.core.db import Base, table
from app.core.engine import UnsafeDatabase
from app.main import ROUTERS  # declares every kind
from app.registry.cases.models import Case
from app.safeguards.audit.models import (
    AuditEvent,
    AuditSubject,
    ChainHead,
    LogLeaf,
    Revision,
    Unvouched,
)
from app.safeguards.guard import insisted
from app.safeguards.guard.insisted import (
    BODY,
    EVIDENCE,
    OURS,
    Trigger,
    examine_refusals,
    in_anothers_place,
    insist,
    missing,
    stand_down,
    there_already,
    triggers,
    unchanged,
    unique_keys,
    unless_next,
    wanted,
)
from app.safeguards.guard.protected import protected_kinds
from app.safeguards.guard.standing import ORDINARY, STRANGE, Standing
from app.safeguards.vault.models import File

assert ROUTERS

NEXT = "(new.version = (old.version + 1)) AND (new.last_event_id <> old.last_event_id)"
GROWN = "(NOT ((new.file_id = old.file_id) AND (new.chain = old.chain) AND (new.seq > old.seq)))"
PLACES = Table(
    "places",
    MetaData(),
    Column("a", Integer, primary_key=True),
    Column("b", Integer, primary_key=True),
    Column("name", Text),
    Column("c", Integer),
    UniqueConstraint("name", "c"),
    Index("by_c", "c", unique=True),
    Index("by_name", "name"),
    Index("by_key", "a", "b", unique=True),
    Index("by_more", "a", "b", "c", unique=True),
)


# --- their words ----------------------------------------------------------------------------------


def test_a_trigger_is_said_as_each_engine_has_it() -> None:
    plain, some = Trigger("notes", "DELETE"), Trigger("notes", "UPDATE", "(a = b)")
    assert (plain.when, plain.rows, plain.moment) == ("", True, "BEFORE")
    assert (plain.name, some.name) == ("insists_notes_delete", "insists_notes_update")
    assert plain.postgresql == (
        "CREATE TRIGGER insists_notes_delete BEFORE DELETE ON public.notes FOR EACH ROW"
        " EXECUTE FUNCTION refuse_what_no_event_tells_of()"
    )
    assert some.postgresql == (
        "CREATE TRIGGER insists_notes_update BEFORE UPDATE ON public.notes FOR EACH ROW"
        " WHEN ((a = b)) EXECUTE FUNCTION refuse_what_no_event_tells_of()"
    )
    assert "FOR EACH STATEMENT EXECUTE" in Trigger("notes", "TRUNCATE", rows=False).postgresql
    assert plain.sqlite == (
        "CREATE TRIGGER insists_notes_delete BEFORE DELETE ON notes BEGIN SELECT RAISE(ABORT,"
        " 'delete of notes refused: no event tells of it'); END"
    )
    late = Trigger("notes", "UPDATE", "a = b", moment="AFTER")
    assert "insists_notes_update AFTER UPDATE ON notes WHEN a = b BEGIN SELECT" in late.sqlite
    assert plain.standing("sqlite") == Standing("notes", plain.sqlite)
    assert plain.standing("postgresql") == Standing("notes", plain.postgresql)


def test_a_row_becomes_its_next_version_or_follows_its_case() -> None:
    assert unless_next(Case) == f"(NOT ({NEXT} AND (new.id = old.id)))"
    others = [one for one in table(Note).c if one.name != "case_jurisdiction"]
    same = " AND ".join(unchanged(one) for one in others)
    following = f"({NEXT} AND (new.id = old.id) AND (new.case_id = old.case_id))"
    assert unless_next(Note) == f"(NOT ({following} OR ({same})))"
    assert len(others) == len(table(Note).c) - 1


def test_a_value_is_unchanged_as_a_text_where_the_engine_compares_none() -> None:
    plain: Any = unchanged(Column("name", Text))
    assert plain == '(NOT (new."name" IS DISTINCT FROM old."name"))'
    said: Any = unchanged(Column("name", JSON))
    assert said == ('(NOT (CAST(new."name" AS text) IS DISTINCT FROM CAST(old."name" AS text)))')


def test_a_row_can_be_replaced_by_each_key_that_is_its_own() -> None:
    assert unique_keys(PLACES) == [("rowid",), ("c",), ("name", "c")]
    key, rowid, by_c, by_name = (
        f"EXISTS (SELECT 1 FROM places WHERE {one})"
        for one in (
            "a = new.a AND b = new.b",
            "rowid = new.rowid",
            "c = new.c",
            "name = new.name AND c = new.c",
        )
    )
    assert there_already(PLACES) == f"{key} OR {rowid} OR {by_c} OR {by_name}"
    assert in_anothers_place(PLACES) == (
        f"(new.rowid IS NOT old.rowid) AND {rowid} OR (new.c IS NOT old.c) AND {by_c}"
        f" OR (new.name IS NOT old.name OR new.c IS NOT old.c) AND {by_name}"
    )


# --- where they stand -----------------------------------------------------------------------------


def of(engine: str, rows: Any) -> list[Trigger]:
    return [one for one in triggers(engine) if one.table == rows.name]


def test_what_is_evidence_is_never_changed() -> None:
    kinds = (AuditEvent, AuditSubject, Revision, LogLeaf, Unvouched)
    assert tuple(map(table, kinds)) == EVIDENCE
    for rows in EVIDENCE:
        assert of("postgresql", rows) == [
            Trigger(rows.name, "DELETE"),
            Trigger(rows.name, "UPDATE"),
            Trigger(rows.name, "TRUNCATE", rows=False),
        ]
        assert of("sqlite", rows) == [
            Trigger(rows.name, "DELETE"),
            Trigger(rows.name, "UPDATE"),
            Trigger(rows.name, "INSERT", there_already(rows)),
        ]


def test_what_is_protected_changes_into_its_next_version() -> None:
    for kind in (Case, Note):
        rows, changed = table(kind), unless_next(kind)
        _, update, _ = of("postgresql", rows)
        assert update == Trigger(rows.name, "UPDATE", changed)
        _, update, insert = of("sqlite", rows)
        assert update.when == f"{changed} OR {in_anothers_place(rows)}"
        assert insert == Trigger(rows.name, "INSERT", there_already(rows))


def test_a_chain_grows_and_a_file_stays_what_it_is() -> None:
    heads, files = table(ChainHead), table(File)
    assert of("postgresql", heads)[1].when == GROWN
    same = "(NOT ((new.id = old.id) AND (new.kind = old.kind)))"
    assert of("postgresql", files)[1].when == same
    _, update, insert = of("sqlite", heads)
    assert update.when == f"{GROWN} OR {in_anothers_place(heads)}"
    assert insert == Trigger(
        "chain_heads",
        "INSERT",
        "EXISTS (SELECT 1 FROM audit_events WHERE file_id = new.file_id AND chain = new.chain"
        " AND (seq > new.seq OR seq = new.seq AND hash <> new.hash))",
        moment="AFTER",
    )


def test_each_table_has_its_triggers_in_the_order_of_the_names() -> None:
    every = {*map(table, protected_kinds()), table(ChainHead), table(File), *EVIDENCE}
    for engine in ("sqlite", "postgresql"):
        names = [one.table for one in wanted(engine)]
        assert names == sorted(one.name for one in every for _ in range(3))
        assert wanted(engine) == tuple(triggers(engine))


# --- SQLite ---------------------------------------------------------------------------------------


@pytest.fixture
def db() -> Iterator[Connection]:
    """With all tables, and nothing that holds them to anything."""
    engine = create_engine("sqlite://", module=dbapi2)
    Base.metadata.create_all(engine)
    with engine.connect() as db:
        yield db


def named(db: Connection) -> set[str]:
    found = db.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
    return set(found.scalars())


def test_all_are_missing_until_it_is_insisted(db: Connection) -> None:
    assert missing(db) == [*wanted("sqlite")]
    with pytest.raises(UnsafeDatabase):
        examine_refusals(db)
    insist(db)
    assert missing(db) == []
    examine_refusals(db)
    assert named(db) == {one.name for one in wanted("sqlite")}
    db.exec_driver_sql("CREATE TABLE other (id int)")
    db.exec_driver_sql("CREATE TRIGGER theirs BEFORE DELETE ON other BEGIN SELECT 1; END")
    stand_down(db)
    assert named(db) == {"theirs"}


def test_what_stands_otherwise_is_put_right_and_the_rest_is_not_touched(db: Connection) -> None:
    insist(db)
    one = Trigger("notes", "UPDATE", "new.kind = 'x'")
    db.exec_driver_sql("DROP TRIGGER insists_notes_update")
    db.exec_driver_sql(one.sqlite)
    (gone,) = missing(db)
    assert (gone.table, gone.verb) == ("notes", "UPDATE")
    with pytest.raises(UnsafeDatabase, match="take changes of notes that"):
        examine_refusals(db)
    insist(db)
    assert missing(db) == []


def test_a_table_that_is_not_there_yet_lacks_nothing_but_no_server_starts(db: Connection) -> None:
    insist(db)
    for name in ("log_leaves", "notes"):
        db.exec_driver_sql(f"DROP TABLE {name}")
    assert missing(db) == []
    with pytest.raises(UnsafeDatabase, match=r"changes of log_leaves, notes that"):
        examine_refusals(db)


def test_nothing_else_stands_beside_a_table_of_ours(db: Connection) -> None:
    insist(db)
    db.exec_driver_sql("CREATE TABLE theirs (id int)")
    db.exec_driver_sql("CREATE TRIGGER there BEFORE DELETE ON theirs BEGIN SELECT 1; END")
    examine_refusals(db)
    db.exec_driver_sql("CREATE TRIGGER here BEFORE DELETE ON notes BEGIN SELECT 1; END")
    with pytest.raises(UnsafeDatabase, match="take changes of notes that"):
        examine_refusals(db)


# --- PostgreSQL -----------------------------------------------------------------------------------


class Postgresql:
    """Keeps what it is told."""

    dialect = SimpleNamespace(name="postgresql")

    def __init__(self) -> None:
        self.done: list[str] = []
        self.rows: list[Any] = []

    def exec_driver_sql(self, said: str) -> None:
        self.done.append(said)

    def execute(self, statement: Any) -> Any:
        assert statement.compile().params == {"ours": OURS}
        self.done.append(" ".join(str(statement).split()))
        return SimpleNamespace(all=lambda: self.rows)


def test_what_is_missing_is_put_there_for_whatever_the_session_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    db: Any = Postgresql()
    one = Trigger("notes", "DELETE")
    monkeypatch.setattr(insisted, "missing", {db: [one]}.__getitem__)
    insist(db)
    function, *done = db.done
    # To the letter as it is in databases: with other words theirs would no longer count.
    assert " ".join(function.split()) == (
        "CREATE OR REPLACE FUNCTION refuse_what_no_event_tells_of() RETURNS trigger"
        " LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING"
        " ERRCODE = 'integrity_constraint_violation', MESSAGE = lower(TG_OP) || ' of ' ||"
        " TG_TABLE_NAME || ' refused: no event tells of it'; END $$"
    )
    assert f"$${BODY}$$" in function
    assert done == [
        "DROP TRIGGER IF EXISTS insists_notes_delete ON notes",
        one.postgresql,
        "ALTER TABLE notes ENABLE ALWAYS TRIGGER insists_notes_delete",
    ]


def test_for_a_migration_all_of_ours_are_taken_away() -> None:
    db: Any = Postgresql()
    db.rows = [SimpleNamespace(name="insists_notes_delete", rows="notes")]
    stand_down(db)
    asked, *done = db.done
    assert asked == (
        "SELECT tgname AS name, tgrelid::regclass::text AS rows FROM pg_trigger"
        " WHERE NOT tgisinternal AND tgname LIKE :ours"
    )
    assert done == ["DROP TRIGGER insists_notes_delete ON notes"]
    assert OURS == "insists_%"


def test_what_stands_is_held_against_what_should(monkeypatch: pytest.MonkeyPatch) -> None:
    db: Any = Postgresql()
    every = {one.standing("postgresql") for one in wanted("postgresql")}
    told = {Standing("notes", "declared"), Standing("theirs", STRANGE), *every}

    def standing(*asked: Any) -> Any:
        assert asked == (db, OURS, BODY)
        return told

    def declared(tables: Any, engine: str) -> Any:
        assert ([*tables], engine) == ([*Base.metadata.tables.values()], "postgresql")
        return iter([Standing("notes", "declared")])

    monkeypatch.setattr(insisted, "standing", standing)
    monkeypatch.setattr(insisted, "declared", declared)
    examine_refusals(db)
    assert missing(db) == []
    told -= {Trigger("tasks", "DELETE").standing("postgresql"), Standing("notes", "declared")}
    told.add(Standing("cases", STRANGE))
    assert missing(db) == [Trigger("tasks", "DELETE")]
    with pytest.raises(UnsafeDatabase, match="take changes of cases, notes, tasks that"):
        examine_refusals(db)
    assert ORDINARY not in {one.told for one in told}
