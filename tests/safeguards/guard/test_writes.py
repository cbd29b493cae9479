"""What a unit of work collects before it is written: rows, revisions, events, keys and places."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy.dialects import postgresql

from app.casework.notes.models import Note
from app.core.db import table
from app.core.lines import Line
from app.core.values import new_id
from app.registry.cases.models import Case
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.chain import GENESIS, leaf, link
from app.safeguards.audit.committing import taken
from app.safeguards.audit.models import SAID, AuditEvent, AuditSubject, ChainHead, Revision
from app.safeguards.audit.vouching import word
from app.safeguards.guard import writing as written
from app.safeguards.guard.appending import MOST
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.writing import (
    Writes,
    head,
    open_revision,
    sealed_columns,
    shown,
    table_order,
)
from app.safeguards.identity.caller import Caller
from app.safeguards.outbox.models import Message
from app.safeguards.vault.file_keys import FileKeys
from app.safeguards.vault.keys import Vault
from app.safeguards.vault.ledger import Ledger
from app.safeguards.vault.master import Ring, Source
from app.safeguards.vault.models import File
from app.safeguards.vault.sealed import open_value
from app.safeguards.vault.sealing import Unopened

AT = datetime(2026, 3, 1, tzinfo=UTC)
CALLER = Caller(new_id(), "name", "social_worker", None, "ra", new_id())
FILE, RECORD = new_id(), new_id()


class Printed:
    """A source of one master key."""

    def read(self, lost: bool = True) -> list[str]:
        return ["ab" * 32]


RING = Ring(cast(Source, Printed()), lost=False)
VAULT = Vault(RING, b"i" * 32, b"c" * 32, b"a" * 32, b"v" * 32, b"t" * 32, Ledger(Path("nowhere")))


def writing(caller: Caller | None = CALLER) -> Writes:
    """Of which nothing is written: there is no database behind it."""
    nowhere: Any = None
    circumstances = Circumstances(caller, "note.add", "POST /route", new_id(), AT)
    return Writes(nowhere, FileKeys(nowhere, VAULT, wraps=RING.newest), circumstances)


def test_an_event_names_who_did_what_by_which_policy() -> None:
    writes = writing()
    event = writes.circumstances.event("written", code="done", detail={"a": 1})
    key = b"k" * 32
    vouched = replace(writes.circumstances, vouching=key).event("written", code="done")
    assert vouched["mac"] == word(key, vouched)
    assert event.pop("id") != writes.circumstances.event("written")["id"]
    assert event == {
        "created_at": AT,
        "actor_id": CALLER.id,
        "role": "social_worker",
        "session_id": CALLER.session_id,
        "action": "note.add",
        "route": "POST /route",
        "outcome": "written",
        "request_id": writes.circumstances.request_id,
        "policy": POLICY.digest[:16],
        "purpose": "care",
        "basis": "mandate",
        "relation": "team",
        "code": "done",
        "detail": {"a": 1},
        **dict.fromkeys(("file_id", "asked_id", "record_class", "record", "record_id")),
        **dict.fromkeys(("record_version", "chain", "seq", "hash", "mac")),
    }
    assert {"id", *event} == {column.name for column in SAID}
    nobody = writing(None).circumstances.event("refused")
    assert (nobody["actor_id"], nobody["role"], nobody["session_id"]) == (None, None, None)
    assert (nobody["code"], nobody["detail"]) == (None, {})
    assert (nobody["purpose"], nobody["basis"], nobody["relation"]) == (None, None, None)


def test_a_key_is_known_that_is_new_or_came_with_a_row_of_its_file() -> None:
    keys = writing().keys
    wrapped = keys.new(FILE)
    again = writing().keys
    again.know(FILE, None)
    assert again.known == {}
    again.know(FILE, wrapped)
    assert again.of(FILE) == keys.of(FILE)
    with pytest.raises(Unopened):
        again.know(RECORD, wrapped)


def noted(writes: Writes, **more: Any) -> dict[str, Any]:
    writes.keys.new(FILE)
    values = {"id": RECORD, "case_id": FILE, "version": 1, "text": "said", "kind": None}
    writes.add(Note, "clinical", values, **more)
    return values


def test_a_new_row_comes_with_its_event_and_its_revision() -> None:
    writes = writing()
    values = noted(writes)
    (event,), (revision,), (row,) = (
        writes.events,
        writes.rows[table(Revision)],
        writes.rows[table(Note)],
    )
    whole, commitment = taken(writes.keys.of(FILE), values["id"], values["version"], shown(values))
    assert shown(values).keys() == values.keys() - {"last_event_id"}
    assert event == {
        **writes.circumstances.event("written"),
        "id": event["id"],
        "file_id": FILE,
        "record_class": "clinical",
        "record": "note",
        "record_id": RECORD,
        "record_version": 1,
        "chain": "clinical",
        "detail": {
            "fields": ["case_id", "id", "text", "version"],
            "commitment": commitment,
        },
    }
    sealed = revision.pop("snapshot")
    assert revision == {
        "record_id": RECORD,
        "version": 1,
        "record": "note",
        "record_class": "clinical",
        "file_id": FILE,
        "event_id": event["id"],
        "created_at": AT,
    }
    assert open_revision(writes.keys.of(FILE), RECORD, 1, sealed) == whole
    assert "last_event_id" not in json.loads(whole)
    with pytest.raises(Unopened):
        open_revision(writes.keys.of(FILE), RECORD, 2, sealed)
    assert row["last_event_id"] == values["last_event_id"] == event["id"]
    assert (writes.written, writes.entered) == (1, None)
    assert table(File) not in writes.rows


def test_what_is_sealed_is_stored_so_and_the_rest_as_it_is() -> None:
    writes = writing()
    values = noted(writes)
    (row,) = writes.rows[table(Note)]
    (column,) = sealed_columns(Note)
    assert column.name == "text"
    assert open_value(writes.keys.of(FILE), column, RECORD, row["text"]) == "said"
    assert {**row, "text": "said"} == values
    assert values["text"] == "said"
    assert sealed_columns(Case) == ()


def test_what_a_rule_drew_says_so() -> None:
    writes = writing()
    noted(writes, drawn=True)
    assert writes.events[0]["detail"]["drawn"] is True


def test_what_follows_by_a_rule_tells_nothing_of_what_it_follows_from() -> None:
    writes = writing()
    assert writes.ruled is False
    writes.ruled = True
    noted(writes)
    (event,) = writes.events
    told = {"action": "rule", "route": "rule", "relation": None, "actor_id": CALLER.id}
    assert event.items() >= told.items()
    assert event["detail"]["drawn"] is True


def test_a_kind_that_opens_a_file_brings_the_file_and_its_key() -> None:
    writes = writing()
    writes.add(Case, "case", {"id": RECORD, "version": 1})
    (file,) = writes.rows[table(File)]
    assert VAULT.open_file_key(str(RECORD), file.pop("wrapped_key")) == writes.keys.of(RECORD)
    assert file == {"id": RECORD, "kind": Case.file_kind, "created_at": AT}


def test_a_message_names_ids_and_waits_to_be_sent() -> None:
    writes = writing()
    writes.message("note.added", FILE, {"note_id": RECORD})
    (row,) = writes.messages
    assert row.pop("id")
    assert row == {
        "created_at": AT,
        "topic": "note.added",
        "body": {"note_id": str(RECORD)},
        "file_id": FILE,
        "sent": False,
    }


def test_one_event_tells_what_was_read_and_of_which_files() -> None:
    writes = writing()
    writes.read({FILE, RECORD}, record="note")
    (event,) = writes.rows[table(AuditEvent)]
    assert (event["outcome"], event["record"]) == ("read", "note")
    assert writes.rows[table(AuditSubject)] == [
        {"event_id": event["id"], "file_id": one} for one in sorted((FILE, RECORD))
    ]
    assert (writes.written, writes.events) == (0, [])


def test_parents_are_written_before_their_children() -> None:
    order = table_order()
    for child, parent in ((Note, Case), (Case, File), (Note, AuditEvent), (Revision, AuditEvent)):
        assert order[table(child)] > order[table(parent)]


def test_the_head_of_a_chain_is_its_file_name_number_and_hash() -> None:
    told = {"file_id": FILE, "chain": "clinical", "seq": 3, "hash": b"h"}
    assert head((FILE, "clinical"), (3, b"h")) == told


# --- keys that are looked for ---------------------------------------------------------------------


class Answering:
    """Stands for the database: keeps what it is asked, and says what it is told to."""

    dialect = SimpleNamespace(name="postgresql")

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, list[Any]()

    def execute(self, statement: Any) -> Any:
        made = statement.compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
        text = re.sub(r"::[A-Z]+( WITH TIME ZONE)?", "", " ".join(str(made).split()))
        self.asked.append((text, made.params))
        return self.answer(made.params)


def key_of(name: str, wrapped: bytes) -> bytes:
    return name.encode() + wrapped


def test_keys_are_opened_that_are_not_known_yet_and_some_hundred_at_a_time() -> None:
    vault: Any = SimpleNamespace(open_file_key=key_of)
    db: Any = Answering(lambda given: [(one, b"w") for one in given["id_1"]])
    keys, files = FileKeys(db, vault), sorted(new_id() for _ in range(502))
    keys.known[files[0]] = b"known"
    keys.open(set(files))
    assert keys.known == {
        files[0]: b"known",
        **{one: key_of(str(one), b"w") for one in files[1:]},
    }
    assert [len(given["id_1"]) for _, given in db.asked] == [500, 1]
    text = "SELECT files.id, files.wrapped_key FROM files WHERE files.id IN (__[POSTCOMPILE_id_1])"
    assert {told for told, _ in db.asked} == {text}
    other = new_id()
    assert keys.of(files[0]) == b"known"
    assert keys.of(other) == key_of(str(other), b"w")
    assert [given["id_1"] for _, given in db.asked[2:]] == [[other]]


# --- the next version -----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1])
def test_a_row_is_changed_in_what_it_is_said_to_if_it_is_as_it_was(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    writes, db = writing(), Answering(lambda _: SimpleNamespace(rowcount=count))
    monkeypatch.setattr(writes, "db", db)
    monkeypatch.setattr(writes, "flush", lambda: db.asked.append("flush"))
    writes.entered = object()  # type: ignore[assignment]
    writes.keys.new(FILE)
    values = {"id": RECORD, "case_id": FILE, "version": 3, "text": "new", "kind": "k"}
    values |= {"updated_at": AT}
    assert writes.change(Note, "clinical", values, ["text"]) is bool(count)
    assert writes.entered is None
    flushed, (text, given) = db.asked
    assert flushed == "flush"
    kept = ("text", "version", "updated_at", "last_event_id")
    assert text == (
        f"UPDATE notes SET {', '.join(f'{one}=%({one})s' for one in kept)}"
        " WHERE notes.id = %(id_1)s AND notes.version = %(version_1)s"
    )
    (column,) = sealed_columns(Note)
    assert open_value(writes.keys.of(FILE), column, RECORD, given.pop("text")) == "new"
    (event,) = writes.events
    assert values["last_event_id"] == event["id"]
    assert given == {
        **{"version": 3, "updated_at": AT, "last_event_id": event["id"]},
        **{"id_1": RECORD, "version_1": 2},
    }
    assert (event["record"], event["record_class"]) == ("note", "clinical")
    assert event["detail"]["fields"] == ["text"]
    assert event["detail"].keys().isdisjoint(("drawn", "erased"))
    writes.change(Note, "clinical", values, ["text"], drawn=True)
    writes.change(Note, "clinical", values, ["text"], erased=True)
    _, drawn, erased = (one["detail"] for one in writes.events)
    assert (drawn["drawn"], erased["erased"]) == (True, True)
    assert drawn.keys() - erased.keys() == {"drawn"}


# --- all at once ----------------------------------------------------------------------------------


class Flushed:
    """Writes of which is kept how they would leave, in their order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, db: Any = None) -> None:
        self.db, self.writes = db or object(), writing()
        self.done: list[Any] = []
        monkeypatch.setattr(self.writes, "db", self.db)
        monkeypatch.setattr(Line, "commit_with_next", lambda _: self.done.append("commit"))
        for name in ("append", "insert_all", "chain"):
            monkeypatch.setattr(written, name, self.keeping(name))
        self.entered: Any = SimpleNamespace(confirm=lambda db: self.keeping("confirm")(db))

    def keeping(self, name: str) -> Any:
        def keep(db: Any, *asked: Any) -> None:
            assert db is self.db
            self.done.append((name, *(list(one) if type(one) is list else one for one in asked)))

        return keep


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> Flushed:
    return Flushed(monkeypatch)


def waiting(writes: Writes, number: int) -> list[Any]:
    """Rows of children before their parents; and these as they leave."""
    notes, cases = [{"n": n} for n in range(number - 1)], [{"c": 0}]
    writes.rows[table(Note)] += notes
    writes.rows[table(Case)] += cases
    return [(table(Case), cases[0]), *((table(Note), one) for one in notes)]


@pytest.mark.parametrize("number", [2, MOST, MOST + 1])
def test_one_event_and_few_rows_are_appended_at_once(flushed: Flushed, number: int) -> None:
    writes, event = flushed.writes, {"id": RECORD}
    writes.events, writes.entered = [event], flushed.entered
    rows = waiting(writes, number)
    writes.flush(last=True)
    at_once = ("append", event, rows, flushed.entered)
    assert (flushed.done == [at_once]) is (number <= MOST)
    assert (writes.events, dict(writes.rows), writes.entered) == ([], {}, None)
    writes.rows[table(Note)].append({})


@pytest.mark.parametrize(("files", "at_once"), [(0, True), (1, False)])
def test_events_wait_until_all_is_written(flushed: Flushed, files: int, at_once: bool) -> None:
    """For the heads of their chains, which are locked in one order and not before."""
    writes, event = flushed.writes, {"id": RECORD}
    writes.events, writes.entered = [event], flushed.entered
    if files:
        writes.rows[table(File)].append({"id": FILE})
    waiting(writes, 2)
    writes.flush()
    assert [one[0] for one in flushed.done] == ["confirm", *["insert_all"] * 3]
    assert (writes.events, dict(writes.rows), writes.entered) == ([event], {}, None)
    flushed.done.clear()
    writes.flush(last=True)
    if at_once:
        assert flushed.done == [("append", event, [], None)]
    else:
        nothing: Any = ("insert_all", table(File), [])
        given = ("insert_all", table(AuditEvent), [event])
        assert flushed.done == [nothing, ("chain", [event], {FILE}), given]
    assert writes.events == []


def test_the_last_that_is_written_on_a_line_takes_its_commit_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flushed = Flushed(monkeypatch, object.__new__(Line))
    for last, committed in ((None, False), (False, False), (True, True)):
        flushed.writes.events = [{"id": RECORD}]
        flushed.done.clear()
        flushed.writes.flush(**({} if last is None else {"last": last}))
        assert [one for one in flushed.done if one == "commit"] == ["commit"] * committed


@pytest.mark.parametrize(("events", "files"), [(2, 0), (1, 1), (2, 1), (0, 0), (0, 1)])
def test_what_does_not_fit_is_inserted_table_by_table(
    flushed: Flushed, events: int, files: int
) -> None:
    writes = flushed.writes
    writes.events = [{"id": n} for n in range(events)]
    writes.entered = flushed.entered
    waiting(writes, 2)
    made = [{"id": FILE}] * files
    if files:
        writes.rows[table(File)] += made
    told = [*writes.events]
    writes.flush(last=True)
    of_events = ("insert_all", table(AuditEvent), told)
    assert flushed.done == [
        *([("confirm",)] if events else []),
        ("insert_all", table(File), made),
        *([("chain", told, {FILE} if files else set())] if events else []),
        *sorted(
            [
                *([of_events] if events else []),
                ("insert_all", table(Case), [{"c": 0}]),
                ("insert_all", table(Note), [{"n": 0}]),
            ],
            key=lambda one: table_order()[one[1]],
        ),
    ]
    assert (writes.events, dict(writes.rows)) == ([], {})
    assert writes.entered is (None if events else flushed.entered)


def test_what_no_door_let_in_is_not_confirmed(flushed: Flushed) -> None:
    flushed.writes.events = [{"id": 1}, {"id": 2}]
    flushed.writes.flush()
    assert ("confirm",) not in flushed.done


@pytest.mark.parametrize(
    ("events", "last", "told"),
    [(0, False, False), (0, True, False), (2, False, True), (2, True, True)],
)
def test_messages_go_with_what_is_written_and_wait_for_it(
    flushed: Flushed, events: int, last: bool, told: bool
) -> None:
    writes = flushed.writes
    writes.events = [{"id": n} for n in range(events)]
    writes.message("note.added", FILE, {})
    waits = [*writes.messages]
    writes.flush(last)
    sent = [one for one in flushed.done if one[:2] == ("insert_all", table(Message))]
    assert sent == ([("insert_all", table(Message), waits)] if told else [])
    assert writes.messages == ([] if told else waits)
    writes.flush(last)
    assert len([one for one in flushed.done if one[1:] == (table(Message), waits)]) == told


# --- chains ---------------------------------------------------------------------------------------

HEADS = table(ChainHead)


def chained(
    monkeypatch: pytest.MonkeyPatch, places: Any, heads: Any = (), new: Any = ()
) -> tuple[Any, Any, Any]:
    """The events of these places, what was inserted, and what was asked."""
    events = [
        writing().circumstances.event("written", file_id=file, chain=name) for file, name in places
    ]
    inserted: list[Any] = []

    def insert_all(db: Any, *asked: Any) -> None:
        assert isinstance(db, Answering)
        inserted.append(asked)

    monkeypatch.setattr(written, "insert_all", insert_all)
    db: Any = Answering(lambda _: [SimpleNamespace(**head(*one)) for one in heads])
    written.chain(db, events, new)
    return events, inserted, db.asked


ONE, TWO = sorted((FILE, RECORD))
START = (0, GENESIS)


def test_each_event_follows_the_last_of_its_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [(TWO, "b"), (ONE, "b"), (TWO, "b"), (ONE, "a")]
    kept = [((ONE, "b"), (7, b"seven")), ((TWO, "a"), (9, b"another's"))]
    events, inserted, asked = chained(monkeypatch, places, kept)
    assert [one["seq"] for one in events] == [1, 8, 2, 1]
    hashes = [one["hash"] for one in events]
    befores = [GENESIS, b"seven", hashes[0], GENESIS]
    assert hashes == [link(*both) for both in zip(befores, map(leaf, events), strict=True)]
    first, last = inserted
    known = [(ONE, "a"), (ONE, "b"), (TWO, "b")]
    assert first == (HEADS, [head(one, START) for one in known], "left")
    lasts = {(TWO, "b"): (2, hashes[2]), (ONE, "b"): (8, hashes[1]), (ONE, "a"): (1, hashes[3])}
    assert last == (HEADS, [head(*one) for one in lasts.items()], "replaced")
    ((text, given),) = asked
    assert text == (
        "SELECT chain_heads.file_id, chain_heads.chain, chain_heads.seq, chain_heads.hash"
        " FROM chain_heads WHERE chain_heads.file_id IN (__[POSTCOMPILE_file_id_1])"
        " AND chain_heads.chain IN (__[POSTCOMPILE_chain_1])"
        " ORDER BY chain_heads.file_id, chain_heads.chain FOR NO KEY UPDATE"
    )
    assert given == {"file_id_1": [ONE, TWO], "chain_1": ["a", "b"]}


def test_of_a_new_file_no_head_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    events, inserted, asked = chained(monkeypatch, [(ONE, "a")], new={ONE})
    assert asked == []
    assert inserted == [
        (HEADS, [], "left"),
        (HEADS, [head((ONE, "a"), (1, events[0]["hash"]))], "replaced"),
    ]
    _, inserted, asked = chained(monkeypatch, [(ONE, "a"), (TWO, "a")], new={ONE})
    assert inserted[0] == (HEADS, [head((TWO, "a"), START)], "left")
    assert [given["file_id_1"] for _, given in asked] == [[TWO]]


def test_heads_are_locked_some_hundred_files_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted(new_id() for _ in range(501))
    _, _, asked = chained(monkeypatch, [(one, "a") for one in files])
    assert [given["file_id_1"] for _, given in asked] == [files[:500], files[500:]]
