"""The history in pages: each one query, and the same as if all of it had been worked out."""

from typing import Any
from uuid import UUID

import pytest

from app.casework.notes.models import Note
from app.casework.notes.schemas import NoteOut
from app.core.values import new_id
from app.registry.cases.on_case import OnCase
from app.registry.cases.track_models import PathwayAssignment
from app.registry.cases.track_schemas import PathwayOut
from app.safeguards.guard import trail, writing
from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.architecture.driving import Handler, drive
from tests.conftest import World
from tests.insight.oracle import HISTORY, READERS, paged, some, told
from tests.making import Made, new_case, on_docket


@pytest.mark.turns
@pytest.mark.parametrize("role", READERS)
def test_every_reader_is_told_what_the_records_tell(world: World, lively: Made, role: str) -> None:
    if lively.send(role, "GET").status_code == 404:
        assert lively.send(role, "GET", "/history").status_code == 404
        return
    expected = some(told(world, lively, role), HISTORY)
    assert expected
    assert lively.get(role, "/history?limit=200") == {"items": expected, "next": None}
    assert paged(lively, role, "/history?", 7) == expected


def test_filters_narrow_it_combine_and_page(lively: Made) -> None:
    whole = lively.get("social_worker", "/history?limit=200")["items"]
    for name in ("record", "record_id", "record_class", "action", "actor_id"):
        values = {one[name] for one in whole} - {None}
        assert len(values) > 1, name
        for value in values:
            found = lively.get("social_worker", f"/history?limit=200&{name}={value}")["items"]
            assert found == [one for one in whole if one[name] == value], (name, value)
    # Late enough for several of the team: how much goes before them hangs on the hour of the day.
    middle = [one for one in whole if one["record"] == "team"][-3]["at"]
    late = [one for one in whole if one["at"] >= middle]
    assert lively.get("social_worker", f"/history?limit=200&since={middle}")["items"] == late
    early = [one for one in whole if one["at"] < middle]
    assert lively.get("social_worker", f"/history?limit=200&until={middle}")["items"] == early
    query = f"/history?since={middle[:10]}&until={middle}&record=team&actor_id="
    actor = next(one["actor_id"] for one in early if one["actor_id"])
    teams = [one for one in early if (one["record"], one["actor_id"]) == ("team", actor)]
    assert len(teams) > 2
    assert paged(lively, "social_worker", f"{query}{actor}&", 2) == teams
    assert lively.get("social_worker", "/history?until=1999-01-01") == {"items": [], "next": None}
    assert lively.get("social_worker", f"/history?record_id={new_id()}")["items"] == []


@pytest.mark.turns
@pytest.mark.parametrize("role", ["supervisor", "auditor"])
def test_nobody_is_found_by_an_author_that_a_summary_hides(
    world: World, lively: Made, role: str
) -> None:
    """A supervisor reads faith counselling in summary, an auditor most notes."""
    whole = lively.get(role, "/history?limit=200")["items"]
    brief = [one for one in whole if one["actor_id"] is None]
    assert role != "auditor" or brief
    authors = {world.staff[one, "north"].id for one in ("social_worker", "psychologist")}
    for path in ("/history?limit=200&actor_id=", "/timeline?limit=200&order=asc&actor_id="):
        for author in authors:
            found = lively.get(role, f"{path}{author}")["items"]
            expected = [one["event_id"] for one in whole if one["actor_id"] == author]
            assert [one["event_id"] for one in found] == expected
            assert not {one["event_id"] for one in brief} & {one["event_id"] for one in found}


def test_what_is_filtered_away_is_still_compared_with(lively: Made) -> None:
    """The second version of a task is told by what it changed, whoever wrote the first one."""
    whole = lively.get("legal_officer", "/history?limit=200&record=task")["items"]
    (second,) = [one for one in whole if one["version"] == 2]
    path = f"/history?record=task&actor_id={second['actor_id']}"
    (alone,) = lively.get("legal_officer", path)["items"]
    assert alone == second
    assert "/title" not in {one["pointer"] for one in alone["changes"]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("record", "unheard_of"),
        ("record_class", "Case"),
        ("record_id", "7"),
        ("action", ""),
        ("actor_id", "somebody"),
        ("since", "yesterday"),
        ("until", "2026-01-01T10:00:00"),
        ("order", "asc"),
        ("limit", "201"),
    ],
)
def test_what_is_no_filter_is_refused_by_name(lively: Made, name: str, value: str) -> None:
    answer = lively.send("social_worker", "GET", f"/history?{name}={value}")
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == [f"query.{name}"]


def test_an_element_that_is_gone_from_a_list_is_told_by_its_place(world: World) -> None:
    made = new_case(world)
    path = f"/v1/cases/{made.id}/pathways"
    board = ["A. Aliev", "B. Brown", "C. Cherny"]
    plan = {"code": "P3_ADULT_NOT_PROSECUTED", "decided_by": "Commission 1", "reason": "heard"}
    sent = world.as_("supervisor")("POST", path, json={**plan, "members": board})
    assert sent.status_code == 201, sent.text

    def corrected(work: UnitOfWork) -> object:
        fewer = [board[0], board[2]]
        row = work.change(PathwayAssignment, UUID(sent.json()["id"]), members=fewer)
        return work.show(PathwayOut, row)

    drive(world, "supervisor", OnCase("pathway.end"), corrected, UUID(made.id))
    one, two = made.get("supervisor", "/history?record=pathway")["items"]
    assert {"op": "add", "pointer": "/members", "from": None, "to": board} in one["changes"]
    assert two["changes"] == [
        {"op": "remove", "pointer": "/members/1", "from": "B. Brown", "to": None}
    ]


def test_most_readers_reach_the_case(lively: Made) -> None:
    """Else the tests above would prove little."""
    reached = [role for role in READERS if lively.send(role, "GET").status_code == 200]
    assert len(reached) >= 10, reached


def test_a_version_in_a_class_out_of_reach_is_neither_told_nor_compared_with(world: World) -> None:
    made = new_case(world, team=("prosecutor",))
    on_docket(made, "prosecutor", "child_justice")  # beside the adult's
    fields: dict[str, Any] = {
        "kind": "legal",
        "occurred_on": "2026-01-05",
        "record_class": "justice",
    }
    note_id: list[UUID] = []

    def adds(work: UnitOfWork) -> object:
        first = work.add(Note, **fields, author_id=work.actor.id, text="first")
        note_id.append(first.id)
        return work.show(NoteOut, first)

    def changing(**changed: Any) -> Handler:
        return lambda work: work.show(NoteOut, work.change(Note, note_id[0], **changed))

    second = changing(text="canary of the second", record_class="child_justice")
    for step in (adds, second, changing(text="third", record_class="justice")):
        drive(world, "prosecutor", OnCase("note.add"), step, UUID(made.id), status=201)

    def versions(role: str) -> dict[int, Any]:
        whole = made.get(role, "/history?limit=200")["items"]
        assert whole == some(told(world, made, role), HISTORY)
        mine = [one for one in whole if one["record_id"] == str(note_id[0])]
        return {
            one["version"]: {c["pointer"]: (c["from"], c["to"]) for c in one["changes"]}
            for one in mine
        }

    whole, part = versions("prosecutor"), versions("auditor")
    assert set(whole) == {1, 2, 3}
    assert whole[3]["/text"] == ("canary of the second", "third")
    assert set(part) == {1, 3}
    assert part[3]["/text"] == ("first", "third")


def test_a_page_opens_its_own_revisions_alone(
    world: World, lively: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    one_more = writing.open_revision

    def counted(*given: Any) -> bytes:
        opened.append(given)
        return one_more(*given)

    monkeypatch.setattr(trail, "open_revision", counted)
    page = lively.get("social_worker", "/history?limit=4")
    assert page["next"]
    assert 4 <= len(opened) <= 2 * 4
    lively.get("social_worker", f"/history?limit=4&cursor={page['next']}")
    assert len(opened) <= 4 * 4


def test_what_a_page_shows_is_on_record(world: World, lively: Made) -> None:
    lively.get("social_worker", "/history?limit=4")
    path = f"/v1/audit/events?file_id={lively.id}&action=history.read&outcome=read&limit=200"
    last = world.as_("auditor")("GET", path).json()["items"][-1]
    assert (last["record"], last["detail"]) == ("history", {"shown": 4})


def test_a_cursor_is_of_this_list_alone(world: World, lively: Made) -> None:
    cursor = lively.get("social_worker", "/history?limit=4")["next"]
    assert lively.send("supervisor", "GET", f"/history?cursor={cursor}").status_code == 422
    for other in ("/timeline?limit=4", "/history?limit=4&record=team"):
        answer = lively.send("social_worker", "GET", f"{other}&cursor={cursor}")
        assert answer.status_code == 422, other
