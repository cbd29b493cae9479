"""Shapes broken on purpose: what a handler cannot do with its unit of work."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import false, func, literal, literal_column, not_, or_, select, text, true

from app.casework.notes.models import Note
from app.casework.notes.schemas import NoteOut
from app.core.db import table
from app.core.errors import Forbidden, NotFound
from app.core.paging import Paging
from app.registry.cases.models import Case
from app.registry.cases.on_case import OnCase
from app.registry.cases.schemas import CaseOut
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.ground import NoFile
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.architecture.driving import Handler, cases_of, drive
from tests.conftest import World
from tests.looking import transaction
from tests.making import new_case

ADD = OnCase("note.add")


def note(work: UnitOfWork, **more: Any) -> dict[str, Any]:
    given = {"kind": "social_work", "occurred_on": work.today, "text": "shape"}
    return {**given, "author_id": work.actor.id, "record_class": "psychosocial_notes", **more}


def count_of_notes(world: World) -> int:
    with transaction(world.house.engine) as db:
        return int(db.execute(select(func.count()).select_from(table(Note))).scalar_one())


def refused(world: World, expected: type[Exception], handler: Handler, **more: Any) -> None:
    """Raises what is expected, and leaves no note behind."""
    before = count_of_notes(world)
    with pytest.raises(expected):
        drive(world, "social_worker", ADD, handler, cases_of(world)[0], **more)
    assert count_of_notes(world) == before


def test_a_fitting_write_is_written(world: World) -> None:
    """Else the refusals below would prove nothing."""
    before = count_of_notes(world)

    def fits(work: UnitOfWork) -> object:
        return work.show(NoteOut, work.add(Note, **note(work)))

    assert json.loads(drive(world, "social_worker", ADD, fits, cases_of(world)[0], status=201).body)
    assert count_of_notes(world) == before + 1


def test_nothing_is_written_on_another_file(world: World) -> None:
    other = cases_of(world)[1]
    refused(world, NoFile, lambda work: work.add(Note, file_id=other, **note(work)))
    refused(world, TypeError, lambda work: work.add(Note, **note(work, case_id=other)))


def test_nothing_is_moved_to_another_file(world: World) -> None:
    here, other = cases_of(world)[:2]
    notes = world.as_("social_worker")("GET", f"/v1/cases/{here}/notes?limit=1").json()["items"]

    def moves(work: UnitOfWork) -> object:
        return work.change(Note, UUID(notes[0]["id"]), case_id=other)

    refused(world, TypeError, moves)


def test_nothing_is_changed_on_another_file(world: World) -> None:
    here, other = cases_of(world)[:2]
    (mine,) = json.loads(
        world.as_("social_worker")("GET", f"/v1/cases/{other}/notes?limit=1").text
    )["items"]

    def changes(work: UnitOfWork) -> object:
        return work.change(Note, UUID(mine["id"]), text="changed")

    with pytest.raises(NotFound):
        drive(world, "social_worker", ADD, changes, here)
    path = f"/v1/cases/{other}/notes/{mine['id']}"
    assert world.as_("social_worker")("GET", path).json()["text"] == mine["text"]


@pytest.mark.parametrize(
    "record_class", ["therapy_notes", "clinical", "justice", "faith_counselling", "case", "none"]
)
def test_nothing_is_written_in_a_class_that_the_role_may_not_write(
    world: World, record_class: str
) -> None:
    refused(world, Forbidden, lambda work: work.add(Note, **note(work, record_class=record_class)))


@pytest.mark.parametrize(
    "field",
    ["colour", "version", "updated_at", "created_at", "last_event_id"],
)
def test_fields_that_nobody_knows_or_only_the_guard_sets_are_refused(
    world: World, field: str
) -> None:
    refused(world, TypeError, lambda work: work.add(Note, **note(work, **{field: None})))


ESCAPES: dict[str, Any] = {
    "true": lambda seen: true(),
    "or-true": lambda seen: or_(seen.c.text.is_(None), true()),
    "not-false": lambda seen: or_(seen.c.id == UUID(int=0), not_(false())),
    "other-rows": lambda seen: seen.c.id.in_(select(table(Note).alias().c.id)),
    "raw-text": lambda seen: text("1 = 1 OR 1 = 1"),
    "raw-column": lambda seen: literal_column("1 = 1 OR 1 = 1"),
    "raw-operator": lambda seen: literal(1).op("= 1 OR 1 =")(1),
}


@pytest.fixture(scope="module")
def shared_case(world: World) -> UUID:
    """With a note in each of two classes, on the team of the prosecutor too."""
    made = new_case(world)
    for role, kind in (("social_worker", "social_work"), ("prosecutor", "legal")):
        given = {"kind": kind, "occurred_on": "2025-11-20", "text": f"by {role}"}
        assert made.post(role, "/notes", given).status_code == 201
    return UUID(made.id)


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
def test_no_clause_of_a_handler_widens_what_is_seen(
    world: World, shared_case: UUID, escape: Any
) -> None:
    """A clause can only narrow, even one in words of its own that the source may not have."""
    south = set(cases_of(world, "south"))
    for role in ("prosecutor", "social_worker"):
        readable = frozenset[str]().union(*POLICY.grants(role, "note.read").values())
        found: list[Any] = []
        shown: list[Any] = []

        def escapes(work: UnitOfWork, found: list[Any] = found, shown: list[Any] = shown) -> object:
            found.extend(work.find(Note, escape, anywhere=True))
            here = work.find(Note, escape)
            assert {one["case_id"] for one in here} == {shared_case}
            page = work.page(NoteOut, Paging(limit=200), where=escape)
            shown.extend(json.loads(page.body)["items"])
            return work.read(CaseOut)

        drive(world, role, OnCase("case.read"), escapes, shared_case)
        assert found
        assert {one["record_class"] for one in found} <= readable
        assert not {one["case_id"] for one in found} & south
        assert [one["text"] for one in shown] == [f"by {role}"]


def test_no_clause_lists_the_cases_of_another_unit(world: World) -> None:
    found: list[Any] = []

    def escapes(work: UnitOfWork) -> object:
        found.extend(one["id"] for one in work.find(Case, lambda c: true(), anywhere=True))
        return work.page(CaseOut, Paging(limit=200), where=lambda c: or_(true(), c.c.id.is_(None)))

    answer = drive(world, "supervisor", Permit("case.read"), escapes)
    listed = {UUID(one["id"]) for one in json.loads(answer.body)["items"]}
    south = set(cases_of(world, "south"))
    assert listed
    assert not listed & south
    assert not set(found) & south


def test_what_was_looked_for_is_on_record_with_the_files_that_it_showed(world: World) -> None:
    """Also where the answer itself shows less."""
    here = cases_of(world)[0]

    def looks(work: UnitOfWork) -> object:
        work.find(Note)
        return work.read(CaseOut)

    drive(world, "social_worker", OnCase("case.read"), looks, here)
    events = world.as_("auditor")("GET", f"/v1/audit/events?file_id={here}&outcome=read&limit=200")
    last = events.json()["items"][-1]
    assert (last["route"], last["action"]) == ("POST /shape", "case.read")
    assert last["detail"]["shown"] > 1
