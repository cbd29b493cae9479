"""Shapes broken on purpose: a route that is not guarded cannot be declared, nor answer."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import pytest

from app.casework.notes.models import Note
from app.casework.notes.schemas import NoteIn, NoteOut
from app.core.values import new_id
from app.registry.cases.on_case import OnCase
from app.registry.cases.schemas import CaseOut
from app.safeguards.guard.mark import ForSelf, Mark, Permit, UnknownAction
from app.safeguards.guard.router import GuardedRouter, UnguardedRoute
from app.safeguards.guard.shown import Page, Shown, UnshownAnswer
from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.architecture.driving import cases_of, drive
from tests.architecture.source import ROOT
from tests.conftest import World

PSYCHOSOCIAL = "psychosocial_notes"


def unmarked(work: UnitOfWork) -> Shown[CaseOut]:
    return work.read(CaseOut)


def no_work_at_all() -> Shown[CaseOut]:
    raise AssertionError


def marked_twice(
    work: Annotated[UnitOfWork, Permit("case.read"), Permit("case.open")],
) -> Shown[CaseOut]:
    return work.read(CaseOut)


def two_works(
    work: Annotated[UnitOfWork, Permit("case.read")],
    other: Annotated[UnitOfWork, Permit("case.open")],
) -> Shown[CaseOut]:
    return work.read(CaseOut)


def says_nothing(work: Annotated[UnitOfWork, Permit("case.read")]):  # type: ignore[no-untyped-def]
    return work.read(CaseOut)


def answers_a_dictionary(work: Annotated[UnitOfWork, Permit("case.read")]) -> dict[str, Any]:
    return {}


def answers_a_schema(work: Annotated[UnitOfWork, Permit("case.read")]) -> CaseOut:
    raise AssertionError


@pytest.mark.parametrize(
    "handler",
    [
        *(unmarked, no_work_at_all, marked_twice, two_works),
        *(says_nothing, answers_a_dictionary, answers_a_schema),
    ],
)
def test_such_a_handler_cannot_be_declared(handler: Any) -> None:
    with pytest.raises(UnguardedRoute, match=handler.__name__):
        GuardedRouter().get("/cases")(handler)


@pytest.mark.parametrize("action", ["note.erase", "nothing", "", "note.", "Note.read"])
def test_no_action_but_those_of_the_policy_can_be_named(action: str) -> None:
    for declare in (Permit, OnCase):
        with pytest.raises(UnknownAction):
            declare(action)


def lists_notes(work: Annotated[UnitOfWork, Permit("note.read")]) -> Shown[NoteOut]:
    raise AssertionError


def about_myself(work: Annotated[UnitOfWork, ForSelf()]) -> Shown[NoteOut]:
    raise AssertionError


def reads_a_case(work: Annotated[UnitOfWork, OnCase("case.read")]) -> Shown[CaseOut]:
    raise AssertionError


@pytest.mark.parametrize("handler", [lists_notes, about_myself])
def test_a_route_about_a_case_takes_an_action_on_that_case(handler: Any) -> None:
    with pytest.raises(UnguardedRoute, match="about a case"):
        GuardedRouter(prefix="/cases/{case_id}").get("/notes")(handler)


def test_an_action_on_a_case_needs_the_case_in_the_path() -> None:
    with pytest.raises(UnguardedRoute, match="case_id"):
        GuardedRouter().get("/cases")(reads_a_case)
    with pytest.raises(UnguardedRoute, match="case_id"):
        GuardedRouter().get("/cases/{id}")(reads_a_case)


def test_a_route_has_one_method() -> None:
    with pytest.raises(ValueError, match="too many"):
        GuardedRouter(prefix="/cases/{case_id}").add_api_route(
            "", reads_a_case, methods=["GET", "POST"]
        )


@pytest.mark.parametrize("answer", [{"text": "leaked"}, "leaked", None, b"leaked", [1]])
def test_an_answer_that_was_not_made_under_the_guard_does_not_leave(
    world: World, answer: object
) -> None:
    with pytest.raises(UnshownAnswer, match="POST /shape"):
        drive(world, "social_worker", Permit("case.read"), lambda work: answer)


def test_what_a_broken_handler_did_is_undone(world: World) -> None:
    case_id, note_id = cases_of(world)[0], new_id()

    def writes_and_answers_wrongly(work: UnitOfWork) -> object:
        given = NoteIn(kind="social_work", occurred_on=work.today, text="undone", id=note_id)
        fields = given.model_dump()
        work.add(Note, author_id=work.actor.id, record_class=PSYCHOSOCIAL, **fields)
        return fields

    with pytest.raises(UnshownAnswer):
        drive(world, "social_worker", OnCase("note.add"), writes_and_answers_wrongly, case_id)
    path = f"/v1/cases/{case_id}/notes/{note_id}"
    assert world.as_("social_worker")("GET", path).status_code == 404


def test_a_mark_says_where_the_file_stands() -> None:
    whole = Mark("note.read", CaseOut.of, "case_id", "case.read", recalls=True)
    assert OnCase("note.read") == whole
    assert Permit("case.read").scope is None


HALF = """
from typing import ClassVar
from app.main import open_house
from app.core.settings import Settings
from app.registry.cases.models import CaseRecord
from app.safeguards.guard.protected import Protected


class Nameless(CaseRecord):
    __tablename__ = "nameless"
    record_class: ClassVar[str | None] = "plan"


class Classless(CaseRecord):
    __tablename__ = "classless"
    record: ClassVar[str] = "note"


class Unruled(CaseRecord):
    __tablename__ = "unruled"
    record: ClassVar[str] = "horoscope"
    record_class: ClassVar[str | None] = "stars"


class Open(Protected):
    __tablename__ = "open"
    record: ClassVar[str] = "case"
    record_class: ClassVar[str | None] = "case"


open_house(Settings())
"""


def test_a_kind_of_record_that_is_half_declared_stops_the_start(tmp_path: Path) -> None:
    """In a process of its own, for a declared table cannot be taken back."""
    found = subprocess.run(
        [sys.executable, "-c", HALF],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    told = found.stderr.splitlines()[-1]
    for fault in (
        "HalfDeclared: ",
        "Nameless has no `record`",
        "Classless has no `record_class`",
        "Unruled is a 'horoscope'",
        "Unruled is of the class 'stars'",
        "Open has no row filter",
        "Open belongs to no file",
    ):
        assert fault in told
    assert not (tmp_path / "var").exists()


def test_the_id_in_a_path_is_the_only_one_that_a_unit_of_work_speaks_of(world: World) -> None:
    """On a route that is about no file, there is none to write on."""

    def writes(work: UnitOfWork) -> object:
        return work.show(NoteOut, work.add(Note, text="x", record_class=PSYCHOSOCIAL))

    with pytest.raises(RuntimeError, match="not about one file"):
        drive(world, "social_worker", Permit("note.read"), writes)


def test_nobody_is_nobody(world: World) -> None:
    assert world.client.get("/v1/cases", headers={"Authorization": "Bearer x"}).status_code == 401
    assert world.client.get(f"/v1/cases/{UUID(int=0)}").status_code == 401


def test_pages_are_shown_like_single_records() -> None:
    def lists(work: Annotated[UnitOfWork, Permit("case.read")]) -> Shown[Page[CaseOut]]:
        raise AssertionError

    router = GuardedRouter()
    router.get("/cases")(lists)
    (route,) = router.routes
    assert route.openapi_extra == {"x-action": "case.read"}  # type: ignore[attr-defined]
