"""The usual write by itself: what it is given, its place in its chain, and its statements."""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import Connection, LargeBinary, Text, create_engine, literal, select
from sqlalchemy.dialects import postgresql

from app.core.db import Base, Identifier, table
from app.core.values import new_id
from app.safeguards.audit.chain import GENESIS, leaf, link
from app.safeguards.audit.models import AuditEvent, AuditSubject, ChainHead
from app.safeguards.guard import appending
from app.safeguards.guard.appending import Closed, Entered, append
from app.safeguards.guard.circumstances import Circumstances
from tests.safeguards.guard.test_ground import AT, FILE, OTHER

EVENTS, HEADS, SUBJECTS = table(AuditEvent), table(ChainHead), table(AuditSubject)
DOOR: Any = ("door",)


def event(file_id: UUID = FILE) -> dict[str, Any]:
    told = Circumstances(None, "note.add", "POST /route", new_id(), AT)
    written = told.event("written", file_id=file_id, record="note", record_class="case")
    return {**written, "chain": "case"}


def subject(event: dict[str, Any], file_id: UUID) -> Any:
    return SUBJECTS, {"event_id": event["id"], "file_id": file_id}


# --- on SQLite ------------------------------------------------------------------------------------


@pytest.fixture
def db() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine, [EVENTS, HEADS, SUBJECTS])
    with engine.connect() as db:
        yield db


def test_each_event_has_the_next_place_in_its_chain(db: Connection) -> None:
    chains: dict[Any, list[dict[str, Any]]] = {FILE: [], OTHER: []}
    for number, file_id in enumerate((FILE, OTHER, FILE)):
        one, place = event(file_id), chains[file_id]
        before = place[-1]["hash"] if place else GENESIS
        own = leaf(one)
        append(db, one, [subject(one, OTHER), subject(one, UUID(int=number))])
        place.append(one)
        assert (one["seq"], one["hash"]) == (len(place), link(before, own))
    heads = {row.file_id: (row.chain, row.seq, row.hash) for row in db.execute(select(HEADS))}
    assert heads == {
        file_id: (some[-1]["chain"], some[-1]["seq"], some[-1]["hash"])
        for file_id, some in chains.items()
    }
    kept = {row.id: dict(row._mapping) for row in db.execute(select(EVENTS))}
    every = [one for some in chains.values() for one in some]
    for one in every:
        assert {name: kept[one["id"]][name] for name in one} == one
    beside = {(row.event_id, row.file_id) for row in db.execute(select(SUBJECTS))}
    assert len(beside) == 6
    assert beside > {(one["id"], OTHER) for one in every}


# --- on PostgreSQL --------------------------------------------------------------------------------

ON_POSTGRESQL: Any = SimpleNamespace(dialect=SimpleNamespace(name="postgresql"))


@pytest.mark.parametrize("entered", [None, Entered(DOOR, {"session": 7})])
def test_what_is_written_at_once_gets_its_place_back(
    monkeypatch: pytest.MonkeyPatch, entered: Entered | None
) -> None:
    asked, found = list[Any](), [(4, b"hash")]

    def at_once(form: Any, door: Any) -> Any:
        def run(db: Any, given: Any) -> Any:
            assert db is ON_POSTGRESQL
            asked.append((form, door, given))
            return found

        return SimpleNamespace(run=run)

    monkeypatch.setattr(appending, "at_once", at_once)
    one = event()
    before, rows = {**one}, [subject(one, OTHER), subject(one, FILE)]
    append(ON_POSTGRESQL, one, rows, entered)
    ((form, door, given),) = asked
    names = ("event_id", "file_id")
    assert form == ((EVENTS, tuple(before)), (SUBJECTS, names), (SUBJECTS, names))
    assert door == (DOOR if entered else None)
    assert given == {
        **{f"e_{name}": value for name, value in before.items()},
        **{"1_event_id": one["id"], "1_file_id": OTHER},
        **{"2_event_id": one["id"], "2_file_id": FILE},
        **{"leaf": leaf(before), **({"session": 7} if entered else {})},
    }
    assert one == {**before, "seq": 4, "hash": b"hash"}
    found.clear()
    with pytest.raises(Closed):
        append(ON_POSTGRESQL, one, rows, entered)


def said(statement: Any) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return " ".join(str(statement.compile(dialect=dialect)).split())


AT_ONCE, IN_STEPS = (one.__wrapped__ for one in cast(Any, (appending.at_once, appending.in_steps)))
FORM = (
    (EVENTS, ("id", "created_at", "file_id", "seq", "hash")),
    (SUBJECTS, ("event_id", "file_id")),
)


@pytest.mark.parametrize("door", [None, DOOR])
def test_the_link_is_hashed_where_its_head_is_locked(
    monkeypatch: pytest.MonkeyPatch, door: Any
) -> None:
    monkeypatch.setattr(appending, "Statement", lambda *made: made)
    monkeypatch.setattr(appending, "still_open", lambda door: literal(7) == literal(len(door)))
    made, engine = AT_ONCE(FORM, door)
    assert engine == "postgresql"
    text = re.sub(
        r"::(UUID|VARCHAR|INTEGER|TIMESTAMP WITH TIME ZONE)| AS (anon|sha256)_\d", "", said(made)
    )
    given = dict[str, str]()
    for name, one in made.compile().binds.items():
        given |= {name: {GENESIS: "GENESIS", b"\1": "PREFIX"}.get(one.value, name)}
    given |= {"leaf": "LEAF"}
    text = re.sub(r"CAST\(%\((\w+)\)s AS BYTEA\)", lambda found: given[found[1]], text)
    numbers = {name: one.value for name, one in made.compile().binds.items()}
    text = re.sub(r"%\((param_\d|seq_1|literal_\d)\)s", lambda found: str(numbers[found[1]]), text)
    where = " WHERE 7 = 1" if door else ""
    assert text == (
        "WITH head AS (INSERT INTO chain_heads (file_id, chain, seq, hash)"
        " SELECT %(e_file_id)s, %(e_chain)s, 1, sha256((PREFIX || GENESIS) || LEAF)"
        f"{where} ON CONFLICT (file_id, chain) DO UPDATE SET"
        " seq = (chain_heads.seq + 1), hash = sha256((PREFIX || chain_heads.hash) || LEAF)"
        " RETURNING chain_heads.seq, chain_heads.hash),"
        " made_0 AS (INSERT INTO audit_events (id, created_at, file_id, seq, hash)"
        " SELECT %(e_id)s, %(e_created_at)s, %(e_file_id)s, head.seq AS seq, head.hash AS hash"
        " FROM head),"
        " made_1 AS (INSERT INTO audit_subjects (event_id, file_id)"
        " SELECT %(1_event_id)s, %(1_file_id)s FROM head)"
        " SELECT head.seq, head.hash FROM head"
    )
    binds = made.compile().binds
    kinds = {"leaf": LargeBinary, "e_file_id": Identifier, "e_chain": Text}
    assert {name: type(binds[name].type) for name in kinds} == kinds


def test_a_place_that_comes_back_is_read_as_a_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "Statement", lambda *made: made)
    made, _ = AT_ONCE(FORM, None)
    assert isinstance(made.selected_columns["hash"].type, LargeBinary)
    # What is given for a row is all of it: no default is made on the way.
    short, _ = AT_ONCE(((EVENTS, ("file_id",)),), None)
    assert "INSERT INTO audit_events (file_id, seq, hash) SELECT" in said(short)


def test_on_sqlite_it_is_done_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "Statement", lambda *made: made)
    steps = IN_STEPS(FORM)
    assert appending.MOST == 6  # that are worth a statement of their own
    every = [steps.head, steps.first, steps.next, *steps.inserts]
    assert {engine for _, engine in every} == {"sqlite"}
    here = "WHERE chain_heads.file_id = :e_file_id AND chain_heads.chain = :e_chain"
    assert [" ".join(str(one).split()) for one, _ in every] == [
        f"SELECT chain_heads.seq, chain_heads.hash FROM chain_heads {here}",
        "INSERT INTO chain_heads (file_id, chain, seq, hash)"
        " VALUES (:e_file_id, :e_chain, :e_seq, :e_hash)",
        f"UPDATE chain_heads SET seq=:e_seq, hash=:e_hash {here}",
        "INSERT INTO audit_events (file_id, seq, hash, id, created_at)"
        " VALUES (:e_file_id, :e_seq, :e_hash, :e_id, :e_created_at)",
        "INSERT INTO audit_subjects (file_id, event_id) VALUES (:1_file_id, :1_event_id)",
    ]
    for one, _ in every[:3]:
        for name, value in one.compile().binds.items():
            kinds = {"e_file_id": Identifier, "e_chain": Text}
            kind = kinds.get(name) or type(HEADS.c[name.removeprefix("e_")].type)
            assert type(value.type) is kind


def test_a_value_is_of_the_type_of_its_column() -> None:
    for number, prefix in ((0, "e"), (3, "3")):
        found = appending.values_of(number, EVENTS, ("id", "seq"))
        assert [(name, one.key) for name, one in found.items()] == [
            ("id", f"{prefix}_id"),
            ("seq", f"{prefix}_seq"),
        ]
        for name, one in found.items():
            assert one.type is EVENTS.c[name].type


# --- the door -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [[], [[1]]])
def test_who_entered_is_asked_whether_the_door_is_still_open(
    monkeypatch: pytest.MonkeyPatch, rows: Any
) -> None:
    def still_open_now(door: Any) -> Any:
        assert door is DOOR

        def run(db: Any, given: Any) -> Any:
            assert (db, given) == (ON_POSTGRESQL, {"session": 7})
            return rows

        return SimpleNamespace(run=run)

    monkeypatch.setattr(appending, "still_open_now", still_open_now)
    entered = Entered(DOOR, {"session": 7})
    if rows:
        entered.confirm(ON_POSTGRESQL)
    else:
        with pytest.raises(Closed):
            entered.confirm(ON_POSTGRESQL)
