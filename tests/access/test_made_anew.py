"""A sign-in that one person makes for another is one person's: no second word comes by it."""

from typing import Any

import pytest

from tests.access.test_disclosures import asking, exact
from tests.conftest import World
from tests.hiring import PASSWORD, Hired, hire, settle, unit_of
from tests.making import Send, new_case

WHY = {"reason": "asked at the desk"}
OWN = "kettle drum orbit chestnut"
NORTH, SOUTH = ("administrator", "north"), ("administrator", "south")


def put(world: World, user_id: str, what: str, by: tuple[str, str] = NORTH) -> Any:
    return world.as_(*by)("POST", f"/v1/users/{user_id}/{what}", json=WHY)


def waiting(world: World, user_id: str) -> Any:
    told = world.as_(*NORTH)("GET", f"/v1/users/{user_id}/changes").json()["items"]
    return next((one for one in told if one["status"] == "proposed"), None)


def answered(world: World, user_id: str, verb: str, by: tuple[str, str] = SOUTH) -> Any:
    path = f"/v1/users/{user_id}/changes/{waiting(world, user_id)['id']}/{verb}"
    return world.as_(*by)("POST", path, json=WHY)


def hired_by_one(world: World, name: str) -> Hired:
    body = {"username": name, "display_name": "New", "role": "coordinator", "password": PASSWORD}
    made = world.as_(*NORTH)("POST", "/v1/users", json={**body, "unit_id": unit_of(world)})
    assert made.status_code == 201, made.text
    return Hired(world, made.json()["id"], name)


def test_nobody_agrees_to_a_sign_in_of_their_own_making(world: World) -> None:
    one = hire(world)
    given = put(world, one.id, "reset-password").json()["password"]
    for by in (SOUTH, NORTH):  # nor does the first one change what the other looks at
        for verb in ("reset-password", "reset-second-factor", "unlock"):
            answer = put(world, one.id, verb, by)
            assert (answer.status_code, answer.json()["current"]) == (409, "proposed"), verb
    assert answered(world, one.id, "approve").is_success
    assert one.token(given).status_code == 200


def test_nobody_agrees_to_a_hire_whose_password_they_made(world: World) -> None:
    one = hired_by_one(world, "filled-by-another")
    answer = put(world, one.id, "reset-password", SOUTH)
    assert (answer.status_code, answer.json()["current"]) == (409, "proposed")
    assert answered(world, one.id, "decline").is_success
    answer = put(world, one.id, "reset-password", SOUTH)
    assert (answer.status_code, answer.json()["current"]) == (409, "pending")


def test_a_clients_secret_is_not_made_twice_by_two(world: World) -> None:
    body = {"client_id": "made-by-two", "display_name": "P", "unit_id": unit_of(world)}
    made = world.as_(*NORTH)("POST", "/v1/clients", json=body).json()
    path = f"/v1/clients/{made['id']}/rotate-secret"
    assert world.as_(*NORTH)("POST", path, json=WHY).is_success
    for by in (SOUTH, NORTH):
        again = world.as_(*by)("POST", path, json=WHY)
        assert (again.status_code, again.json()["current"]) == (409, "proposed")


def test_what_was_declined_does_not_open_by_another_name(world: World) -> None:
    one = hire(world)
    given = put(world, one.id, "reset-password").json()["password"]
    assert answered(world, one.id, "decline").is_success
    moved = {"role": "social_worker", "unit_id": unit_of(world), **WHY}
    asked = world.as_(*NORTH)("POST", f"/v1/users/{one.id}/changes", json=moved)
    if asked.is_success:
        agreed = answered(world, one.id, "approve")
        assert (agreed.status_code, agreed.json()["current"]) == (409, "pending")
    assert one.token(given).status_code == 400


def chosen(who: Hired, made: Any, verb: str) -> str:
    """The password by which they sign in after it; a reset one is for setting another."""
    if verb != "reset-password":
        return PASSWORD
    body = {"current": made.json()["password"], "password": OWN}
    token = who.token(body["current"]).json()["access_token"]
    assert who.send(token, "POST", "/v1/me/password", json=body).is_success
    return OWN


@pytest.mark.parametrize("verb", ["reset-password", "reset-second-factor", "unlock"])
def test_nobody_agrees_with_who_they_let_in(world: World, verb: str) -> None:
    """Else both words were those of the one who has the other's password."""
    other, moved = hire(world, "administrator"), hire(world)
    made = put(world, other.id, verb)
    assert made.is_success, made.text
    assert answered(world, other.id, "approve").is_success
    password = chosen(other, made, verb)
    as_other: Send = world.with_token(other.token(password).json()["access_token"])
    change = {"role": "educator", **WHY}
    asked = as_other("POST", f"/v1/users/{moved.id}/changes", json=change)
    assert asked.status_code == 201, asked.text
    answer = answered(world, moved.id, "approve", NORTH)
    assert (answer.status_code, answer.json()["code"]) == (403, "own-proposal"), answer.text
    assert answered(world, moved.id, "approve").is_success


def test_who_was_only_put_forward_agrees_with_anybody(world: World) -> None:
    other, moved = hire(world, "administrator"), hire(world)
    path = f"/v1/users/{other.id}/changes"
    moved_on = {"role": "educator", "unit_id": unit_of(world), **WHY}
    assert world.as_(*SOUTH)("POST", path, json=moved_on).status_code == 201
    assert answered(world, other.id, "decline", NORTH).is_success
    as_other: Send = world.with_token(other.pair()["access_token"])
    change = {"role": "educator", **WHY}
    assert as_other("POST", f"/v1/users/{moved.id}/changes", json=change).status_code == 201
    assert answered(world, moved.id, "approve", SOUTH).is_success


@pytest.mark.parametrize("verb", ["reset-password", "reset-second-factor", "unlock"])
def test_who_was_let_in_anew_decides_nothing_at_once(world: World, verb: str) -> None:
    other, moved = hire(world, "administrator"), hire(world)
    made = put(world, other.id, verb)
    assert answered(world, other.id, "approve").is_success
    password = chosen(other, made, verb)
    change = {"role": "educator", **WHY}
    path = f"/v1/users/{moved.id}/changes"
    asked = world.as_(*NORTH)("POST", path, json=change).json()
    as_other: Send = world.with_token(other.token(password).json()["access_token"])
    answer = as_other("POST", f"{path}/{asked['id']}/approve", json=WHY)
    assert (answer.status_code, answer.json()["code"]) == (403, "reset-lately"), answer.text


def test_who_was_hired_decides_nothing_at_once(world: World) -> None:
    """Who hired them knows their first password, however long nobody agreed to the account."""
    one, moved = hired_by_one(world, "decides-at-once"), hire(world)
    settle(world, one.id)
    assert answered(world, one.id, "approve").is_success
    path = f"/v1/users/{moved.id}/changes"
    change = {"role": "educator", **WHY}
    asked = world.as_(*SOUTH)("POST", path, json=change).json()
    as_new: Send = world.with_token(one.pair()["access_token"])
    answer = as_new("POST", f"{path}/{asked['id']}/approve", json=WHY)
    assert (answer.status_code, answer.json()["code"]) == (403, "reset-lately"), answer.text
    settle(world, one.id)
    assert as_new("POST", f"{path}/{asked['id']}/approve", json=WHY).is_success


def test_nothing_is_disclosed_to_whom_nobody_has_agreed_to(world: World) -> None:
    case, one = new_case(world), hired_by_one(world, "not-agreed-to")
    body = asking("", items=[exact(case)], recipient_id=one.id)
    asked = case.post("supervisor", "/disclosures", body)
    (fault,) = asked.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("/recipient_id", "unknown")
