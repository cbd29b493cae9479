"""How a file is erased, step by step: its rows say nothing, then its key goes, then it is shut."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, insert, select
from sqlalchemy.dialects import postgresql

from app.casework.notes.models import Note
from app.core.db import Base, table
from app.core.engine import UnsafeDatabase
from app.registry.cases.models import Case
from app.safeguards.access.bars import EVERYBODY, Bar
from app.safeguards.guard import erasing
from app.safeguards.guard.erasing import (
    columns_emptied,
    destroy,
    erase,
    erase_again,
    nothing,
    with_a_key,
)
from app.safeguards.guard.second_wall import BEYOND
from app.safeguards.vault.emptying import LONG_AGO
from app.safeguards.vault.models import File

AT, THEN = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
OPEN, GONE, OTHER, SOURCE = (UUID(int=n) for n in range(101, 105))


def note(number: int, file_id: UUID) -> dict[str, Any]:
    return {
        **{"id": UUID(int=number), "case_id": file_id, "case_jurisdiction": "ra", "version": 4},
        **{"record_class": "clinical", "kind": "therapy", "occurred_on": date(2026, 1, 1)},
        **{"text": b"said", "author_id": UUID(int=7), "corrects_id": None},
        **{"created_at": THEN, "updated_at": THEN, "last_event_id": UUID(int=5)},
    }


@pytest.fixture
def db() -> Iterator[Connection]:
    """Three files, of which one has no key any more, and notes on each."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine, [table(one) for one in (Note, Case, File, Bar)])
    with engine.connect() as db:
        for file_id, wrapped in ((OPEN, b"one"), (GONE, None), (OTHER, b"other")):
            row = {"id": file_id, "kind": "case", "wrapped_key": wrapped, "created_at": THEN}
            db.execute(insert(table(File)).values(row))
        for number, file_id in ((2, OPEN), (1, OPEN), (3, GONE), (4, OTHER)):
            db.execute(insert(table(Note)).values(note(number, file_id)))
        case = {"id": OPEN, "number": "n", "person_id": SOURCE, "programme": "p"}
        case |= {"jurisdiction": "ra", "unit_id": SOURCE, "phase": "intake", "version": 1}
        case |= {"lead_worker_id": SOURCE, "opened_on": THEN.date(), "created_at": THEN}
        case |= {"updated_at": THEN, "last_event_id": SOURCE, "status": "open"}
        db.execute(insert(table(Case)).values(case))
        yield db


class Writes:
    """Keeps what is written, and where the keys stood then."""

    def __init__(self, db: Connection) -> None:
        self.db, self.done, self.changes = db, list[Any](), True
        self.circumstances = SimpleNamespace(at=AT)
        self.keys = SimpleNamespace(open=lambda ids: self.done.append(("open", ids)))

    def flush(self) -> None:
        self.done.append(("flush", keys_left(self.db)))

    def change(self, *what: Any, **how: Any) -> bool:
        self.done.append((*what, how))
        return self.changes


def keys_left(db: Connection) -> set[UUID]:
    files = table(File)
    return set(db.execute(select(files.c.id).where(files.c.wrapped_key.is_not(None))).scalars())


def bars(db: Connection) -> set[Any]:
    return {tuple(row) for row in db.execute(select(table(Bar)))}


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "protected_kinds", lambda: [Note, Case])


# --- one file -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("kinds")
def test_each_row_has_a_last_version_that_says_nothing_before_the_key_goes(db: Connection) -> None:
    writes: Any = Writes(db)
    destroy(writes, [OPEN, GONE], SOURCE)
    before, opened, case, *notes, after = writes.done
    assert (before, opened) == (("flush", {OPEN, OTHER}), ("open", {OPEN}))
    assert after == ("flush", {OPEN, OTHER})
    how = {"drawn": True, "erased": True}
    for number, made in enumerate(notes, start=1):
        whole = {**note(number, OPEN), "version": 5, "updated_at": AT}
        whole |= {"kind": "", "occurred_on": LONG_AGO.date(), "text": ""}
        assert made == (Note, "clinical", whole, ["kind", "occurred_on", "text"], how)
    assert len(notes) == 2
    kind, record_class, whole, names, said = case
    assert (kind, record_class, said) == (Case, "case", how)
    assert (whole["id"], whole["version"], whole["updated_at"]) == (OPEN, 2, AT)
    assert names == sorted(one.name for one in columns_emptied(Case))
    assert (whole["phase"], whole["number"], whole["programme"]) == ("", str(OPEN), "p")
    assert keys_left(db) == {OTHER}
    assert bars(db) == {(OPEN, EVERYBODY, SOURCE), (GONE, EVERYBODY, SOURCE)}


@pytest.mark.usefixtures("kinds")
def test_what_is_shut_for_the_same_reason_is_not_shut_twice(db: Connection) -> None:
    for file_id, source in ((GONE, SOURCE), (OPEN, OTHER)):
        row = {"file_id": file_id, "user_id": EVERYBODY, "source_id": source}
        db.execute(insert(table(Bar)).values(row))
    writes: Any = Writes(db)
    destroy(writes, [GONE], SOURCE)
    assert bars(db) == {(GONE, EVERYBODY, SOURCE), (OPEN, EVERYBODY, OTHER)}
    assert [one[0] for one in writes.done] == ["flush", "open", "flush"]
    destroy(writes, [OPEN], SOURCE)
    assert (OPEN, EVERYBODY, SOURCE) in bars(db)


@pytest.mark.usefixtures("kinds")
def test_a_row_that_changes_meanwhile_stops_it(db: Connection) -> None:
    writes: Any = Writes(db)
    writes.changes = False
    with pytest.raises(RuntimeError):
        destroy(writes, [OPEN], SOURCE)
    assert keys_left(db) == {OPEN, OTHER}


def test_rows_are_held_until_the_commit_in_one_order(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, execute = list[Any](), db.execute
    writes: Any = Writes(db)

    def watched(statement: Any, *more: Any) -> Any:
        asked.append(str(statement.compile(dialect=postgresql.dialect())))  # type: ignore[no-untyped-call]
        return execute(statement, *more)

    monkeypatch.setattr(erasing, "protected_kinds", lambda: [Note])
    writes.db = SimpleNamespace(execute=watched)
    monkeypatch.setattr(writes, "flush", lambda: None)
    destroy(writes, [OPEN], SOURCE)
    (held,) = (one for one in asked if "FROM notes" in one)
    assert held.endswith("ORDER BY notes.id FOR UPDATE")


def test_what_says_nothing_is_of_no_structure_and_of_nothing_that_is_repeated() -> None:
    assert {one.name for one in columns_emptied(Note)} == {"kind", "occurred_on", "text"}
    empty = nothing(Case, UUID(int=1))
    assert empty.keys() == {one.name for one in columns_emptied(Case)}
    assert (empty["number"], empty["phase"], empty["closed_on"]) == (str(UUID(int=1)), "", None)


def test_erased_files_have_no_key(db: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    for some in (1, 2, 500):
        monkeypatch.setattr(erasing, "SOME", some)
        assert with_a_key(db, {OPEN, GONE, OTHER, SOURCE}) == {OPEN, OTHER}
        assert with_a_key(db, [GONE]) == set()
        assert with_a_key(db, []) == set()


# --- a decision, and what an old copy brings back -------------------------------------------------


class Ledger:
    def __init__(self, *listed: UUID) -> None:
        self.listed, self.added = set(listed), list[Any]()

    def read(self) -> set[UUID]:
        return self.listed

    def add(self, files: Any, at: datetime) -> None:
        self.added.append((set(files), at))


def test_what_is_decided_is_done_in_every_jurisdiction_and_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done, ledger = list[Any](), Ledger()

    @contextmanager
    def beyond_walls() -> Iterator[None]:
        done.append("beyond")
        yield
        done.append("behind")

    monkeypatch.setattr(erasing, "destroy", lambda *of: done.append(of))
    vault = SimpleNamespace(ledger=ledger)
    writes = SimpleNamespace(flush=lambda last: done.append((last, [*ledger.added])))
    work: Any = SimpleNamespace(beyond_walls=beyond_walls, _writes=writes, _vault=vault, at=AT)
    erase(work, [OPEN], SOURCE)
    assert done == ["beyond", (writes, [OPEN], SOURCE), "behind", (True, [])]
    assert ledger.added == [({OPEN}, AT)]


class House:
    """With a list, and what was done before it is served."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, db: Connection, *listed: UUID) -> None:
        self.engine, self.db, self.done = "engine", db, list[Any]()
        self.vault = SimpleNamespace(ledger=Ledger(*listed), vouching=b"k" * 32)
        for name in ("transaction", "on_record", "destroy", "Writes", "FileKeys"):
            monkeypatch.setattr(erasing, name, getattr(self, name.lower()))
        monkeypatch.setattr(erasing, "now", lambda: AT)

    @contextmanager
    def transaction(self, *of: Any) -> Iterator[Connection]:
        assert of == ("engine", BEYOND)
        yield self.db
        self.done.append("commit")

    def filekeys(self, *of: Any) -> str:
        assert of == (self.db, self.vault)
        return "keys"

    def writes(self, db: Any, keys: Any, made: Any) -> Any:
        assert (db, keys) == (self.db, "keys")
        self.made = made
        return SimpleNamespace(flush=lambda last: self.done.append(("flush", last)), made=made)

    def destroy(self, writes: Any, files: Any, source_id: UUID) -> None:
        self.done.append((writes.made, files, source_id))

    def on_record(self, of: Any, made: Any) -> None:
        assert of is self
        self.done.append(made)


def test_what_an_old_copy_brings_back_is_erased_again(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    house: Any = House(monkeypatch, db, OPEN, GONE)
    assert erase_again(house) == 1
    made = house.made
    assert house.done == [(made, {OPEN}, EVERYBODY), ("flush", True), "commit", made]
    assert (made.caller, made.action, made.route) == (None, "erasure.repeat", "start")
    assert (made.at, made.vouching, type(made.request_id)) == (AT, b"k" * 32, UUID)
    assert house.vault.ledger.added == []


def test_what_the_list_lacks_is_put_into_it(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    house: Any = House(monkeypatch, db)
    asked = list[tuple[Any, bytes, UUID]]()

    def was_erased(*of: Any) -> bool:
        asked.append(of)
        return len(asked) > 1

    monkeypatch.setattr(erasing, "was_erased", was_erased)
    with pytest.raises(UnsafeDatabase, match=f"gone that nobody decided to erase: {GONE}\\."):
        erase_again(house)
    assert house.vault.ledger.added == []
    assert asked == [(db, b"k" * 32, GONE)]
    house.done.clear()
    assert erase_again(house) == 0
    commit, made = house.done
    assert (commit, made.made) == ("commit", [])
    assert house.vault.ledger.added == [({GONE}, AT)]
