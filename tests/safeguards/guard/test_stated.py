"""What the rows of the database come to, row by row, for whoever holds it against the log."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, insert, update

from app.casework.notes.models import Note
from app.core.db import Base, table
from app.core.values import canonical
from app.registry.cases.models import Case
from app.registry.people.models import Person
from app.safeguards.audit.committing import taken
from app.safeguards.audit.models import AuditEvent, Revision
from app.safeguards.audit.vouching import word
from app.safeguards.guard import stated
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.erasing import nothing
from app.safeguards.guard.stated import is_as_said, kept_as, rows_of, state_of, told, versions_kept
from app.safeguards.guard.writing import revision_place, sealed_columns, shown
from app.safeguards.vault.models import File
from app.safeguards.vault.sealed import seal_value
from app.safeguards.vault.sealing import seal

AT = datetime(2026, 3, 1, tzinfo=UTC)
FILE, KEY = UUID(int=9), b"f" * 32
VAULT: Any = "vault"


def note(number: int = 1, **more: Any) -> dict[str, Any]:
    """A row as it was written, its text not sealed yet."""
    return {
        **{"id": UUID(int=number), "case_id": FILE, "case_jurisdiction": "ra", "version": 2},
        **{"record_class": "clinical", "kind": "therapy", "occurred_on": date(2026, 1, 1)},
        **{"text": "said", "author_id": UUID(int=7), "corrects_id": None},
        **{"created_at": AT, "updated_at": AT, "last_event_id": UUID(int=5), **more},
    }


def kept(row: dict[str, Any], key: bytes = KEY) -> bytes:
    """The revision of a row."""
    whole = taken(key, row["id"], row["version"], shown(row)).snapshot
    return seal(key, whole, revision_place(row["id"], row["version"]))


def sealed(row: dict[str, Any], key: bytes = KEY) -> dict[str, Any]:
    (column,) = sealed_columns(Note)
    return {**row, "text": seal_value(key, column, row["id"], row["text"])}


def commitment(row: dict[str, Any]) -> str:
    return taken(KEY, row["id"], row["version"], shown(row)).commitment


class Keys:
    """Knows one key once it came with a row."""

    def __init__(self) -> None:
        self.known: dict[Any, bytes] = {}

    def know(self, file_id: UUID, wrapped: bytes) -> None:
        self.known[file_id, wrapped] = KEY

    def of(self, file_id: UUID) -> bytes:
        return self.known[file_id, b"wrapped"]


def said(row: dict[str, Any], revision: bytes | None = None, **more: Any) -> dict[str, Any]:
    keys: Any = Keys()
    return told(Note, {**row, "kept": revision, "key": b"wrapped", **more}, keys)


OF_IT = {"record": "note", "record_id": UUID(int=1), "version": 2}
OF_IT |= {"event_id": UUID(int=5), "file_id": FILE}


# --- a row ----------------------------------------------------------------------------------------


def test_what_nobody_touched_comes_to_what_its_event_says() -> None:
    row = note()
    assert said(sealed(row), kept(row)) == {**OF_IT, "commitment": commitment(row)}


def test_what_was_changed_past_the_application_comes_to_something_else() -> None:
    row = note()
    changed = note(kind="forged")
    assert said(sealed(changed), kept(row))["commitment"] == commitment(changed)
    other = note(text="other")
    assert said(sealed(other), kept(row))["commitment"] == commitment(other)


def test_what_a_row_repeats_of_its_case_is_as_it_was() -> None:
    row = note()
    moved = sealed(note(case_jurisdiction="rb"))
    assert said(moved, kept(row))["commitment"] == commitment(row)


def test_a_column_that_is_newer_than_the_version_is_not_asked_for() -> None:
    row = note()
    older = {name: value for name, value in row.items() if name != "corrects_id"}
    assert said(sealed(row), kept(older))["commitment"] == commitment(older)
    gone = {**row, "gone": "then"}
    assert said(sealed(row), kept(gone))["commitment"] == commitment(gone)


@pytest.mark.parametrize("revision", [None, b"", b"too short", kept(note(version=3))])
def test_a_revision_that_does_not_open_comes_to_nothing(revision: bytes | None) -> None:
    assert said(sealed(note()), revision) == {**OF_IT, "commitment": None}


def test_a_value_that_does_not_open_comes_to_nothing() -> None:
    row = note()
    for text in (b"forged", sealed(note(2))["text"], sealed(row, b"g" * 32)["text"]):
        assert said({**row, "text": text}, kept(row)) == {**OF_IT, "commitment": None}
    no_json = seal(KEY, b"{", revision_place(row["id"], 2))
    assert said(sealed(row), no_json) == {**OF_IT, "commitment": None}


def test_of_an_erased_file_a_row_is_empty_or_comes_to_nothing() -> None:
    row = note() | nothing(Note, UUID(int=1)) | {"text": b"whatever is sealed opens to nobody"}
    assert said(row, key=None) == {**OF_IT, "erased": True}
    assert said({**row, "kind": "x"}, key=None) == {**OF_IT, "commitment": None}
    assert said({**row, "occurred_on": AT.date()}, key=None) == {**OF_IT, "commitment": None}


# --- the rows of a kind ---------------------------------------------------------------------------


@pytest.fixture
def db() -> Iterator[Connection]:
    """Notes on two files, the first with a revision of either version, and one of no file."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine, [table(one) for one in (Note, Revision, File)])
    with engine.connect() as db:
        for file, wrapped in ((FILE, b"wrapped"), (UUID(int=10), b"other")):
            row = {"id": file, "kind": "case", "wrapped_key": wrapped, "created_at": AT}
            db.execute(insert(table(File)).values(row))
        for number, file in ((3, FILE), (1, FILE), (2, UUID(int=10)), (4, UUID(int=11))):
            db.execute(insert(table(Note)).values(note(number, case_id=file, text=b"t")))
        for version in (1, 2):
            row = {"record_id": UUID(int=1), "version": version, "record": "note"}
            row |= {"record_class": "clinical", "file_id": FILE, "event_id": UUID(int=5)}
            row |= {"created_at": AT, "snapshot": b"kept %d" % version}
            db.execute(insert(table(Revision)).values(row))
        yield db


@pytest.mark.parametrize("some", [1, 2, stated.SOME])
def test_rows_are_read_by_their_ids_some_at_a_time_each_with_its_revision_and_key(
    db: Connection, monkeypatch: pytest.MonkeyPatch, some: int
) -> None:
    made, found = list[Any](), list[Any]()

    def file_keys(*given: Any) -> Any:
        assert given == (watched, VAULT)
        made.append(given)
        return len(made)

    def told(kind: Any, row: dict[str, Any], keys: int) -> Any:
        assert (kind, type(row)) == (Note, dict)
        assert row.keys() == {*note(), "kept", "key"}
        found.append((row["id"].int, row["kept"], row["key"], keys))
        return row["id"]

    monkeypatch.setattr(stated, "SOME", some)
    monkeypatch.setattr(stated, "FileKeys", file_keys)
    monkeypatch.setattr(stated, "told", told)

    def execute(statement: Any) -> Any:
        assert "ORDER BY notes.id" in str(statement)
        assert 0 < statement._limit == some <= 1000  # memory does not grow with the rows
        return db.execute(statement)

    watched: Any = SimpleNamespace(execute=execute)
    ids: list[Any] = [*rows_of(watched, Note, VAULT)]
    assert [one.int for one in ids] == [1, 2, 3]
    turns = {1: (1, 2, 3), 2: (1, 1, 2)}.get(some, (1, 1, 1))
    assert found == [
        (1, b"kept 2", b"wrapped", turns[0]),
        (2, None, b"other", turns[1]),
        (3, None, b"wrapped", turns[2]),
    ]


# --- versions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("some", [1, 2, stated.SOME])
def test_versions_are_read_in_their_order_some_at_a_time(
    db: Connection, monkeypatch: pytest.MonkeyPatch, some: int
) -> None:
    none, last = UUID(int=0), UUID(int=11)  # the very first id there can be, and one of no file
    for number, version, file in ((3, 1, FILE), (1, 10, UUID(int=10)), (3, 2, last), (0, 1, FILE)):
        row = {"record_id": UUID(int=number), "version": version, "record": "note"}
        row |= {"record_class": "clinical", "file_id": file, "event_id": UUID(int=5)}
        db.execute(insert(table(Revision)).values({**row, "created_at": AT, "snapshot": b"k"}))
    found = list[Any]()

    def kept_as(row: dict[str, Any], keys: Any) -> Any:
        assert keys == (watched, VAULT)
        assert row.keys() == {*table(Revision).c.keys(), "key"}
        found.append((row["record_id"].int, row["version"], row["key"]))
        return found[-1]

    def execute(statement: Any) -> Any:
        assert 0 < statement._limit == some <= 1000  # memory does not grow with the versions
        text = " ".join(str(statement).split())
        assert "JOIN files ON files.id = revisions.file_id" in text
        assert "ORDER BY revisions.record_id, revisions.version" in text
        return db.execute(statement)

    monkeypatch.setattr(stated, "SOME", some)
    monkeypatch.setattr(stated, "FileKeys", lambda *given: given)
    monkeypatch.setattr(stated, "kept_as", kept_as)
    watched: Any = SimpleNamespace(execute=execute)
    assert [*versions_kept(watched, VAULT)] == found
    # What is of no file is not there for whoever judges.
    first = (none.int, 1, b"wrapped")
    others = [(1, 1, b"wrapped"), (1, 2, b"wrapped"), (1, 10, b"other"), (3, 1, b"wrapped")]
    assert found == [first, *others]


def test_a_version_says_what_it_is_and_comes_to_what_it_says() -> None:
    row, keys = note(version=1), cast(Any, Keys())
    of = {"record": "note", "record_id": row["id"], "version": 1, "record_class": "clinical"}
    of |= {"file_id": FILE, "event_id": UUID(int=5), "created_at": AT}
    whole = {**of, "snapshot": kept(row), "key": b"wrapped"}
    assert kept_as({**whole}, keys) == {**of, "commitment": commitment(row)}
    assert kept_as({**whole, "key": None}, keys) == {**of, "erased": True}
    no_json = seal(KEY, b"{", revision_place(row["id"], 1))
    for forged in (b"", kept(note(version=2)), kept(row, b"g" * 32), no_json):
        assert kept_as({**whole, "snapshot": forged}, keys) == {**of, "commitment": None}


# --- one row, and its last event ------------------------------------------------------------------


@pytest.fixture
def entered(db: Connection) -> dict[str, Any]:
    """A note as it was written, with its revision and the event that wrote it."""
    Base.metadata.create_all(db, [table(AuditEvent)])
    row = note(9, version=1)
    db.execute(insert(table(Note)).values(sealed(row)))
    made = Circumstances(None, "note.add", "r", UUID(int=6), AT, VOUCHING)
    event = made.event(
        "written",
        file_id=FILE,
        record="note",
        record_id=row["id"],
        record_version=1,
        chain="clinical",
        detail={"fields": [], "commitment": commitment(row)},
    )
    event |= {"id": UUID(int=5), "seq": 1, "hash": b"h"}
    event["mac"] = word(VOUCHING, event)
    db.execute(insert(table(AuditEvent)).values(event))
    kept_row = {"record_id": row["id"], "version": 1, "record": "note", "file_id": FILE}
    kept_row |= {"record_class": "clinical", "event_id": UUID(int=5), "created_at": AT}
    db.execute(insert(table(Revision)).values({**kept_row, "snapshot": kept(row)}))
    return event


VOUCHING = b"v" * 32


def stands(db: Connection, monkeypatch: pytest.MonkeyPatch, number: int = 9) -> bool:
    vault: Any = SimpleNamespace(vouching=VOUCHING)

    def keys(*given: Any) -> Any:
        assert given == (db, vault)
        return Keys()

    monkeypatch.setattr(stated, "FileKeys", keys)
    return is_as_said(db, vault, Note, UUID(int=number))


def test_a_row_that_nobody_touched_is_as_its_event_says(
    db: Connection, entered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stands(db, monkeypatch) is True
    assert stands(db, monkeypatch, 8) is False  # there is no such row


@pytest.mark.parametrize(
    "changed",
    [
        {"mac": b"another"},
        {"record": "task"},
        {"record_version": 2},
        {"detail": {"fields": [], "commitment": "another"}},
    ],
    ids=str,
)
def test_a_row_whose_event_is_another_is_not(
    db: Connection, entered: Any, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    """By our word or without it: each of what it names must be so."""
    event = {**entered, **changed}
    if "mac" not in changed:
        event["mac"] = word(VOUCHING, event)
    db.execute(update(table(AuditEvent)).values(changed | {"mac": event["mac"]}))
    assert stands(db, monkeypatch) is False


def test_a_row_without_an_event_or_with_another_value_is_not(
    db: Connection, entered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = update(table(Note)).where(table(Note).c.id == UUID(int=9))
    db.execute(mine.values(kind="forged"))
    assert stands(db, monkeypatch) is False
    db.execute(mine.values(kind="therapy"))
    assert stands(db, monkeypatch) is True
    db.execute(mine.values(last_event_id=UUID(int=77)))
    assert stands(db, monkeypatch) is False


# --- all of it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("head", [None, SimpleNamespace(size=7)])
def test_all_kinds_follow_each_other_between_the_log_and_the_number_of_rows(
    monkeypatch: pytest.MonkeyPatch, head: Any
) -> None:
    db: Any = object()
    kinds = {Person: [{"b": 1, "a": 2}], Case: [], Note: [{"n": 1}, {"n": 2}]}

    def rows(of: Any, kind: Any, vault: Any) -> Any:
        assert (of, vault) == (db, VAULT)
        return [{**one, "kind": kind.record} for one in kinds[kind]]

    monkeypatch.setattr(stated, "head_of", {db: head}.__getitem__)
    monkeypatch.setattr(stated, "protected_kinds", lambda: kinds)

    def versions(of: Any, vault: Any) -> Any:
        assert (of, vault) == (db, VAULT)
        return [{"v": n} for n in (1, 2, 3, 4)]

    monkeypatch.setattr(stated, "rows_of", rows)
    monkeypatch.setattr(stated, "versions_kept", versions)
    lines = [*state_of(db, VAULT)]
    assert [json.loads(one) for one in lines] == [
        {"log": 7 if head else 0},
        *({"n": n, "kind": "note"} for n in (1, 2)),
        {"a": 2, "b": 1, "kind": "person"},
        *({"v": n} for n in (1, 2, 3, 4)),
        {"rows": 3, "versions": 4},
    ]
    assert lines == [canonical(json.loads(one)) for one in lines]
