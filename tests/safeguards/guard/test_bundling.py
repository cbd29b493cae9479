"""A bundle by itself: how its parts follow each other, and what it tells of each event."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Boolean, Integer, literal_column

from app.casework.notes.models import Note
from app.core.db import Identifier
from app.core.errors import Conflict, NotFound
from app.core.values import canonical, new_id
from app.insight.schemas import BundleOut
from app.registry.cases.models import Case
from app.registry.cases.on_case import OnCase
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.chain import LOGGED, entry, leaf, log_leaf
from app.safeguards.audit.committing import SALT, hashes, spelled, taken
from app.safeguards.audit.forms import written_bytes
from app.safeguards.guard import bundling
from app.safeguards.guard.bundling import Bundling, Place, items_after
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.columns import columns_shown
from app.safeguards.guard.past import EVENTS
from app.safeguards.guard.shown import Shown
from app.safeguards.guard.writing import revision_place
from app.safeguards.vault.sealing import seal
from tests.safeguards.audit.logs import Log
from tests.safeguards.guard.test_ground import AT, FILE, OTHER, working
from tests.safeguards.guard.test_trail import evidenced

MARK = OnCase("event.read")


class Database:
    """Nothing is asked of it."""

    engine = "engine"


DB: Any = Database()


def bundling_as(role: str = "auditor", db: Any = DB) -> Bundling:
    return evidenced(working(MARK, role, method="GET"), db)


# --- where it begins ------------------------------------------------------------------------------


def test_a_bundle_is_of_the_log_as_it_is_given_away(monkeypatch: pytest.MonkeyPatch) -> None:
    head: dict[Any, Any] = {DB: SimpleNamespace(given_away=lambda: (7, "a note"))}
    work, begun = bundling_as(), list[Any]()
    monkeypatch.setattr(bundling, "head_of", head.__getitem__)

    def part(*given: Any) -> str:
        begun.append(given)
        return "part"

    monkeypatch.setattr(work, "_part", part)
    work._shown = {"version": 1}
    told: Any = work.bundle(BundleOut)
    assert told == "part"
    assert work._shown == {"version": 1, "record": "bundle", "count": "all"}
    ((start, place),) = begun
    assert (place.size, place.after, place.count) == (7, -1, 0)
    assert place.digest.digest() == sha256().digest()
    assert start.endswith(b',"items":[\n')
    assert json.loads(start + b"]}") == {
        **{"checkpoint": "a note", "file_id": str(FILE), "made_at": "2026-03-01T23:59:00.000000Z"},
        **{"made_for": str(work.actor.id), "policy": POLICY.digest, "items": []},
    }
    head[DB] = None
    with pytest.raises(Conflict) as refused:
        work.bundle(BundleOut)
    assert refused.value.code == "not-logged-yet"


# --- its parts ------------------------------------------------------------------------------------


class Parts:
    """A bundle of so many events, two in a part; an event is its place in the log."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, events: int) -> None:
        self.work, self.asked = bundling_as(), list[Place]()
        self.rows = [{"leaf_index": 10 * n} for n in range(events)]
        monkeypatch.setattr(bundling, "PART", 2)
        monkeypatch.setattr(bundling, "Sighting", self.sighting)
        monkeypatch.setattr(bundling, "items_after", self.items_after)
        self.read = list[Any]()
        monkeypatch.setattr(bundling, "reader", {DB: self.tile}.__getitem__)
        for name in ("_events_within", "_execute", "_item"):
            monkeypatch.setattr(Bundling, name, getattr(self, name[1:]))

    def sighting(self, scope: Any, file_id: Any, caller: Any, when: Any) -> Any:
        assert (scope, caller, when) == (Case, self.work.actor, self.work._when)
        assert (file_id.value, type(file_id.type)) == (FILE, Identifier)
        return SimpleNamespace(told={EVENTS: "told"}.__getitem__)

    def events_within(self, grants: Any) -> str:
        assert grants == POLICY.grants("auditor", "event.read")
        return "whole"

    def items_after(self, place: Place, *given: Any) -> list[Any]:
        assert given == (FILE, "whole", "told")
        self.asked.append(place)
        return [row for row in self.rows if row["leaf_index"] > place.after][:3]

    def execute(self, found: Any) -> Any:
        return SimpleNamespace(mappings=lambda: found)

    def tile(self, level: int, index: int) -> str:
        self.read.append((level, index))
        return "tile"

    def item(self, row: Any, read: Any, size: int) -> Any:
        """Each proof asks for the same tile, which a part has to read once."""
        assert (read(1, 2), size) == ("tile", 99)
        return row


def whole(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The parts as they follow each other."""
    work = parts.work

    def resumed(db: Any, place: Place) -> Shown[Any]:
        assert db is DB
        return work._part(b"", place)

    monkeypatch.setattr(work, "_resumed", resumed)
    told = [work._part(b'{"items":[\n', Place(99, sha256()))]
    while told[-1].rest:
        told.append(told[-1].rest(DB))
    return [one.body for one in told]


@pytest.mark.parametrize(("events", "parts"), [(0, 1), (1, 1), (2, 1), (3, 2), (4, 2), (5, 3)])
def test_parts_follow_each_other_and_the_last_line_is_over_all_before(
    monkeypatch: pytest.MonkeyPatch, events: int, parts: int
) -> None:
    made = Parts(monkeypatch, events)
    bodies = whole(made, monkeypatch)
    assert len(made.read) == (events + 1) // 2
    assert len(bodies) == parts
    text = b"".join(bodies)
    before, _, end = text.rpartition(b"\n")
    assert json.loads(text) == {
        "items": made.rows,
        "events": events,
        "sha256": sha256(before + b"\n").hexdigest(),
    }
    assert end.startswith(b"],")
    assert len(before.split(b"\n")) == 1 + max(events, 1)
    assert [one.after for one in made.asked] == [-1, 10, 30][:parts]
    assert [one.count for one in made.asked] == [0, 2, 4][:parts]
    assert {one.size for one in made.asked} == {99}


def test_a_part_that_is_asked_for_twice_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Parts(monkeypatch, 3)
    monkeypatch.setattr(made.work, "_resumed", lambda _, place: made.work._part(b"", place))
    first = made.work._part(b"x", Place(99, sha256()))
    assert first.rest is not None
    assert first.rest(DB).body == first.rest(DB).body


# --- who may have the next ------------------------------------------------------------------------


class Resumed:
    """Stands for the transaction of the next part, and for who is found by the token then."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.work, self.mine, self.done = bundling_as(), object(), list[Any]()
        self.work._asked.token = b"token"
        self.found: Any = self.work.actor
        self.later = AT + timedelta(hours=1)
        monkeypatch.setattr(bundling, "now", lambda: self.later)
        monkeypatch.setattr(bundling, "wall_of", {self.work.actor: "wall"}.__getitem__)
        monkeypatch.setattr(bundling, "transaction", self.transaction)
        monkeypatch.setattr(bundling, "authenticate", self.authenticate)
        monkeypatch.setattr(Bundling, "_open", lambda again: self.done.append(("opened", again)))
        monkeypatch.setattr(Bundling, "_part", self.part)

    @contextmanager
    def transaction(self, engine: Any, wall: Any) -> Iterator[Any]:
        assert (engine, wall) == ("engine", "wall")
        yield self.mine

    def authenticate(self, db: Any, token: bytes, at: Any, key: bytes) -> Any:
        assert (db, token, at) == (self.mine, b"token", self.later)
        assert key is self.work._vault.admitting
        return self.found

    def part(self, *given: Any) -> str:
        self.done.append(given)
        return "part"


@pytest.fixture
def resumed(monkeypatch: pytest.MonkeyPatch) -> Resumed:
    return Resumed(monkeypatch)


def test_the_next_part_is_told_as_of_its_own_moment_behind_its_own_door(resumed: Resumed) -> None:
    place, work = Place(7, sha256()), resumed.work
    told: Any = work._resumed(DB, place)
    assert told == "part"
    (_, again), part = resumed.done
    assert isinstance(again, Bundling)
    assert again is not work
    assert (again._db, again._vault) == (resumed.mine, work._vault)
    assert (again._mark, again._asked) == (work._mark, work._asked)
    assert again._circumstances == replace(work._circumstances, at=resumed.later)
    assert part == (b"", place)


def test_who_is_not_who_they_were_has_no_next_part(resumed: Resumed) -> None:
    resumed.found = replace(resumed.work.actor, role="supervisor")
    with pytest.raises(NotFound):
        resumed.work._resumed(DB, Place(7, sha256()))
    assert resumed.done == []


# --- an event -------------------------------------------------------------------------------------

LEAVES = [bytes([n]) * 32 for n in range(5)]
EVENT = Circumstances(None, "note.add", "r", UUID(int=5), AT).event("written", seq=3, hash=b"h")
PLACED = {"leaf_index": 2, "kept": None, "evident": True, "told": 2}


def item(monkeypatch: pytest.MonkeyPatch, **more: Any) -> dict[str, Any]:
    log, work = Log(LEAVES), bundling_as()
    row = {**{name: EVENT[name] for name in LOGGED}, "chain": "case", **PLACED, **more}

    def version_of(of: Any, kept: bytes) -> Any:
        assert of is row
        return {"version": kept}

    monkeypatch.setattr(work, "_version_of", version_of)
    made = work._item(row, log.read, log.size)
    assert made.pop("index") == 2
    assert made.pop("proof")[0] == written_bytes(LEAVES[3])
    return {**made, "row": row}


def test_an_event_is_told_as_the_log_has_it_with_the_version_that_it_wrote(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = {"redacted": "missing"}  # nothing of ours takes a version away
    for outcome, kept, beside in (
        ("read", None, {}),
        ("written", None, missing),
        ("written", b"", {"version": b""}),
        ("written", b"k", {"version": b"k"}),
    ):
        told = item(monkeypatch, kept=kept, outcome=outcome)
        event = json.loads(entry(told.pop("row")))
        assert told == {"event": event, **beside}


def test_an_event_that_is_not_evident_is_its_place_and_hashes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = item(monkeypatch, evident=False, kept=b"k")
    row = told.pop("row")
    closed = {"chain": "case", "seq": 3, "hash": b"h", "reason": "closed"}
    assert told == {"withheld": {**closed, "leaf": leaf(row), "log_leaf": log_leaf(row)}}


def test_the_proof_of_an_event_is_of_the_log_of_that_size(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[Any]()

    def inclusion(*given: Any) -> list[bytes]:
        asked.append(given)
        return [b"one", b"two"]

    monkeypatch.setattr(bundling, "inclusion", inclusion)
    read: Any = "read"
    told = bundling_as()._item({**EVENT, **PLACED}, read, 5)
    assert asked == [("read", 2, 5)]
    assert (told["index"], told["proof"]) == (2, [written_bytes(b"one"), written_bytes(b"two")])


# --- a version ------------------------------------------------------------------------------------

RECORD, KEY = new_id(), b"f" * 32
THEN = {"id": "i", "kind": "legal", "text": "said", "author_id": "a", "last_event_id": "e"}
BRIEF = ["id", "kind"]


def version(role: str = "auditor", **more: Any) -> dict[str, Any]:
    work = bundling_as(role)
    work._keys = SimpleNamespace(of={FILE: KEY}.__getitem__)  # type: ignore[assignment]
    kept = seal(KEY, canonical(THEN), revision_place(RECORD, 2))
    row = {"record": "note", "record_id": RECORD, "record_version": 2, "told": 2, **more}
    return work._version_of(row, kept)


def test_a_version_is_told_in_the_fields_that_are_shown_each_with_what_opens_it() -> None:
    seen = sorted(THEN.keys() & columns_shown(Note, POLICY.in_columns("auditor")))
    for told_as, names in ((2, seen), (1, BRIEF)):
        told = version(told=told_as)
        assert told.keys() == {"version", "redacted"}
        assert told["redacted"] == "fields"
        fields, every = told["version"]["fields"], told["version"]["hashes"]
        assert [one["name"] for one in fields] == names
        for one in fields:
            name, value = one["name"], one["value"]
            assert value == THEN[name]
            assert one["place"] == sorted(THEN).index(name)
            assert len(one["salt"]) == SALT
            assert hashes([one["salt"]], spelled({name: value})) == [every[one["place"]]]
        whole = sha256(b"\2" + b"".join(every)).hexdigest()
        assert whole == taken(KEY, RECORD, 2, THEN).commitment


def test_a_version_of_which_all_is_told_is_not_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundling, "columns_shown", lambda *_: frozenset(THEN))
    told = version()
    assert told.keys() == {"version"}
    assert len(told["version"]["fields"]) == len(THEN)


def test_of_a_class_or_kind_that_is_not_told_no_field_is() -> None:
    for more in ({"told": None}, {"told": 0}, {"record": "gone"}):
        assert version(**more) == {"redacted": "class"}


def test_a_version_is_told_without_the_columns_that_its_reader_may_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[Any]()

    def columns(*given: Any) -> frozenset[str]:
        asked.append(given)
        return frozenset()

    monkeypatch.setattr(bundling, "columns_shown", columns)
    monkeypatch.setattr(bundling, "columns_in_summary", columns)
    version("prosecutor")
    version("prosecutor", told=1)
    assert asked == [(Note, POLICY.in_columns("prosecutor")), (Note, "prosecutor")]


# --- the statement --------------------------------------------------------------------------------


def test_events_about_the_file_are_read_in_the_order_of_the_log_each_with_its_revision() -> None:
    evident: Any = literal_column("open", Boolean())
    told: Any = literal_column("level", Integer())
    made = items_after(Place(7, None, after=3), OTHER, evident, told)
    columns = ", ".join(f"audit_events.{name}" for name in LOGGED)
    assert " ".join(str(made).split()) == (
        f"SELECT {columns}, log_leaves.leaf_index, open AS evident, level AS told,"
        " revisions.snapshot AS kept FROM audit_events"
        " JOIN log_leaves ON log_leaves.event_id = audit_events.id"
        " LEFT OUTER JOIN revisions ON revisions.record_id = audit_events.record_id"
        " AND revisions.version = audit_events.record_version"
        " AND revisions.event_id = audit_events.id"
        " WHERE log_leaves.about_id = :about_id_1 AND log_leaves.leaf_index > :leaf_index_1"
        " AND log_leaves.leaf_index < :leaf_index_2"
        " ORDER BY log_leaves.leaf_index LIMIT :param_1"
    )
    assert made.compile().params == {
        **{"about_id_1": OTHER, "leaf_index_1": 3, "leaf_index_2": 7, "param_1": 101}
    }
