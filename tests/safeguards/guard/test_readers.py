"""Who could have read, by themselves: over rows that were put together by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import OperationalError

from app.casework.notes.models import Note
from app.casework.notes.schemas import NoteOut
from app.casework.proceedings.models import Proceeding
from app.casework.sealing.models import Sealing
from app.core.db import table
from app.core.values import new_id
from app.registry.agreements.models import Agreement
from app.registry.cases.models import Case, TeamMember
from app.registry.cases.on_case import OnCase
from app.registry.conflicts.models import Interest
from app.registry.covers.models import Cover
from app.registry.staff.models import Unit, User
from app.safeguards.access.bars import EVERYBODY, Bar
from app.safeguards.guard.as_it_was import as_it_was, opening_kinds
from app.safeguards.guard.readers import kept_in, readers, told_of
from app.safeguards.guard.summaries import WHOLE

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CASE, PERSON, OTHER = new_id(), new_id(), new_id()
NORTH, SOUTH = new_id(), new_id()
NOTE, THERAPY = new_id(), new_id()
READ = OnCase("note.read")
Rows = dict[Any, list[dict[str, Any]]]


def row(kind: Any, **values: Any) -> dict[str, Any]:
    return {**dict.fromkeys(table(kind).c.keys()), "id": new_id(), **values}


def user(role: str, unit: Any = NORTH, **more: Any) -> dict[str, Any]:
    return row(User, role=role, unit_id=unit, pending=False, username=role, **more)


def member(of: dict[str, Any], **more: Any) -> dict[str, Any]:
    day = {"since": AT.date() - DAY, "role": of["role"], "jurisdiction": "ra"}
    return row(TeamMember, user_id=of["id"], case_id=CASE, **day, **more)


def note(record_id: Any, record_class: str, author: Any) -> dict[str, Any]:
    return row(Note, id=record_id, case_id=CASE, record_class=record_class, author_id=author)


class Scene:
    """A case in the north, two workers on its team, and two notes."""

    def __init__(self) -> None:
        self.worker, self.psychologist = user("social_worker"), user("psychologist")
        self.chief, self.elsewhere = user("supervisor"), user("supervisor", SOUTH)
        case = row(Case, id=CASE, person_id=PERSON, unit_id=NORTH, jurisdiction="ra")
        units = [row(Unit, id=NORTH, jurisdiction="ra"), row(Unit, id=SOUTH, jurisdiction="rb")]
        author = self.psychologist["id"]
        notes = [note(NOTE, "psychosocial_notes", author), note(THERAPY, "therapy_notes", author)]
        self.rows: Rows = {kind: [] for kind in opening_kinds()} | {Note: notes}
        staff = [self.worker, self.psychologist, self.chief, self.elsewhere]
        self.rows |= {User: staff, Unit: units, Case: [case]}
        self.rows[TeamMember] = [member(self.worker), member(self.psychologist)]

    def told(self, *shown: Any) -> dict[Any, dict[Any, tuple[str, list[str]]]]:
        with as_it_was(self.rows, CASE) as past:
            items = list(readers(past, READ, NoteOut, set(shown or (NOTE, THERAPY)), AT))
        assert [one["user_id"] for one in items] == sorted(one["user_id"] for one in items)
        return {
            one["user_id"]: {r["id"]: (r["form"], r["relations"]) for r in one["records"]}
            for one in items
        }


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_each_is_told_with_what_they_read_and_by_what(scene: Scene) -> None:
    assert scene.told() == {
        scene.worker["id"]: {NOTE: ("whole", ["team"])},
        scene.psychologist["id"]: {NOTE: ("whole", ["team"]), THERAPY: ("whole", ["own"])},
        scene.chief["id"]: {NOTE: ("whole", ["unit"])},
    }
    assert scene.told(THERAPY) == {scene.psychologist["id"]: {THERAPY: ("whole", ["own"])}}


def test_whose_they_are_is_said(scene: Scene) -> None:
    with as_it_was(scene.rows, CASE) as past:
        (one,) = readers(past, READ, NoteOut, {THERAPY}, AT)
    assert one == {
        "user_id": scene.psychologist["id"],
        "role": "psychologist",
        "unit_id": NORTH,
        "records": [{"id": THERAPY, "form": "whole", "relations": ["own"]}],
    }


@pytest.mark.parametrize("change", [{"disabled_at": AT}, {"pending": True}])
def test_who_is_not_here_reads_nothing(scene: Scene, change: dict[str, Any]) -> None:
    scene.worker.update(change)
    assert scene.worker["id"] not in scene.told()


def test_it_is_the_day_and_the_moment_of_then(scene: Scene) -> None:
    scene.rows[TeamMember][0]["until"] = AT.date() + DAY
    assert scene.worker["id"] in scene.told()
    scene.rows[TeamMember][0]["until"] = AT.date()
    assert scene.worker["id"] not in scene.told()


def test_who_has_no_unit_is_somebody_too(scene: Scene) -> None:
    scene.chief["unit_id"] = None
    told = scene.told()
    assert scene.chief["id"] not in told
    assert scene.worker["id"] in told


def test_no_door_no_record(scene: Scene) -> None:
    """A row whose file is out of sight is not shown, whatever else would show it."""
    scene.rows[Case][0]["id"] = OTHER
    assert scene.told() == {}


def test_kin_and_seals_bar_as_they_did(scene: Scene) -> None:
    kin = row(Interest, user_id=scene.worker["id"], person_id=PERSON)
    scene.rows[Interest] = [kin, row(Interest, user_id=scene.chief["id"], person_id=OTHER)]
    assert scene.told().keys() == {scene.psychologist["id"], scene.chief["id"]}
    kin["ended_at"] = AT
    assert scene.worker["id"] in scene.told()
    seal = row(Sealing, case_id=CASE, act="seal", status="done", decided_at=AT - DAY)
    unseal = row(Sealing, case_id=CASE, act="unseal", status="proposed", decided_at=None)
    scene.rows[Sealing] = [row(Sealing, case_id=OTHER, act="unseal", status="done", decided_at=AT)]
    scene.rows[Sealing] += [seal, unseal]
    assert scene.told() == {}
    unseal |= {"status": "done", "decided_at": AT}
    assert scene.worker["id"] in scene.told()
    seal |= {"decided_at": AT + DAY}
    assert scene.told() == {}
    seal["status"] = "declined"
    assert scene.worker["id"] in scene.told()


def test_bars_are_of_this_file(scene: Scene) -> None:
    kin = row(Interest, user_id=scene.worker["id"], person_id=PERSON)
    seal = row(Sealing, case_id=CASE, act="seal", status="done", decided_at=AT)
    scene.rows |= {Interest: [kin], Sealing: [seal]}
    scene.rows[Case].append(row(Case, id=OTHER, person_id=PERSON))
    with as_it_was(scene.rows, CASE) as past:
        found = past.execute(select(table(Bar))).all()
    both = {(CASE, scene.worker["id"], kin["id"]), (CASE, EVERYBODY, seal["id"])}
    assert {tuple(one) for one in found} == both


def test_nothing_is_left_and_nothing_sealed_is_there(scene: Scene) -> None:
    scene.rows[Note][0]["text"] = "canary"
    with as_it_was(scene.rows, CASE) as past:
        names = {one["name"] for one in inspect(past).get_columns("notes")}
        assert "text" not in names
        assert {"id", "case_id", "record_class"} <= names
        indexes = {str(one["name"]) for one in inspect(past).get_indexes("team_members")}
        assert "ix_team_members_wall" in indexes
    rows = {kind: kept for kind, kept in scene.rows.items() if kind is not Note}
    with as_it_was(rows, CASE) as past, pytest.raises(OperationalError, match="no such table"):
        past.execute(text("SELECT * FROM notes"))


def test_relations_are_told_the_widest_first() -> None:
    row = {"id": NOTE, WHOLE: 0, "own": 1, "team": 1, "unit": 0, "jurisdiction": 1}
    told = {"id": NOTE, "form": "summary", "relations": ["jurisdiction", "team", "own"]}
    assert told_of(row) == told


def test_rights_hang_on_what_says_so() -> None:
    kinds = set(opening_kinds())
    assert {User, Unit, Cover, Agreement, Interest, Case, TeamMember, Proceeding} <= kinds
    assert Note not in kinds
    assert kept_in(TeamMember, Case)
    assert not kept_in(Cover, Case)
    assert not kept_in(Interest, Case)
