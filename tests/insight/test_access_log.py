"""Who looked at a case: each look that the trail has, to whom the trail is shown, and no other."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import or_, select

from app.core.db import table
from app.core.values import moment, new_id
from app.safeguards.access.policy import POLICY, ROLES
from app.safeguards.audit.models import AuditEvent, AuditSubject
from tests.access.test_sealing import bytes_of, sealed
from tests.conftest import World
from tests.looking import transaction
from tests.making import Made, new_case, staff_id
from tests.safeguards.guard.test_quick import event_of

SHORT = ["event_id", "at", "actor_id", "role", "action", "outcome"]
WHOLE = (
    *("purpose", "basis", "relation", "grants"),
    *("event_id", "at", "actor_id", "role", "action", "route", "outcome", "code", "record"),
    *("record_class", "record_id", "version", "shown", "as_of", "rights_as_of"),
)
NOTE = {"kind": "social_work", "occurred_on": "2026-01-05", "text": "canary of a note"}


def raw(world: World, made: Made) -> list[Any]:
    """Events of the trail that are looks at this case, newest first, worked out slowly."""
    events, subjects, file_id = table(AuditEvent), table(AuditSubject), UUID(made.id)
    shown = select(subjects.c.event_id).where(subjects.c.file_id == file_id)
    about = or_(events.c.file_id == file_id, events.c.asked_id == file_id, events.c.id.in_(shown))
    with transaction(world.house.engine) as db:
        found = db.execute(select(events).where(about)).all()
    looks = [one for one in found if one.outcome in ("read", "refused")]
    return sorted(looks, key=lambda one: one.id, reverse=True)


@pytest.fixture(scope="module")
def looked(world: World) -> tuple[Made, dict[str, str]]:
    """A case that was looked at in each way, and the request of each look."""
    made, requests = new_case(world, team=("psychologist", "prosecutor", "legal_officer")), {}

    def asks(name: str, role: str, path: str, status: int, **more: Any) -> None:
        answer = world.as_(role)(more.pop("method", "GET"), path, **more)
        assert answer.status_code == status, answer.text
        requests[name] = answer.headers["x-request-id"]

    note_id = made.post("social_worker", "/notes", NOTE).json()["id"]
    asks("item", "social_worker", made.path, 200)
    asks("record", "psychologist", f"{made.path}/notes/{note_id}", 200)
    asks("list", "social_worker", f"{made.path}/notes", 200)
    number = made.get("social_worker")["number"]
    asks("cases", "coordinator", f"/v1/cases?number={number}", 200)
    asks("timeline", "legal_officer", f"{made.path}/timeline", 200)
    asks("history", "supervisor", f"{made.path}/history", 200)
    asks("hidden", "health_worker", made.path, 404)
    asks("forbidden", "prosecutor", f"{made.path}/pathways", 403)
    asks("written", "social_worker", f"{made.path}/notes", 201, method="POST", json=NOTE)
    asks("of another", "social_worker", new_case(world).path, 200)
    return made, requests


def log_of(made: Made, role: str, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made.get(role, f"/access-log?limit=200{query}")["items"]
    return found


def requests_of(world: World, entries: list[dict[str, Any]]) -> set[str]:
    events = table(AuditEvent)
    ids = [UUID(one["event_id"]) for one in entries]
    with transaction(world.house.engine) as db:
        rows = db.execute(select(events.c.request_id).where(events.c.id.in_(ids)))
        return {str(one) for one in rows.scalars()}


@pytest.mark.parametrize("role", ["auditor", "data_protection_officer"])
def test_who_oversees_is_told_each_look(world: World, looked: Any, role: str) -> None:
    made, requests = looked
    expected = raw(world, made)
    found = log_of(made, role)
    assert [one["event_id"] for one in found] == [str(one.id) for one in expected]
    assert all(tuple(one) == WHOLE for one in found)
    for told, row in zip(found, expected, strict=True):
        assert told["at"] == moment(row.created_at)
        assert told["version"] == row.record_version
        assert told["shown"] == row.detail.get("shown")
        for name in ("role", "action", "route", "outcome", "code", "record", "purpose", "relation"):
            assert told[name] == getattr(row, name)
        for name in ("actor_id", "record_id"):
            assert told[name] == (str(getattr(row, name)) if getattr(row, name) else None)
    told_of = requests_of(world, found)
    assert told_of >= {
        one for name, one in requests.items() if name not in ("written", "of another")
    }
    assert not told_of & {requests["written"], requests["of another"]}
    assert "canary" not in made.send(role, "GET", "/access-log?limit=200").text


def test_of_a_record_it_says_which_version_of_which_class(looked: Any) -> None:
    made, _ = looked
    notes = [one for one in log_of(made, "auditor", "&action=note.read") if one["record_id"]]
    assert {(one["record"], one["record_class"], one["version"]) for one in notes} == {
        ("note", "psychosocial_notes", 1)
    }
    listed = [one for one in log_of(made, "auditor", "&record=note") if not one["record_id"]]
    assert [(one["record_class"], one["shown"]) for one in listed] == [(None, 1)]


def test_each_of_the_team_is_told_their_own_looks(world: World, looked: Any) -> None:
    made, _ = looked
    for role in ("social_worker", "psychologist", "prosecutor", "legal_officer"):
        mine = [
            str(one.id) for one in raw(world, made) if one.actor_id == UUID(staff_id(world, role))
        ]
        assert mine
        assert [one["event_id"] for one in log_of(made, role)] == mine
    other = staff_id(world, "psychologist")
    assert log_of(made, "social_worker", f"&actor_id={other}") == []


@pytest.mark.parametrize("role", ["supervisor", "coordinator"])
def test_who_leads_is_told_in_short_who_on_the_team_opened_it(
    world: World, looked: Any, role: str
) -> None:
    made, _ = looked
    team = {UUID(one["user_id"]) for one in made.get("supervisor", "/team")["items"]}
    expected = [
        str(one.id)
        for one in raw(world, made)
        if one.action == "case.read" and one.outcome == "read" and one.actor_id in team
        and one.file_id == UUID(made.id)
    ]  # fmt: skip
    found = log_of(made, role)
    assert [one["event_id"] for one in found] == expected
    assert expected
    assert all(list(one) == SHORT for one in found)
    for name, value in (("record", "note"), ("record_id", made.id), ("record_class", "case")):
        answer = made.send(role, "GET", f"/access-log?{name}={value}")
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == [f"query.{name}"]
    late = found[0]["at"]
    for query in (f"since={late}", "action=case.read", "outcome=read"):
        assert made.send(role, "GET", f"/access-log?{query}").status_code == 200


def test_to_ask_takes_the_cover_and_something_of_the_trail() -> None:
    for role in ROLES:
        cover, trail = POLICY.grants(role, "case.read"), POLICY.in_sight(role, "event")
        assert set(POLICY.grants(role, "access.read")) == (set(cover) if trail else set()), role


def test_who_is_shown_nothing_of_the_trail_may_not_ask(world: World, looked: Any) -> None:
    made, _ = looked
    assert made.send("centre_manager", "GET").status_code == 200
    assert made.send("centre_manager", "GET", "/access-log").status_code == 403
    for role in ("educator", "administrator", "partner", "health_worker", "statistician"):
        nowhere = str(new_id())
        hidden = made.send(role, "GET", "/access-log")
        absent = world.as_(role)("GET", f"/v1/cases/{nowhere}/access-log")
        assert hidden.status_code == 404
        assert bytes_of(hidden, made.id) == bytes_of(absent, nowhere)
    assert world.client.get(f"{made.path}/access-log").status_code == 401


def test_filters_combine_and_pages_join(looked: Any) -> None:
    made, _ = looked
    until = log_of(made, "auditor")[0]["at"]
    whole = log_of(made, "auditor", f"&until={until}")
    for name in ("actor_id", "action", "outcome", "record", "record_id", "record_class"):
        values = {one[name] for one in whole} - {None}
        assert len(values) > 1 or name in ("record_class", "record_id"), name
        assert values
        for value in values:
            found = log_of(made, "auditor", f"&until={until}&{name}={value}")
            assert found == [one for one in whole if one[name] == value], (name, value)
    middle = whole[-2]["at"]
    late = [one for one in whole if one["at"] >= middle and one["outcome"] == "read"]
    query = f"&since={middle}&until={until}&outcome=read"
    assert log_of(made, "auditor", query) == late
    found, cursor = [], ""
    while True:
        page = made.get("auditor", f"/access-log?limit=2{query}{cursor}")
        found += page["items"]
        if page["next"] is None:
            break
        assert len(page["items"]) == 2
        cursor = f"&cursor={page['next']}"
    assert found == late
    assert len(late) > 4
    assert made.get("auditor", "/access-log?until=1999-01-01") == {"items": [], "next": None}
    for other in ("", "&outcome=refused"):
        answer = made.send("auditor", "GET", f"/access-log?limit=2{other}{cursor}")
        assert answer.status_code == 422, other
    answer = made.send("data_protection_officer", "GET", f"/access-log?limit=2{query}{cursor}")
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("record", "unheard_of"), ("record_class", "Case"), ("record_id", "7")),
        *(("action", "nothing.read"), ("actor_id", "somebody"), ("outcome", "written")),
        *(("since", "yesterday"), ("until", "2026-01-01T10:00:00"), ("limit", "201")),
        *(("cursor", "x" * 30), ("order", "asc")),
    ],
)
def test_what_is_no_filter_is_refused_by_name(looked: Any, name: str, value: str) -> None:
    answer = looked[0].send("auditor", "GET", f"/access-log?{name}={value}")
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == [f"query.{name}"]


def test_to_ask_is_a_look_as_well(world: World, looked: Any) -> None:
    made, _ = looked
    answer = made.send("auditor", "GET", "/access-log?limit=3")
    event, _ = event_of(world, answer)
    told = [event[name] for name in ("action", "outcome", "record", "file_id", "detail")]
    assert told == ["access.read", "read", "access", made.id, "{'shown': 3}"]
    newest, *_ = log_of(made, "auditor", "&action=access.read")
    assert (newest["record"], newest["shown"]) == ("access", 3)


def test_what_is_sealed_has_no_log(world: World) -> None:
    made, nowhere = new_case(world), str(new_id())
    made.get("social_worker")
    assert log_of(made, "auditor")
    sealed(made)
    for role in ("auditor", "data_protection_officer", "supervisor", "social_worker"):
        hidden = made.send(role, "GET", "/access-log")
        absent = world.as_(role)("GET", f"/v1/cases/{nowhere}/access-log")
        assert bytes_of(hidden, made.id) == bytes_of(absent, nowhere)
        assert hidden.status_code == 404
