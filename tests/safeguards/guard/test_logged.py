"""The verbs that read the signed log: what they tell of its head, and of one event in it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, false, insert, true

from app.core.db import Base, table
from app.core.errors import Conflict, NotFound
from app.core.values import new_id
from app.insight.schemas import CheckpointOut, ProofOut
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.chain import entry
from app.safeguards.audit.forms import written_bytes
from app.safeguards.audit.merkle import EMPTY
from app.safeguards.audit.models import AuditEvent
from app.safeguards.audit.proofs import read_proof
from app.safeguards.audit.stored_log import Head
from app.safeguards.guard import logged
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.logged import Logged
from app.safeguards.guard.mark import Permit
from tests.safeguards.audit.logs import Log
from tests.safeguards.guard.test_ground import AT, working
from tests.safeguards.guard.test_trail import evidenced

ROOT = b"r" * 32
LEAVES = [bytes([n]) * 32 for n in range(5)]
EVENT = UUID(int=3)


def reading(db: Any, role: str = "auditor") -> Logged:
    return evidenced(working(Permit("event.read"), role, None, "GET"), db)


# --- the head -------------------------------------------------------------------------------------


def checkpoint(monkeypatch: pytest.MonkeyPatch, head: Head | None) -> tuple[dict[str, Any], Any]:
    """What is told, and what the event says of it."""
    db: Any = object()
    monkeypatch.setattr(logged, "head_of", {db: head}.__getitem__)
    monkeypatch.setattr(logged, "published_keys", {db: ["key"]}.__getitem__)
    work = reading(db)
    work._shown = {"version": 1}
    return json.loads(work.checkpoint(CheckpointOut).body), work._shown


def test_before_anything_is_signed_the_log_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = {"size": 0, "root": written_bytes(EMPTY), "keys": ["key"]}
    untold = dict.fromkeys(("origin", "signed_at", "note", "witnessed"))
    for head, count in ((None, 0), (Head(7, ROOT, "log\n7\n", None, "w"), 7)):
        told, shown = checkpoint(monkeypatch, head)
        assert told == {**nothing, **untold}
        assert shown == {"version": 1, "record": "log", "count": count}


def test_the_head_is_told_as_it_was_signed_last(monkeypatch: pytest.MonkeyPatch) -> None:
    when = datetime(2026, 3, 1, tzinfo=UTC)
    told, shown = checkpoint(monkeypatch, Head(7, ROOT, "log\n7\nx\n", when, "by others"))
    assert told == {
        **{"origin": "log", "size": 7, "root": written_bytes(ROOT), "note": "log\n7\nx\n"},
        **{"signed_at": "2026-03-01T00:00:00.000000Z", "witnessed": "by others", "keys": ["key"]},
    }
    assert shown == {"version": 1, "record": "log", "count": 7}


# --- one event ------------------------------------------------------------------------------------


@pytest.fixture
def db() -> Iterator[Connection]:
    """Of events alone, three of them."""
    engine, told = create_engine("sqlite://"), Circumstances(None, "a", "r", new_id(), AT)
    Base.metadata.create_all(engine, [table(AuditEvent)])
    with engine.connect() as db:
        for number in range(2, 5):
            row = told.event("read", code=str(number)) | {"id": UUID(int=number)}
            db.execute(insert(table(AuditEvent)).values(row))
        yield db


class Kept:
    """Stands for the log: what it has of the event, and how far it was signed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, db: Connection) -> None:
        self.log, self.places = Log(LEAVES), {EVENT: 2}
        later = self.log.note().written().decode()
        self.head: Head | None = Head(5, self.log.root, later, AT)
        self.given: tuple[int, str] = 5, later
        self.opened: Any = true()

        def within(work: Any, grants: Any, brief: bool = False) -> Any:
            assert (grants, brief) == (POLICY.grants(work.actor.role, "event.read"), False)
            return self.opened

        def index_of(of: Any, event_id: UUID) -> int | None:
            assert of is db
            return self.places.get(event_id)

        monkeypatch.setattr(Logged, "_events_within", within)
        monkeypatch.setattr(logged, "index_of", index_of)
        monkeypatch.setattr(logged, "head_of", lambda of: {db: self.head}[of])
        monkeypatch.setattr(logged, "reader", {db: self.log.read}.__getitem__)
        monkeypatch.setattr(Head, "given_away", lambda _: self.given)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, db: Connection) -> Kept:
    return Kept(monkeypatch, db)


def test_a_proof_shows_that_the_event_is_in_the_log_as_given_away(
    db: Connection, kept: Kept
) -> None:
    shorter = Log(LEAVES[:4])
    kept.log.tiles |= shorter.tiles
    for log in (kept.log, shorter):
        note = log.note().written()
        kept.given = log.size, note.decode()
        work = reading(db)
        work._shown = {"version": 1}
        told = json.loads(work.proof(ProofOut, EVENT).body)
        assert work._shown == {"version": 1, "record": "event", "record_id": EVENT, "count": 1}
        proof = read_proof(told.pop("proof").encode())
        assert proof.holds(LEAVES[2])
        assert (proof.index, proof.note.written()) == (2, note)
        said = told.pop("entry")
        assert (said["id"], said["code"]) == (str(EVENT), "3")
        row: Any = db.execute(table(AuditEvent).select().where(table(AuditEvent).c.id == EVENT))
        assert said == json.loads(entry(dict(row.one()._mapping)))
        assert told == {"event_id": str(EVENT), "index": 2, "size": log.size}


def test_what_is_newer_than_what_witnesses_signed_is_shown_by_the_head(
    db: Connection, kept: Kept
) -> None:
    shorter = Log(LEAVES[:2])
    kept.given = 2, shorter.note().written().decode()
    told = json.loads(reading(db).proof(ProofOut, EVENT).body)
    assert (told["index"], told["size"]) == (2, 5)
    assert read_proof(told["proof"].encode()).holds(LEAVES[2])


def test_what_is_on_its_way_into_the_log_is_to_be_asked_for_again(
    db: Connection, kept: Kept
) -> None:
    head = kept.head
    for places, there in (({}, head), ({EVENT: 2}, None)):
        kept.places, kept.head = places, there
        with pytest.raises(Conflict) as refused:
            reading(db).proof(ProofOut, EVENT)
        assert refused.value.code == "not-logged-yet"
        assert refused.value.headers == {"Retry-After": "1"}


def test_of_an_event_that_is_not_told_whole_there_is_no_proof(db: Connection, kept: Kept) -> None:
    with pytest.raises(NotFound):
        reading(db).proof(ProofOut, UUID(int=9))
    kept.opened = false()
    work = reading(db)
    with pytest.raises(NotFound):
        work.proof(ProofOut, EVENT)
    assert work._shown == {}
