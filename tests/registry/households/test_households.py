"""Households through HTTP on both engines: dated members, and those out of reach not counted."""

from typing import Any

import pytest

from app.core.db import table
from app.safeguards.outbox.models import Message
from tests.conftest import World
from tests.looking import transaction
from tests.registry.acting import Send, operation, person, registered, signed_in


def cased(world: World, role: str, full: str, value: str) -> tuple[str, str]:
    """Somebody with a case of this role's; person and case."""
    path = f"/v1/operations/{operation(world)}/arrivals"
    made = world.as_(role)("POST", path, json={"members": [person(full, value)]})
    assert made.status_code == 201, made.text
    case = made.json()["items"][0]
    return case["person_id"], case["id"]


def formed(send: Send, *people: str, **more: Any) -> Any:
    members = [{"person_id": one} for one in people]
    return send("POST", "/v1/households", json={"members": members, **more})


def test_a_household_is_formed_joined_and_left(world: World) -> None:
    worker = world.as_("social_worker")
    mother, child = registered(worker, "М М", "1990"), registered(worker, "Д Д", "2016")
    made = formed(worker, mother, label="Block 3, room 4", formed_on="2025-11-02")
    assert made.status_code == 201, made.text
    path = f"/v1/households/{made.json()['id']}"
    assert made.headers["Location"] == path
    assert made.json()["members"][0]["since"] == "2025-11-02"
    body = {"person_id": child, "part": "child", "since": "2025-11-05", "reason": "reunited"}
    joined = worker("POST", f"{path}/members", json=body)
    assert joined.status_code == 201, joined.text
    again = worker("POST", f"{path}/members", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "member-already")
    leave = f"{path}/members/{joined.json()['id']}/leave"
    claim = {"other_id": child, "type": "parent", "source": "self"}
    assert worker("POST", f"/v1/people/{mother}/relationships", json=claim).status_code == 201
    for bad, pointer in (
        ({}, "/reason"),
        ({"reason": "too soon", "until": "2025-11-04"}, "/until"),
        ({"reason": "not yet", "until": "2149-01-01"}, "/until"),
    ):
        refused = worker("POST", leave, json=bad)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["pointer"] == pointer
    gone = {"reason": "placed with the grandmother by decision", "until": "2025-11-20"}
    left = worker("POST", leave, json=gone)
    assert left.status_code == 200, left.text
    assert (left.json()["until"], left.json()["left_reason"]) == (gone["until"], gone["reason"])
    assert worker("POST", leave, json=gone).json()["code"] == "left-already"
    listed = worker("GET", f"{path}/members").json()["items"]
    assert [one["person_id"] for one in listed] == [mother, child]
    back = worker("POST", f"{path}/members", json={**body, "since": "2025-11-20"})
    assert back.status_code == 201, back.text
    assert ("household.child-separated", child, mother) in separations(world)


def separations(world: World) -> list[tuple[str, str, str]]:
    messages = table(Message)
    with transaction(world.house.engine) as db:
        found = db.execute(messages.select().where(messages.c.topic.like("household.child%")))
        return [(row.topic, row.body["one"], row.body["other"]) for row in found]


def test_members_out_of_reach_are_not_there(world: World) -> None:
    mine, _ = cased(world, "social_worker", "Первая Фиктивова", "1990")
    theirs, case = cased(world, "centre_manager", "Вторая Фиктивова", "1991")
    manager, worker = world.as_("centre_manager"), world.as_("social_worker")
    me = worker("GET", "/v1/me").json()["id"]
    member = {"user_id": me, "part": "helps", "reason": "test", "until": "2149-01-01"}
    joined = manager("POST", f"/v1/cases/{case}/team", json=member)
    assert joined.status_code == 201, joined.text
    made = formed(worker, mine, theirs)
    assert len(made.json()["members"]) == 2
    path = f"/v1/households/{made.json()['id']}"
    both = worker("GET", path)
    release = f"/v1/cases/{case}/team/{joined.json()['id']}/release"
    assert manager("POST", release, json={"reason": "done"}).status_code == 200
    seen = worker("GET", path)
    assert [one["person_id"] for one in seen.json()["members"]] == [mine]
    assert seen.json()["version"] == both.json()["version"]
    assert theirs not in worker("GET", f"{path}/members?count=true").text
    assert worker("GET", f"{path}/members?count=true").json()["total"] == 1
    (hidden,) = [one for one in both.json()["members"] if one["person_id"] == theirs]
    leave = f"{path}/members/{hidden['id']}/leave"
    assert worker("POST", leave, json={"reason": "guess"}).status_code == 404
    assert len(manager("GET", path).json()["members"]) == 2  # the unit's, all of them


def test_who_does_not_learn_of_a_household(world: World) -> None:
    worker = world.as_("social_worker")
    someone, case = cased(world, "social_worker", "Третья Фиктивова", "1990")
    made = formed(worker, someone)
    path = f"/v1/households/{made.json()['id']}"
    user = world.as_("prosecutor")("GET", "/v1/me").json()["id"]
    body = {"user_id": user, "part": "prosecutor", "reason": "test"}
    assert worker("POST", f"/v1/cases/{case}/team", json=body).status_code == 201
    for role in ("prosecutor", "educator", "psychologist"):
        assert world.as_(role)("GET", path).status_code == 404, role
        body = {"person_id": someone, "reason": "mine"}
        assert world.as_(role)("POST", f"{path}/members", json=body).status_code == 404
    south = signed_in(world, "demo-social-worker-south")
    assert south("GET", path).status_code == 404
    assert formed(south, someone).status_code == 404
    assert formed(world.as_("centre_manager"), someone).status_code == 403  # reads, does not form
    assert world.as_("centre_manager")("GET", path).status_code == 200
    assert made.json()["id"] in worker("GET", "/v1/households?limit=200").text


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"members": []}, "/members"),
        ({"formed_on": "2149-01-01"}, "/formed_on"),
        ({"wish": 1}, "/wish"),
    ],
)
def test_a_household_that_does_not_fit(world: World, change: Any, pointer: str) -> None:
    worker = world.as_("social_worker")
    someone = registered(worker, "М М", "1990")
    body = {"members": [{"person_id": someone}], **change}
    answer = worker("POST", "/v1/households", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    twice = formed(worker, someone, someone)
    assert twice.json()["errors"][0]["code"] == "twice"
