"""Looking on, with nothing behind it: what is found of the log, and how far they have come."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, insert, select
from sqlalchemy.pool import StaticPool

from app.core.db import Base, table
from app.core.installation import Fact, fact, state
from app.safeguards.audit.models import AuditEvent, AuditSubject, LogLeaf
from app.safeguards.guard import onlooking
from app.safeguards.guard.calls import Call
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.onlooking import (
    COME_TO,
    Look,
    Onlooker,
    Stretch,
    begin,
    call_of,
    look_of,
    looking_on,
    told_up_to,
)
from app.safeguards.guard.second_wall import BEYOND
from app.safeguards.identity.caller import Caller
from app.safeguards.vault.models import File

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, MILLISECOND = timedelta(minutes=1), timedelta(milliseconds=1)
FILE, OTHER, SESSION, REQUEST = (UUID(int=n) for n in range(101, 105))
ME, YOU, THEM = (UUID(int=n) for n in range(201, 204))
MARK = Permit("notice.tell")


def first_id(at: datetime) -> int:
    """The first of the ids that are made at this moment."""
    return round(at.timestamp() * 1000) << 80


def event(number: int, at: datetime = AT, by: UUID = ME, **more: Any) -> dict[str, Any]:
    """Of reading a case by its id, by somebody who has signed in."""
    caller = Caller(by, "", "coordinator", None, "ra", SESSION)
    made = Circumstances(caller, "case.read", "GET /v1/cases/{case_id}", REQUEST, at)
    row = made.event("read", id=UUID(int=first_id(at) + number), file_id=FILE)
    return {**row, **more}


@pytest.fixture
def db() -> Iterator[Connection]:
    """The trail, its place in the log, and the facts of an installation."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    kinds = (AuditEvent, AuditSubject, LogLeaf, Fact, File)
    Base.metadata.create_all(engine, [table(one) for one in kinds])
    with engine.connect() as db:
        yield db


def keep(db: Connection, *events: dict[str, Any], place: int | None = None) -> None:
    """In the trail; and in the log, from this place on."""
    for turn, one in enumerate(events):
        db.execute(insert(table(AuditEvent)).values(one))
        if place is not None:
            leaf = {"leaf_index": place + turn, "event_id": one["id"], "leaf": b""}
            db.execute(insert(table(LogLeaf)).values(leaf))


def on(db: Connection, first: int = 0, last: int = 100) -> Onlooker:
    work: Any = "work"
    return Onlooker(db, Stretch(first, last), work)


def watched(db: Connection, asked: list[str]) -> Any:
    """Runs what it is asked, and keeps its text."""

    def execute(statement: Any) -> Any:
        asked.append(" ".join(str(statement).split()))
        return db.execute(statement)

    return SimpleNamespace(execute=execute)


def numbers(looks: list[Look]) -> list[int]:
    return [one.id.int & 0xFF for one in looks]


# --- what was read --------------------------------------------------------------------------------


def test_a_stretch_has_its_readings_in_the_order_of_the_log(db: Connection) -> None:
    keep(db, *(event(number) for number in (4, 3, 2, 1)), place=6)
    keep(db, event(5))  # it has no place in the log yet
    assert numbers(on(db).looks()) == [4, 3, 2, 1]
    assert numbers(on(db, 7, 9).looks()) == [3, 2]
    assert on(db, 10, 12).looks() == []
    asked = list[str]()
    on(watched(db, asked)).looks()
    assert asked[0].endswith("ORDER BY log_leaves.leaf_index")


def test_only_what_somebody_read_who_had_signed_in_counts(db: Connection) -> None:
    keep(db, event(1), event(2, session_id=None), event(3, outcome="refused"), place=0)
    assert numbers(on(db).looks()) == [1]
    assert numbers(on(db).looks_of(ME, AT - MINUTE, AT)) == [1]
    assert on(db).busy([ME], AT - MINUTE, AT, 0) == {ME}
    assert on(db).busy([ME], AT - MINUTE, AT, 1) == set()


def test_a_reading_is_told_by_whom_of_what_and_whether_it_was_opened(db: Connection) -> None:
    one = event(1)
    two = event(2, AT + MINUTE, YOU, file_id=None, route="POST /v1/cases", role="auditor")
    keep(db, one, two, place=0)
    assert on(db).looks() == [
        Look(one["id"], AT, ME, "coordinator", FILE, True),
        Look(two["id"], AT + MINUTE, YOU, "auditor", None, False),
    ]


def test_to_read_on_the_way_to_a_write_is_not_to_open() -> None:
    told = ("GET /a", "POST /a", "GETTING", "system GET ", "command run")
    looks = [looked(route=one) for one in told]
    assert [one.opened for one in looks] == [True, False, False, False, False]


def test_a_list_that_showed_one_alone_is_told_as_such() -> None:
    alone = {"route": "GET /a", "file_id": None, "shown": 1}
    assert looked(**alone).alone is True
    for other in ({"shown": 2}, {"shown": 0}, {"shown": None}, {"file_id": FILE}):
        assert looked(**alone | other).alone is False
    assert looked(**alone | {"route": "POST /a"}).alone is False


def looked(**more: Any) -> Look:
    names = {"id": None, "created_at": AT, "actor_id": ME, "role": "auditor", "file_id": FILE}
    row: Any = SimpleNamespace(**{**names, "shown": 1, **more})
    return look_of(row)


def test_what_one_reader_was_shown_is_between_two_moments_and_before_the_end(
    db: Connection,
) -> None:
    until = AT + MINUTE
    keep(db, event(1), event(2, until), event(3, until), place=7)
    keep(db, event(4), event(5, until, YOU), event(6, until + MILLISECOND), place=3)
    keep(db, event(7, AT + MILLISECOND), place=1)
    looks = on(db, 8, 9).looks_of(ME, AT, until)
    assert sorted(numbers(looks)) == [2, 7]
    assert sorted(numbers(on(db, 8, 10).looks_of(ME, AT, until))) == [2, 3, 7]
    assert {one.by for one in looks} == {ME}


def test_an_id_may_be_five_minutes_from_the_moment_of_its_event(db: Connection) -> None:
    since, until, far = AT, AT + MINUTE, timedelta(minutes=5)
    first, last = first_id(since - far), first_id(until + far)
    ids = [UUID(int=number) for number in (first - 1, first, last, last + 1)]
    keep(db, *(event(0, until, id=one) for one in ids), place=0)
    assert {one.id.int for one in on(db).looks_of(ME, since, until)} == {first, last}


# --- who was shown much ---------------------------------------------------------------------------


def heap(number: int, by: UUID, **detail: Any) -> dict[str, Any]:
    return event(number, by=by, file_id=None, detail=detail)


def test_who_may_have_been_shown_more_than_so_many_is_busy(db: Connection) -> None:
    keep(db, heap(1, ME, shown=3), heap(2, ME), event(3, detail={"shown": 9}))
    keep(db, heap(4, YOU, shown=2), heap(5, YOU, shown=1), heap(6, THEM, shown=50))
    keep(db, heap(7, UUID(int=1)))
    among, since = [ME, YOU, UUID(int=1)], AT - MINUTE
    assert on(db).busy(among, since, AT, 2) == {ME, YOU}
    assert on(db).busy(among, since, AT, 3) == {ME}
    assert on(db).busy(among, since, AT, 4) == set()
    assert on(db).busy([*among, THEM], since, AT, 4) == {THEM}


def test_what_was_shown_before_or_after_makes_nobody_busy(db: Connection) -> None:
    until = AT + MINUTE
    keep(db, event(1), event(2, until), event(3, until + MILLISECOND))
    assert on(db).busy([ME], AT, until, 0) == {ME}
    assert on(db).busy([ME], AT, until, 1) == set()
    assert on(db).busy([ME], until, until + MINUTE, 0) == {ME}
    assert on(db).busy([ME], AT - MINUTE, until, 1) == {ME}


def test_a_list_showed_those_of_these_files_that_stand_beside_its_event(db: Connection) -> None:
    lists = [UUID(int=n) for n in (10, 12, 14)]
    pairs = ((10, FILE), (10, OTHER), (11, FILE), (12, OTHER), (9, FILE), (14, FILE), (15, FILE))
    for number, file in pairs:
        db.execute(
            insert(table(AuditSubject)).values({"event_id": UUID(int=number), "file_id": file})
        )
    files = table(File)
    row = {"id": FILE, "kind": "case", "wrapped_key": b"", "created_at": AT}
    db.execute(insert(files).values(row))
    among = select(files.c.id)
    assert on(db).shown(lists, among) == {
        UUID(int=10): {FILE},
        UUID(int=12): set(),
        UUID(int=14): {FILE},
    }
    assert on(db).shown(lists[:1], among) == {UUID(int=10): {FILE}}
    asked = list[str]()
    on(watched(db, asked)).shown(lists, among)
    assert "WHERE audit_subjects.event_id BETWEEN" in asked[0]  # else all of each file is read
    nothing: Any = None
    assert on(nothing).shown([], among) == {}


# --- how far they have come -----------------------------------------------------------------------


class House:
    """Its engine is one connection; keeps what is begun, and what goes into the second record."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, db: Connection) -> None:
        self.engine, self.db, self.done = "engine", db, list[Any]()
        self.head: Any = None
        self.written = 0
        for name in ("transaction", "reading", "on_record", "unit", "head_of"):
            monkeypatch.setattr(onlooking, name, getattr(self, name))
        monkeypatch.setattr(onlooking, "now", lambda: AT)

    @contextmanager
    def transaction(self, *of: Any) -> Iterator[Connection]:
        self.done.append(("begun", *of))
        yield self.db
        self.done.append("committed")

    @contextmanager
    def reading(self, *of: Any) -> Iterator[Connection]:
        assert of == ("engine", BEYOND)
        yield self.db

    def head_of(self, db: Connection) -> Any:
        assert db is self.db
        return self.head

    def unit(self, house: Any, db: Any, mark: Any, call: Call, *more: Any) -> Any:
        assert (house, db, mark, more) == (self, self.db, MARK, ("caller", AT))
        assert call.route == "system notice.tell"
        writes = SimpleNamespace(written=self.written)
        settled = lambda shown: self.done.append(("settled", shown))  # noqa: E731
        return SimpleNamespace(_writes=writes, _settle=settled, _circumstances="made")

    def on_record(self, *made: Any) -> None:
        assert made[0] is self
        self.done.append(("on record", *made[1:]))


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, db: Connection) -> Any:
    return House(monkeypatch, db)


CALLER: Any = "caller"


@pytest.mark.parametrize(("head", "place"), [(None, "0"), (SimpleNamespace(size=7), "7")])
def test_it_begins_at_the_end_of_the_log_and_once(house: Any, head: Any, place: str) -> None:
    house.head = head
    begin(house)
    assert fact(house.db, COME_TO) == place
    house.head = SimpleNamespace(size=9)
    begin(house)
    assert fact(house.db, COME_TO) == place
    assert house.done == [("begun", "engine"), "committed"] * 2
    assert COME_TO == "readings_told_of"  # where databases have it


def test_of_two_who_begin_at_once_the_first_counts(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    state(house.db, COME_TO, "3")

    def not_there_yet(*asked: Any) -> None:
        assert asked == (house.db, COME_TO)

    monkeypatch.setattr(onlooking, "fact", not_there_yet)
    begin(house)
    assert fact(house.db, COME_TO) == "3"


def stretch_of(house: Any, most: int) -> Stretch | None:
    with looking_on(house, CALLER, MARK, most) as found:
        if found is None:
            return None
        assert found.db is house.db
        work: Any = found.work
        assert work._circumstances == "made"
        return found.stretch


def test_who_looks_on_is_given_what_was_not_judged_yet_and_so_much(house: Any) -> None:
    house.head = SimpleNamespace(size=10)
    assert stretch_of(house, 3) is None  # nobody has begun
    state(house.db, COME_TO, "6")
    assert stretch_of(house, 3) == Stretch(6, 9)
    assert stretch_of(house, 4) == stretch_of(house, 5) == Stretch(6, 10)
    house.head = SimpleNamespace(size=7)
    assert stretch_of(house, 3) == Stretch(6, 7)
    for head in (SimpleNamespace(size=6), SimpleNamespace(size=5), None):
        house.head = head
        assert stretch_of(house, 3) is None


@pytest.mark.parametrize("written", [0, 2])
def test_what_is_told_moves_the_place_and_is_on_record_once_committed(
    house: Any, written: int
) -> None:
    house.written = written
    state(house.db, COME_TO, "6")
    with told_up_to(house, CALLER, MARK, Stretch(6, 9)) as work:
        assert fact(house.db, COME_TO) == "9"
        house.done.append(work._circumstances)
    settled = [("settled", None)] if written else []
    begun, ended = ("begun", "engine", BEYOND), ("on record", "made")
    assert house.done == [begun, "made", *settled, "committed", ended]


def test_where_others_were_faster_there_is_nothing_to_tell(house: Any) -> None:
    state(house.db, COME_TO, "7")
    with told_up_to(house, CALLER, MARK, Stretch(6, 9)) as work:
        assert work is None
    assert fact(house.db, COME_TO) == "7"
    assert house.done == [("begun", "engine", BEYOND), "committed"]


def test_nobody_called_and_no_door_is_asked() -> None:
    call = call_of(MARK)
    assert isinstance(call.request_id, UUID)
    assert call == Call(b"", "SYSTEM", "", "system notice.tell", call.request_id)
    assert call_of(MARK).request_id != call.request_id
