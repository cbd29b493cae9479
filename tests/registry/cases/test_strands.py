"""A place on the team for one track alone: its classes, those of no track, and nothing else."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from app.core.db import table
from app.registry.cases.models import TOLD_WITH
from app.registry.cases.strands import is_open_to, of_tracks, strands
from app.registry.people.models import PersonRecord
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.protected import protected_kinds
from tests.conftest import World
from tests.hiring import hire
from tests.making import Made, Send, new_case, today

BIRTH = "2014-05-02"
CLASSES = {
    **{"RPT": {"pathway"}, "JUS": {"justice", "child_justice", "docket", "child_docket"}},
    **{"SEC": {"security"}, "HLT": {"health"}, "MHP": {"clinical", "therapy_notes"}},
    **{"DOC": {"civil_documents"}},
    **{"CPC": {"protection"}, "EDU": {"education"}, "LIV": {"livelihood"}},
    **{"REL": {"faith_counselling"}, "FAM": {"family"}},
}


def test_which_classes_are_of_which_track() -> None:
    assert strands.__wrapped__() == strands() == CLASSES
    assert (
        of_tracks.__wrapped__()
        == of_tracks()
        == {one for names in CLASSES.values() for one in names}
    )
    for track in (None, *CLASSES):
        for name in POLICY.classes:
            apart = name in of_tracks() and name not in CLASSES.get(str(track), ())
            assert is_open_to(track, name) is (track is None or not apart), (track, name)
    assert not is_open_to("XXX", "health")
    assert is_open_to("XXX", "plan")


def test_what_of_a_person_says_its_class_row_by_row_is_of_no_track() -> None:
    """By whichever place on the team it is open, see `within_persons`."""
    for kind in protected_kinds():
        if issubclass(kind, PersonRecord) and kind.record_class is None:
            assert "record_class" in table(kind).c
            assert not POLICY.records[kind.record] & of_tracks()


@dataclass
class Worker:
    id: str
    send: Send


def worker(world: World, role: str = "social_worker") -> Worker:
    one = hire(world, role)
    return Worker(one.id, world.with_token(one.pair()["access_token"]))


def test_a_column_of_a_tracks_class_stands_in_rows_that_are_told_with_it() -> None:
    """For the others withhold a column by role alone, whichever part of the team one is of."""
    for kind in protected_kinds():
        marked = {str(column.info.get("record_class")) for column in table(kind).c} & of_tracks()
        told_with = table(kind).info.get(TOLD_WITH)
        assert marked <= {told_with}, kind.record


def join(made: Made, who: Worker, track: str | None, **more: Any) -> dict[str, Any]:
    body = {"user_id": who.id, "part": "helps", "track": track, "reason": "asked to", **more}
    answer = made.post("supervisor", "/team", body)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def seen(made: Made, who: Worker, path: str) -> Any:
    answer = who.send("GET", f"/v1/cases/{made.id}{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def task(made: Made, role: str, record_class: str) -> str:
    body = {"title": "see to it", "due_on": "2030-01-01", "record_class": record_class}
    answer = made.post(role, "/tasks", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture
def made(world: World) -> Made:
    return new_case(world, BIRTH)


def test_of_other_tracks_they_see_nothing(world: World, made: Made) -> None:
    one, other, whole = worker(world), worker(world), worker(world)
    ids = {
        "education": task(made, "educator", "education"),
        "livelihood": task(made, "livelihoods_officer", "livelihood"),
        "family": task(made, "social_worker", "family"),
        "plan": task(made, "social_worker", "plan"),
    }
    assert one.send("GET", f"/v1/cases/{made.id}").status_code == 404
    join(made, one, "LIV")
    join(made, whole, None)

    def told(who: Worker, path: str, of: str = "id") -> set[str]:
        return {item[of] for item in seen(made, who, path)["items"]}

    assert told(one, "/tasks") & set(ids.values()) == {ids["livelihood"], ids["plan"]}
    assert set(ids.values()) - told(whole, "/tasks") == set()
    for name, place in ids.items():
        status = one.send("GET", f"/v1/cases/{made.id}/tasks/{place}").status_code
        assert status == (200 if name in ("livelihood", "plan") else 404), name
    join(made, other, "EDU")
    every = {item["code"] for item in seen(made, whole, "")["tracks"]}
    for who, codes in ((one, every & {"LIV"}), (other, {"EDU"})):
        assert {item["code"] for item in seen(made, who, "")["tracks"]} == codes < every
        assert told(who, "/tracks", "code") == codes
    for path in ("/timeline", "/history"):
        classes = told(one, f"{path}?limit=200", "record_class")
        assert not classes & (of_tracks() - {"livelihood"}), path
        assert {"livelihood", "plan", "case"} <= classes, path
        assert {"education", "family"} <= told(whole, f"{path}?limit=200", "record_class"), path
    everywhere = one.send("GET", "/v1/tasks?limit=200").json()["items"]
    assert {item["id"] for item in everywhere} == {ids["livelihood"], ids["plan"]}
    person = f"/v1/people/{made.person_id}"
    assert one.send("GET", person).status_code == 200
    assert one.send("GET", f"{person}/names").status_code == 200
    assert one.send("GET", f"{person}/relationships").json()["items"] == []


def test_in_other_tracks_they_write_nothing(world: World, made: Made) -> None:
    one = worker(world)
    join(made, one, "LIV")
    place, body = f"/v1/cases/{made.id}/tasks", {"title": "call", "due_on": "2030-01-01"}
    for name, status in (("livelihood", 201), ("plan", 201), ("family", 403)):
        answer = one.send("POST", place, json={**body, "record_class": name})
        assert answer.status_code == status, (name, answer.text)
    note = {"kind": "social_work", "occurred_on": str(today()), "text": "met"}
    assert one.send("POST", f"/v1/cases/{made.id}/notes", json=note).status_code == 201
    of_family = task(made, "social_worker", "family")
    for deed, given in (("acknowledge", {}), ("cancel", {"reason": "no more"})):
        more = {"json": given} if given else {}
        answer = one.send("POST", f"{place}/{of_family}/{deed}", **more)
        assert answer.status_code == 404, answer.text


def test_it_is_said_that_it_is_another_track(world: World, made: Made) -> None:
    one = worker(world)
    join(made, one, "LIV")
    told = one.send("GET", f"/v1/me/permissions?case_id={made.id}").json()
    classes = {item["record_class"]: item for item in told["classes"]}
    reasons = {item["right"]: item["reasons"] for item in classes["family"]["refused"]}
    assert (classes["family"]["may"], reasons["read"]) == ([], ["track"])
    assert {"read", "create"} <= set(classes["livelihood"]["may"])
    assert "read" in classes["plan"]["may"]

    def may(action: str) -> tuple[bool, list[str]]:
        told = one.send("GET", f"/v1/me/permissions?case_id={made.id}").json()
        (found,) = (item for item in told["actions"] if item["action"] == action)
        return found["may"], found["reasons"]

    for action in ("team.assign", "consent.record", "case.change"):
        assert may(action) == (False, ["track"]), action
    for action in ("team.read", "note.add", "task.set"):
        assert may(action)[0], action
    join(made, one, None)
    assert may("team.assign") == (True, [])


def test_two_tracks_are_two_and_the_whole_case_is_all(world: World, made: Made) -> None:
    one = worker(world)
    ids = {name: task(made, "social_worker", name) for name in ("family", "livelihood")}

    def told() -> set[str]:
        found = seen(made, one, "/tasks?limit=200")["items"]
        return {name for name, place in ids.items() if place in {item["id"] for item in found}}

    join(made, one, "LIV")
    assert told() == {"livelihood"}
    member = join(made, one, "FAM")
    assert told() == {"livelihood", "family"}
    ended = {"until": str(today()), "reason": "no longer"}
    path = f"/team/{member['id']}/release"
    assert made.post("supervisor", path, ended).is_success
    assert told() == {"livelihood"}
    join(made, one, None)
    assert told() == {"livelihood", "family"}


def test_who_stands_in_for_one_of_a_track_has_that_track(world: World, made: Made) -> None:
    one, other = worker(world), worker(world)
    join(made, one, "LIV")
    hidden, shown = (task(made, "social_worker", name) for name in ("family", "livelihood"))
    days = {"since": str(today()), "until": str(today() + timedelta(days=3))}
    body = {"holder_id": other.id, "kind": "absence", "reason": "leave", **days}
    proposed = one.send("POST", "/v1/covers", json=body)
    assert proposed.status_code == 201, proposed.text
    path = f"/v1/covers/{proposed.json()['id']}/approve"
    assert world.as_("supervisor")("POST", path, json={"reason": "rested"}).is_success
    ids = {item["id"] for item in seen(made, other, "/tasks?limit=200")["items"]}
    assert (shown in ids, hidden in ids) == (True, False)
