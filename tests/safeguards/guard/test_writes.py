"""What a unit of work collects before it is written: rows, revisions, events, keys and places."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.casework.notes.models import Note
from app.core.db import table
from app.core.values import new_id
from app.registry.cases.models import Case
from app.registry.people.models import Person
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.chain import commitment, snapshot
from app.safeguards.audit.models import AuditEvent, AuditSubject, Revision
from app.safeguards.guard.writing import (
    Circumstances,
    FileKeys,
    Writes,
    head,
    open_revision,
    sealed_columns,
    shown,
    table_order,
)
from app.safeguards.identity.caller import Caller
from app.safeguards.outbox.models import Message
from app.safeguards.vault.keys import Unopened, Vault
from app.safeguards.vault.models import File
from app.safeguards.vault.sealed import open_value

AT = datetime(2026, 3, 1, tzinfo=UTC)
CALLER = Caller(new_id(), "name", "social_worker", None, "ra", new_id())
FILE, RECORD = new_id(), new_id()
VAULT = Vault(b"w" * 32, b"i" * 32, b"c" * 32, b"a" * 32, "key")


def writing(caller: Caller | None = CALLER) -> Writes:
    """Of which nothing is written: there is no database behind it."""
    nowhere: Any = None
    circumstances = Circumstances(caller, "note.add", "POST /route", new_id(), AT)
    return Writes(nowhere, FileKeys(nowhere, VAULT), circumstances)


def test_an_event_names_who_did_what_by_which_policy() -> None:
    writes = writing()
    event = writes.circumstances.event("written", code="done", detail={"a": 1})
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
        "code": "done",
        "detail": {"a": 1},
        **dict.fromkeys(("file_id", "asked_id", "record_class", "record", "record_id")),
        **dict.fromkeys(("record_version", "chain", "seq", "hash")),
    }
    assert {"id", *event} == set(table(AuditEvent).c.keys())
    nobody = writing(None).circumstances.event("refused")
    assert (nobody["actor_id"], nobody["role"], nobody["session_id"]) == (None, None, None)
    assert (nobody["code"], nobody["detail"]) == (None, {})


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
    taken = snapshot(shown(values))
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
            "commitment": commitment(writes.keys.of(FILE), taken),
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
    assert open_revision(writes.keys.of(FILE), RECORD, 1, sealed) == taken
    assert "last_event_id" not in json.loads(taken)
    with pytest.raises(Unopened):
        open_revision(writes.keys.of(FILE), RECORD, 2, sealed)
    assert row["last_event_id"] == values["last_event_id"] == event["id"]
    assert writes.written == 1
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


def test_a_kind_that_opens_a_file_brings_the_file_and_its_key() -> None:
    writes = writing()
    writes.add(Person, "identity", {"id": RECORD, "version": 1})
    (file,) = writes.rows[table(File)]
    assert VAULT.open_file_key(str(RECORD), file.pop("wrapped_key")) == writes.keys.of(RECORD)
    assert file == {"id": RECORD, "kind": Person.file_kind, "created_at": AT}


def test_a_message_names_ids_and_waits_to_be_sent() -> None:
    writes = writing()
    writes.message("note.added", FILE, {"note_id": RECORD})
    (row,) = writes.rows[table(Message)]
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
