"""Nobody raises their own rights, and what somebody becomes takes two others."""

from typing import Any

import pytest

from app.registry.staff.rules import may_give, wider
from app.safeguards.access.policy import POLICY, RANK, ROLES
from tests.access.test_leavers import at_work
from tests.conftest import World
from tests.hiring import PASSWORD, change, hire, unit_of
from tests.making import new_case, staff_id

WHY = {"reason": "a new post"}


def proposed(world: World, user_id: str, **changes: Any) -> Any:
    path = f"/v1/users/{user_id}/changes"
    return world.as_("administrator")("POST", path, json={**changes, **WHY})


def answered(world: World, user_id: str, made: Any, by: tuple[str, str], verb: str) -> Any:
    path = f"/v1/users/{user_id}/changes/{made.json()['id']}/{verb}"
    return world.as_(*by)("POST", path, json=WHY)


def test_who_is_hired_signs_in_once_another_has_agreed(world: World) -> None:
    admin = world.as_("administrator")
    body = {"username": "newly-hired", "display_name": "New", "role": "psychologist"}
    body |= {"unit_id": unit_of(world), "password": PASSWORD}
    made = admin("POST", "/v1/users", json=body).json()
    assert made["pending"] is True
    form = {"grant_type": "password", "username": "newly-hired", "password": PASSWORD}
    unknown = world.client.post("/v1/token", data={**form, "username": "nobody-at-all"})
    told = world.client.post("/v1/token", data=form)
    assert (told.status_code, told.content) == (unknown.status_code, unknown.content)
    assert at_work(world, made["id"])("GET", "/v1/me").status_code == 401
    case = new_case(world, team=())
    member = {"user_id": made["id"], "part": "psychologist", **WHY}
    assert case.post("social_worker", "/team", member).status_code == 422
    (waits,) = admin("GET", f"/v1/users/{made['id']}/changes").json()["items"]
    path = f"/v1/users/{made['id']}/changes/{waits['id']}/approve"
    own = admin("POST", path, json=WHY)
    assert (own.status_code, own.json()["code"]) == (403, "own-proposal")
    assert world.as_("supervisor")("POST", path, json=WHY).status_code == 404
    assert world.as_("coordinator", "south")("POST", path, json=WHY).status_code == 404
    assert world.as_("coordinator")("POST", path, json=WHY).json()["status"] == "done"
    assert admin("GET", f"/v1/users/{made['id']}").json()["pending"] is False
    assert world.client.post("/v1/token", data=form).status_code == 200
    again = world.as_("administrator", "south")("POST", path, json=WHY)
    assert (again.status_code, again.json()["code"]) == (409, "wrong-state")


def test_role_and_unit_are_not_for_one_to_change(world: World) -> None:
    one = hire(world)
    for changes in ({"role": "educator"}, {"unit_id": unit_of(world)}, {"supervisor_id": None}):
        body, path = {**changes, **WHY}, f"/v1/users/{one.id}"
        answer = world.as_("administrator")("PATCH", path, json=body, headers={"If-Match": "*"})
        assert answer.status_code == 422, answer.text
    made = proposed(world, one.id, role="educator")
    assert made.json()["named"] == ["role"]
    twice = proposed(world, one.id, role="auditor")
    assert (twice.status_code, twice.json()["code"]) == (409, "wrong-state")
    read = world.as_("administrator")("GET", f"/v1/users/{one.id}")
    assert read.json()["role"] == "social_worker"
    declined = answered(world, one.id, made, ("administrator", "south"), "decline")
    assert declined.json()["status"] == "declined"
    assert one.token().status_code == 200  # nothing has changed
    for role in ROLES:
        if role != "administrator":
            answer = world.as_(role)("POST", f"/v1/users/{one.id}/changes", json=WHY)
            assert answer.status_code in (403, 404), role


def test_nobody_answers_for_themselves(world: World) -> None:
    boss = hire(world, "administrator")
    made = proposed(world, boss.id, role="auditor", unit_id=unit_of(world))
    path = f"/v1/users/{boss.id}/changes/{made.json()['id']}/approve"
    own = boss.send(boss.pair()["access_token"], "POST", path, json=WHY)
    assert (own.status_code, own.json()["code"]) == (403, "own-rights")


def test_a_coordinator_moves_nobody_into_another_jurisdiction(world: World) -> None:
    one = hire(world)
    made = proposed(world, one.id, unit_id=unit_of(world, "demo-south"))
    refused = answered(world, one.id, made, ("coordinator", "north"), "approve")
    assert (refused.status_code, refused.json()["code"]) == (403, "other-jurisdiction")
    done = answered(world, one.id, made, ("administrator", "south"), "approve")
    assert done.status_code == 200, done.text


def test_what_was_proposed_by_who_is_gone_is_proposed_anew(world: World) -> None:
    boss, one = hire(world, "administrator"), hire(world)
    path = f"/v1/users/{one.id}/changes"
    token = boss.pair()["access_token"]
    made = boss.send(token, "POST", path, json={"role": "educator", **WHY})
    assert made.status_code == 201, made.text
    assert change(world, boss.id, disabled=True).status_code == 200
    late = answered(world, one.id, made, ("administrator", "south"), "approve")
    assert (late.status_code, late.json()["unmet"][0]["code"]) == (409, "proposer-gone")


def test_nobody_puts_themselves_on_a_team(world: World) -> None:
    case = new_case(world, team=())
    for role in ("social_worker", "supervisor", "coordinator"):
        for user_id in (None, staff_id(world, role)):
            member = {"part": "more of it", **WHY} | ({"user_id": user_id} if user_id else {})
            answer = case.post(role, "/team", member)
            assert answer.status_code in (403, 422), answer.text
            if user_id:
                assert answer.json()["code"] == "own-team"


def test_nobody_takes_the_lead_who_is_on_the_team_for_a_track_alone(world: World) -> None:
    case, one = new_case(world, team=()), hire(world)
    member = {"user_id": one.id, "part": "livelihood", "track": "LIV", **WHY}
    assert case.post("social_worker", "/team", member).status_code == 201
    token = one.pair()["access_token"]
    tag = one.send(token, "GET", case.path).headers["ETag"]
    body, headers = {"lead_worker_id": one.id, **WHY}, {"If-Match": tag}
    own = one.send(token, "PATCH", case.path, json=body, headers=headers)
    assert (own.status_code, own.json()["code"]) == (403, "forbidden")
    boss = world.as_("supervisor")
    headers = {"If-Match": boss("GET", case.path).headers["ETag"]}
    assert boss("PATCH", case.path, json=body, headers=headers).status_code == 200


def gives(giver: str, role: str) -> bool:
    return may_give(giver, role, POLICY.classes, RANK)


@pytest.mark.parametrize("role", ROLES)
def test_administrators_give_any_role_and_others_none_that_is_wider(role: str) -> None:
    assert gives("administrator", role)
    assert gives(role, role)
    assert not gives(role, "administrator") or role == "administrator"


def test_wider_is_more_letters_or_further_reach_in_any_class() -> None:
    table = {
        "appointment": {"boss": {"any": "C"}},
        "plan": {"near": {"team": "R"}, "far": {"unit": "R"}, "more": {"team": "RC"}},
        "other": {"else": {"self": "R"}},
    }
    ranks = {"any": 0, "unit": 2, "team": 4, "self": 9}
    assert wider("far", "near", table, ranks)
    assert wider("more", "near", table, ranks)
    assert wider("else", "far", table, ranks)
    assert not wider("near", "far", table, ranks)
    assert not wider("near", "more", table, ranks)
    assert may_give("boss", "far", table, ranks)
    assert not may_give("near", "far", table, ranks)
