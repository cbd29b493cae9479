"""What a unit of work asks the database, statement by statement, with nothing behind it."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import and_, literal, select
from sqlalchemy.dialects import postgresql

from app.casework.alerts.models import Alert
from app.casework.notes.models import Note
from app.casework.notes.schemas import NoteOut
from app.core.db import table
from app.core.errors import NotFound
from app.core.values import new_id
from app.registry.cases.models import Case
from app.registry.cases.on_case import OnCase, OnSealedCase
from app.registry.people.models import Person
from app.registry.people.schemas import PersonOut
from app.registry.people.summaries import PersonSummary
from app.safeguards.access.bars import barred
from app.safeguards.access.policy import POLICY, Reach, either
from app.safeguards.guard import ground, reaching
from app.safeguards.guard.agreed import opened
from app.safeguards.guard.appending import Entered
from app.safeguards.guard.calls import Call, unit
from app.safeguards.guard.columns import scoped
from app.safeguards.guard.door import Door, particulars, plain_names
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.protected import Sight, rule_of, visible, within
from app.safeguards.guard.summaries import WHOLE, in_sight, told_whole
from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.safeguards.guard.test_ground import ADD, AT, FILE, OTHER, Written, working
from tests.safeguards.guard.test_summaries import forget

ID = new_id()
NOTES, CASES = table(Note), table(Case)
UNSEALING = replace(ADD, past_seals=True)


class Found(list[Any]):
    def first(self) -> Any:
        return self[0] if self else None


class Asking:
    """Stands for the database: keeps what is asked of it, and finds what it is told to."""

    dialect = SimpleNamespace(name="sqlite")

    def __init__(self, *rows: dict[str, Any]) -> None:
        self.found = Found(SimpleNamespace(_mapping=row) for row in rows)
        self.asked: list[Any] = []

    def execute(self, statement: Any) -> Found:
        self.asked.append(statement)
        return self.found


def asking(work: UnitOfWork, *rows: dict[str, Any]) -> Asking:
    writes: Any = Written(0)
    db: Any = Asking(*rows)
    work._writes, work._db = writes, db
    return db  # type: ignore[no-any-return]


def spoken(statement: Any) -> str:
    return str(statement.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]


def test_what_is_asked_is_asked_after_what_was_written() -> None:
    work = working(ADD)
    db = asking(work)
    statement = select(NOTES.c.id)
    writes: Any = SimpleNamespace(flush=lambda: db.asked.append("flushed"))
    work._writes = writes
    assert work._execute(statement) is db.found
    assert db.asked == ["flushed", statement]


# --- which rows -----------------------------------------------------------------------------------


def read(work: UnitOfWork, kind: Any = Note, sealed: bool = False) -> Any:
    grants = POLICY.grants(work.actor.role, f"{kind.record}.read")
    return visible(kind, work.actor, grants, work._when, sealed=sealed)


def test_rules_see_what_the_caller_reads_of_this_file() -> None:
    work, here = working(ADD), NOTES.c.case_id == FILE
    assert work._visible(Note).compare(read(work).where(here))
    assert work._visible(Note, anywhere=True).compare(read(work))
    assert work._visible(Case).compare(read(work, Case))
    nowhere = working(Permit("note.read"))
    assert nowhere._visible(Note).compare(read(nowhere))
    unsealing = working(UNSEALING)
    assert unsealing._visible(Note).compare(read(unsealing, sealed=True).where(here))
    assert not read(work).compare(read(work, sealed=True))


def test_an_answer_sees_what_its_schema_shows_and_which_of_it_is_whole() -> None:
    work = working(ADD)
    assert in_sight(NoteOut, "social_worker") != POLICY.grants("social_worker", "note.read")
    seen = visible(Note, work.actor, in_sight(NoteOut, "social_worker"), work._when)
    whole = told_whole(Note, NOTES, work.actor, work._when).label(WHOLE)
    due = seen.add_columns(whole).where(NOTES.c.case_id == FILE)
    found = work._visible(Note, out=NoteOut)
    assert found.compare(due)
    assert WHOLE in found.selected_columns
    one = working(ADD, "psychologist")._visible(Note, out=NoteOut)
    assert WHOLE not in one.selected_columns


def test_where_a_class_is_read_and_seen_each_row_is_judged_at_this_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rights = {Reach.TEAM: "R", Reach.UNIT: "S"}
    monkeypatch.setitem(POLICY.classes["faith_counselling"], "social_worker", rights)
    forget()
    work = working(ADD)
    found = work._visible(Note, out=NoteOut).selected_columns[WHOLE]
    due = told_whole(Note, NOTES, work.actor, work._when)
    monkeypatch.undo()
    forget()
    assert "team" in str(due)
    assert found.compare(due.label(WHOLE))


def test_where_an_agreement_names_fields_each_row_says_which() -> None:
    work = working(Permit("person.read"), "partner")
    found = work._visible(Person, out=PersonOut)
    names = dict(opened(PersonOut, work.actor, work._when))
    assert names
    assert [*found.selected_columns.keys()] == [*table(Person).c.keys(), *names]
    seen = visible(Person, work.actor, in_sight(PersonSummary, "partner"), work._when)
    due = seen.add_columns(*(clause.label(name) for name, clause in names.items()))
    assert found.compare(due)


# --- one row, and all of them ---------------------------------------------------------------------


def test_one_record_is_asked_for_on_its_own_file(monkeypatch: pytest.MonkeyPatch) -> None:
    work = working(ADD)
    asked: list[Any] = []
    row = {"id": ID}

    def rows(kind: Any, statement: Any) -> list[Any]:
        asked.append((kind, statement))
        return [row, {"id": OTHER}]

    monkeypatch.setattr(work, "_rows", rows)
    grants = POLICY.grants("social_worker", "note.read")
    alone, here = read(work).where(NOTES.c.id == ID), NOTES.c.case_id == FILE
    assert work._one(Note, ID, grants) is row
    assert asked[-1][0] is Note
    assert asked[-1][1].compare(alone.where(here))
    assert "FOR UPDATE" not in spoken(asked[-1][1])
    work._one(Note, ID, grants, lock=True)
    assert spoken(asked[-1][1]).endswith(" FOR UPDATE")
    work._one(Note, ID, grants, out=NoteOut)
    assert asked[-1][1].compare(work._marked(NoteOut, read(work)).where(NOTES.c.id == ID, here))
    work._one(Case, FILE, POLICY.grants("social_worker", "case.read"))
    assert asked[-1][1].compare(read(work, Case).where(CASES.c.id == FILE))
    work._created.add(FILE)
    work._one(Note, ID, grants)
    assert asked[-1][1].compare(alone), "of a file that was made at once every row is new"
    nowhere = working(Permit("note.read"))
    monkeypatch.setattr(nowhere, "_rows", rows)
    nowhere._one(Note, ID, grants)
    assert asked[-1][1].compare(read(nowhere).where(NOTES.c.id == ID))


def test_what_is_not_found_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    work = working(ADD)
    monkeypatch.setattr(work, "_rows", lambda kind, statement: [])
    with pytest.raises(NotFound):
        work._one(Note, ID, {})


class Keys:
    def __init__(self) -> None:
        self.opened: list[set[UUID]] = []
        self.known: list[tuple[Any, Any]] = []

    def open(self, files: set[UUID]) -> None:
        self.opened.append(files)

    def of(self, file: UUID) -> str:
        return f"key of {file}"

    def know(self, file: UUID, wrapped: Any) -> None:
        self.known.append((file, wrapped))


def test_sealed_columns_are_opened_with_the_key_of_their_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work, keys = working(ADD), Keys()
    rows = [
        {"id": 1, "case_id": FILE, "kind": "visit", "text": b"one"},
        {"id": 2, "case_id": OTHER, "kind": "visit", "text": b"other"},
    ]
    db = asking(work, *rows)
    work._keys = keys  # type: ignore[assignment]

    def open_value(key: str, column: Any, row_id: int, value: bytes) -> tuple[Any, ...]:
        return key, column.name, row_id, value

    monkeypatch.setattr(ground, "open_value", open_value)
    statement = select(NOTES)
    found = work._rows(Note, statement)
    assert db.asked == [statement]
    assert keys.opened == [{FILE, OTHER}]
    assert found == [
        {**rows[0], "text": (f"key of {FILE}", "text", 1, b"one")},
        {**rows[1], "text": (f"key of {OTHER}", "text", 2, b"other")},
    ]
    db = asking(work, {"id": FILE})
    assert work._rows(Case, select(CASES)) == [{"id": FILE}]
    assert keys.opened == [{FILE, OTHER}], "of what has nothing sealed no key is opened"


# --- the wall -------------------------------------------------------------------------------------


def at_length(work: UnitOfWork, action: str, summary: bool, sealed: bool = False) -> Any:
    grants = scoped(Case, POLICY.opens(work.actor.role, action, summary))
    wall = within(Case, CASES, work.actor, grants, work._when, sealed=sealed)
    return select(CASES.c.id).where(CASES.c.id == FILE, wall)


def nowhere(work: UnitOfWork) -> UnitOfWork:
    """Of somebody who is in no unit."""
    caller = replace(work.actor, unit_id=None)
    work._circumstances = replace(work._circumstances, caller=caller)
    return work


@pytest.mark.parametrize("summary", [False, True])
def test_who_is_in_no_unit_is_asked_at_length(summary: bool) -> None:
    """By a summary there is one more way in than by the whole."""
    role, action = "legal_officer", "disclosure.read"
    assert POLICY.opens(role, action, True).keys() > POLICY.opens(role, action, False).keys()
    work = nowhere(working(OnCase(action), role, method="GET"))
    db = asking(work)
    assert not work._reaches(Case, action, summary)
    (asked,) = db.asked
    assert asked.compare(at_length(work, action, summary))
    assert "FOR " not in spoken(asked)
    asking(work, {"id": FILE})
    assert work._reaches(Case, action, summary)


def test_who_writes_holds_the_file_and_what_unseals_finds_what_is_sealed() -> None:
    work = nowhere(working(replace(OnCase("note.read"), past_seals=True)))
    db = asking(work)
    work._reaches(Case, "note.read", False)
    (asked,) = db.asked
    assert spoken(asked).endswith(" FOR NO KEY UPDATE OF cases")
    due = at_length(work, "note.read", False, sealed=True).with_for_update(of=CASES, key_share=True)
    assert asked.compare(due)


@pytest.mark.parametrize("passes", [False, True])
def test_whoever_is_in_a_unit_passes_by_a_prepared_door(
    passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = working(ADD)
    db, given = asking(work), []

    def passing(*args: Any) -> bool:
        given.append(args)
        return passes

    monkeypatch.setattr(work, "_passes", passing)
    assert work._reaches(Case, "note.add", True) is passes
    assert given == [(Case, "note.add", True)]
    assert db.asked == []


class Prepared:
    """Stands for the door and for its lock."""

    def __init__(self, found: list[Any]) -> None:
        self.found = found
        self.told: list[tuple[Any, ...]] = []

    def of(self, how: str) -> Any:
        def statement(door: Door) -> Any:
            def run(db: Any, given: dict[str, Any]) -> list[Any]:
                self.told.append((how, door, db, dict(given)))
                return self.found

            return SimpleNamespace(run=run, run_with_next=run)

        return statement


NAMES = plain_names(Case)
CELLS = (*(new_id() if name == "id" else f"its {name}" for name in NAMES), b"wrapped")


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("proven", [False, True])
def test_a_prepared_door_is_told_who_comes_and_what_is_known(
    engine: str, method: str, known: bool, proven: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = working(ADD).actor
    call = Call(b"token", method, "/path", "route", new_id(), FILE)
    db: Any = SimpleNamespace(dialect=SimpleNamespace(name=engine))
    house: Any = SimpleNamespace(vault=SimpleNamespace(vouching=b"", admitting=b"k" * 32))
    work = unit(house, db, UNSEALING, call, caller, AT, proven, CELLS if known else None)
    keys, prepared = Keys(), Prepared([CELLS])
    work._keys = keys  # type: ignore[assignment]
    monkeypatch.setattr(ground, "door_of", prepared.of("asked"))
    monkeypatch.setattr(ground, "lock_of", prepared.of("held"))
    assert work._passes(Case, "note.add", summary=not proven)
    writes = method == "POST"
    door = Door(
        *(Case, "note.add", "social_worker", writes, engine),
        proves=not proven,
        summary=not proven,
        known=known,
        sealed=True,
    )
    given = {**particulars(caller, AT), "file": FILE, "token": b"token"}
    given |= {"session": caller.session_id}
    assert prepared.told == [("held" if known else "asked", door, db, given)]
    assert work._seen == CELLS
    assert work._cover == dict(zip(NAMES, CELLS[:-1], strict=True))
    assert keys.known == [(work._cover["id"], b"wrapped")]
    seen = {"seen_version": "its version", "seen_key": b"wrapped"}
    waits = writes and engine == "postgresql"
    assert work._writes.entered == (Entered(door, given | seen) if waits else None)


def test_past_a_door_that_shows_nothing_nobody_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    work = working(ADD)
    asking(work)
    prepared = Prepared([])
    monkeypatch.setattr(ground, "door_of", prepared.of("asked"))
    assert not work._passes(Case, "case.read", summary=False)
    assert (work._cover, work._seen) == ({}, ())
    (told,) = prepared.told
    assert told[1] == Door(Case, "case.read", "social_worker", True, "sqlite")
    prepared.found = [(*CELLS[:-1], None)]  # erased
    assert not work._passes(Case, "case.read", summary=False)
    assert work._cover == {}


def test_a_class_is_reached_by_what_opens_it_and_by_no_more() -> None:
    work = working(ADD, "prosecutor")
    db = asking(work)
    rule, here = rule_of(Case), CASES.c.id == FILE
    is_open = ~barred(CASES.c.id, work.actor)
    of = literal("justice")
    docket = rule(CASES, Sight(work.actor, Reach.DOCKET, work._when, of))
    assert POLICY.grants("prosecutor", "note.add").keys() == {Reach.DOCKET}
    assert not work.reaches_class("justice")
    assert not work.reaches_class("justice", "note.read")
    for asked in db.asked:
        assert asked.compare(select(CASES.c.id).where(here, and_(docket, is_open)))
    work.reaches_class("clinical")
    work.reaches_class("justice", "case.open")
    for asked in db.asked[2:]:
        assert " AND false" in str(asked)
    asking(work, {"id": FILE})
    assert work.reaches_class("justice")


def test_what_bars_everybody_counts_but_for_what_may_pass_seals() -> None:
    def everybody(work: UnitOfWork, *action: str) -> list[bool]:
        """Whether a seal is asked for: by the class, by whom it would let in, and who reads."""
        db = asking(work)
        work._rare = True
        work.reaches_class("sealing", *action)
        work.reaches_wholly(Case, FILE, *(action or (work._mark.action,)))
        work.reads_class("sealing")
        return [str(one).count("bars.user_id = ") == 2 for one in db.asked]

    assert everybody(working(OnSealedCase("sealing.unseal"), "coordinator")) == [False, False, True]
    passing = working(OnSealedCase("sealing.unseal"), "coordinator")
    assert everybody(passing, "sealing.read") == [True] * 3
    assert everybody(working(OnCase("sealing.read"), "coordinator")) == [True] * 3


@pytest.mark.parametrize("proven", [False, True])
@pytest.mark.parametrize("has", [False, True])
def test_whether_one_has_something_rare_is_asked_once_where_it_is_not_known(
    proven: bool, has: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who came the short way, which proves what it goes by, has nothing that is."""
    asked = []
    work = working(ADD)
    work._rare, work._asked = None, replace(work._asked, proven=proven)

    def now(*given: Any) -> bool:
        asked.append(given)
        return has

    monkeypatch.setattr(reaching, "rare_now", now)
    assert [work._has_rare(), work._has_rare()] == [proven and has] * 2
    assert asked == [(work._db, work.actor, work.at)] * proven


# --- an answer that is given again ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "role", "kind", "version", "grants"),
    [
        ("note.add", "social_worker", Note, True, "whole"),
        ("note.add", "social_worker", Note, False, "sight"),
        ("alert.raise", "legal_officer", Alert, False, "said"),
        ("alert.raise", "legal_officer", Note, False, "sight"),
    ],
)
def test_what_is_told_again_is_in_sight_still(
    action: str, role: str, kind: Any, version: bool, grants: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = working(OnCase(action), role)
    asked: list[Any] = []

    def one(*args: Any) -> dict[str, Any]:
        asked.append(args)
        return {"id": args[1], "version": 7, "case_id": FILE}

    monkeypatch.setattr(work, "_one", one)
    sight = POLICY.in_sight(role, kind.record)
    due = {
        "whole": POLICY.grants(role, f"{kind.record}.read"),
        "sight": sight,
        "said": either(sight, POLICY.unread(role, action)),
    }
    assert due["said"] != sight or grants != "said"
    assert due["whole"] != sight or grants != "whole"
    told = [{"id": str(one), "version": 7} if version else {"id": str(one)} for one in (ID, OTHER)]
    work._again(kind, json.dumps(told[0]).encode())
    assert asked == [(kind, ID, due[grants])]
    shown = 7 if version else None  # of a summary none is told
    event = {"file_id": FILE, "record": kind.record, "record_version": shown}
    assert work._event() == {**event, "record_id": ID, "detail": {"shown": 1}}
    work._again(kind, json.dumps({"items": told}).encode())
    assert asked[1:] == [(kind, ID, due[grants]), (kind, OTHER, due[grants])]
    assert work._event() == {**event, "record_id": OTHER, "detail": {"shown": 3}}
    work._again(None, b"no json")
    assert len(asked) == 3
