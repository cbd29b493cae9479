"""The history in pages: each one query, and the same as if all of it had been worked out."""

from typing import Any
from uuid import UUID

import pytest

from app.casework.notes.models import Note
from app.casework.notes.schemas import NoteOut
from app.registry.cases.on_case import OnCase
from app.safeguards.guard import trail, writing
from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.access.test_supervision import supervised
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


def test_most_readers_reach_the_case(lively: Made) -> None:
    """Else the tests above would prove little."""
    reached = [role for role in READERS if lively.send(role, "GET").status_code == 200]
    assert len(reached) >= 10, reached


def test_a_version_in_a_class_out_of_reach_is_neither_told_nor_compared_with(world: World) -> None:
    made = new_case(world, team=("prosecutor", "probation_officer"))
    on_docket(made, "prosecutor", "child_justice")  # beside the adult's
    supervised(made)
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

    whole, part = versions("prosecutor"), versions("probation_officer")
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
    other = lively.send("social_worker", "GET", f"/timeline?limit=4&cursor={cursor}")
    assert other.status_code == 422
