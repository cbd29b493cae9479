"""What takes two people is done by no one alone, nor on the word of who is not who they were."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.access.test_agreements import terms
from tests.access.test_disclosures import asking, exact
from tests.access.test_elevation import answered, proposed
from tests.access.test_sealing import SEAL, UNSEAL, sealed
from tests.architecture.test_routes import application, walked
from tests.conftest import World
from tests.hiring import PASSWORD, Hired, change, hire, unit_of
from tests.making import new_case, staff_id, today
from tests.registry.erasures.erased import somebody

WHY = {"reason": "read and found right"}
CLOSE = {"reason": "duplicate", "outcome": "another file"}
# Somebody leaves, or is another one by the time that somebody agrees.
LAPSES: dict[str, Callable[[World, str], Any]] = {
    "gone": lambda world, user: change(world, user, disabled=True),
    "changed": lambda world, user: change(world, user, role="livelihoods_officer"),
}


def first_word(world: World, role: str, path: str, body: dict[str, Any]) -> tuple[str, Any]:
    """Proposed by somebody who was hired for it: their id, and what was answered."""
    one = hire(world, role)
    answer = one.send(one.pair()["access_token"], "POST", path, json=body)
    assert answer.is_success, answer.text
    return one.id, answer.json()


def seal(world: World) -> tuple[str, str, str]:
    path = f"{new_case(world, team=()).path}/seal"
    who, told = first_word(world, "supervisor", path, SEAL)
    return who, f"{path}/{told['id']}", "coordinator"


def unsealing(world: World) -> tuple[str, str, str]:
    case = new_case(world, team=())
    sealed(case)
    path = f"{case.path}/unseal"
    who, told = first_word(world, "coordinator", path, UNSEAL)
    return who, f"{path}/{told['id']}", "data_protection_officer"


def erasure(world: World) -> tuple[str, str, str]:
    who, told = first_word(world, "data_protection_officer", "/v1/erasures", somebody(world))
    return who, f"/v1/erasures/{told['id']}", "coordinator"


def closing(world: World) -> tuple[str, str, str]:
    path = f"{new_case(world, team=()).path}/close"
    who, _ = first_word(world, "supervisor", path, CLOSE)
    return who, path, "coordinator"


def cover(world: World) -> tuple[str, str, str]:
    grantor, holder = (hire(world, "psychologist").id for _ in range(2))
    body = {"grantor_id": grantor, "holder_id": holder, "kind": "absence", **WHY}
    who, told = first_word(world, "supervisor", "/v1/covers", {**body, "until": str(today())})
    return who, f"/v1/covers/{told['id']}", "coordinator"


def agreement(world: World) -> tuple[str, str, str]:
    who, told = first_word(world, "coordinator", "/v1/agreements", terms(world, "identity"))
    return who, f"/v1/agreements/{told['id']}", "data_protection_officer"


def disclosure(world: World) -> tuple[str, str, str]:
    case = new_case(world, team=())
    path = f"{case.path}/disclosures"
    who, told = first_word(world, "supervisor", path, asking("", items=[exact(case)]))
    return who, f"{path}/{told['id']}", "coordinator"


def end_of_conflict(world: World) -> tuple[str, str, str]:
    path = declared(world, hire(world, "psychologist").id)
    who, _ = first_word(world, "supervisor", f"{path}/end", WHY)
    return who, f"{path}/end", "data_protection_officer"


def appointment(world: World) -> tuple[str, str, str]:
    path = f"/v1/users/{hire(world).id}/changes"
    who, told = first_word(world, "administrator", path, {"role": "educator", **WHY})
    return who, f"{path}/{told['id']}", "administrator"


def declared(world: World, user_id: str) -> str:
    path = f"/v1/users/{user_id}/conflicts"
    body = {"person_id": new_case(world, team=()).person_id, "relation": "kin", **WHY}
    made = world.as_("supervisor")("POST", path, json=body)
    assert made.status_code == 201, made.text
    return f"{path}/{made.json()['id']}"


def refusal_of(world: World, path: str, role: str) -> str:
    answer = world.as_(role)("POST", f"{path}/approve", json=WHY)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong-state"), answer.text
    (unmet,) = answer.json()["unmet"]
    return str(unmet["code"])


ALL = {
    seal: "/v1/cases/{case_id}/seal/{sealing_id}",
    unsealing: "/v1/cases/{case_id}/unseal/{sealing_id}",
    erasure: "/v1/erasures/{erasure_id}",
    closing: "/v1/cases/{case_id}/close",
    cover: "/v1/covers/{cover_id}",
    agreement: "/v1/agreements/{agreement_id}",
    disclosure: "/v1/cases/{case_id}/disclosures/{disclosure_id}",
    end_of_conflict: "/v1/users/{user_id}/conflicts/{interest_id}/end",
    appointment: "/v1/users/{user_id}/changes/{change_id}",
}


def test_whatever_is_approved_is_among_them(world: World) -> None:
    paths = {path for _, path, door, _ in walked(application(world)) if door}
    assert {path for path in paths if path.endswith("/approve")} == {
        f"{path}/approve" for path in ALL.values()
    }


@pytest.mark.turns
@pytest.mark.parametrize("lapse", LAPSES)
@pytest.mark.parametrize("kind", ALL)
def test_nobody_agrees_with_who_is_not_who_they_were(world: World, kind: Any, lapse: str) -> None:
    who, path, other = kind(world)
    if kind is appointment and lapse == "changed":
        assert change(world, who, role="auditor", unit_id=unit_of(world)).is_success
    else:
        assert LAPSES[lapse](world, who).is_success
    assert refusal_of(world, path, other) == f"proposer-{lapse}"
    verb = "deny" if kind is disclosure else "decline"
    assert world.as_(other)("POST", f"{path}/{verb}", json=WHY).is_success


@pytest.mark.parametrize("lapse", LAPSES)
def test_a_first_approval_lapses_too(world: World, lapse: str) -> None:
    case, checker = new_case(world, team=()), hire(world, "supervisor")
    asked = case.post("coordinator", "/disclosures", asking("", items=[exact(case)]))
    path = f"{case.path}/disclosures/{asked.json()['id']}"
    token = checker.pair()["access_token"]
    checked = checker.send(token, "POST", f"{path}/approve", json=WHY)
    assert checked.json()["status"] == "checked", checked.text
    assert LAPSES[lapse](world, checker.id).is_success
    assert refusal_of(world, path, "data_protection_officer") == f"checker-{lapse}"


def test_who_was_away_and_is_back_says_it_anew(world: World) -> None:
    who, path, other = seal(world)
    for disabled in (True, False):
        assert change(world, who, disabled=disabled).is_success
    assert refusal_of(world, path, other) == "proposer-changed"


# --- accounts that open again ---------------------------------------------------------------------


def asked_to_open(world: World, one: Hired) -> Any:
    """As an administrator asks for it; the account as it is told then."""
    admin, path = world.as_("administrator"), f"/v1/users/{one.id}"
    tag = {"If-Match": admin("GET", path).headers["ETag"]}
    return admin("PATCH", path, json={"disabled": False, **WHY}, headers=tag)


def waiting(world: World, one: Hired) -> Any:
    path = f"/v1/users/{one.id}/changes"
    listed = world.as_("administrator")("GET", path).json()["items"]
    return [item for item in listed if item["status"] == "proposed"]


def test_an_account_opens_again_when_another_agrees(world: World) -> None:
    one = hire(world)
    assert change(world, one.id, disabled=True).is_success
    told = asked_to_open(world, one)
    assert told.status_code == 200, told.text
    assert told.json()["disabled_at"] is not None
    assert one.token().status_code == 400
    assert asked_to_open(world, one).json()["code"] == "wrong-state"
    (asked,) = waiting(world, one)
    assert (asked["named"], asked["enabled"]) == (["enabled"], True)
    path = f"/v1/users/{one.id}/changes/{asked['id']}/approve"
    own = world.as_("administrator")("POST", path, json=WHY)
    assert (own.status_code, own.json()["code"]) == (403, "own-proposal")
    assert one.token().status_code == 400
    assert world.as_("administrator", "south")("POST", path, json=WHY).is_success
    assert one.token().status_code == 200
    again = world.as_("administrator")("GET", f"/v1/users/{one.id}").json()
    assert again["disabled_at"] is None
    assert asked_to_open(world, one).status_code == 200  # which it is
    assert waiting(world, one) == []


def test_what_is_declined_stays_shut_and_is_asked_for_as_a_change_too(world: World) -> None:
    one = hire(world)
    early = proposed(world, one.id, enabled=True)
    assert (early.status_code, early.json()["current"]) == (409, "enabled")
    assert change(world, one.id, disabled=True).is_success
    for wrong in (False, None, 1, "true"):
        answer = proposed(world, one.id, enabled=wrong)
        assert answer.status_code == 422, (wrong, answer.text)
    made = proposed(world, one.id, enabled=True)
    assert answered(world, one.id, made, ("coordinator", "north"), "decline").is_success
    assert one.token().status_code == 400
    moved = proposed(world, one.id, role="educator")
    assert answered(world, one.id, moved, ("coordinator", "north"), "approve").is_success
    assert one.token().status_code == 400
    made = proposed(world, one.id, enabled=True)
    assert answered(world, one.id, made, ("coordinator", "north"), "approve").is_success
    assert one.token().status_code == 200


def test_a_hire_that_nobody_agreed_to_does_not_come_alive_by_it(world: World) -> None:
    body = {"username": "shut-twice", "display_name": "New", "role": "coordinator"}
    body |= {"unit_id": unit_of(world), "password": PASSWORD}
    made = world.as_("administrator")("POST", "/v1/users", json=body).json()
    one = Hired(world, made["id"], body["username"])
    (hiring,) = waiting(world, one)
    path = f"/v1/users/{one.id}/changes"
    other = world.as_("administrator", "south")
    assert other("POST", f"{path}/{hiring['id']}/decline", json=WHY).is_success
    assert change(world, one.id, disabled=True).is_success
    assert asked_to_open(world, one).is_success
    (asked,) = waiting(world, one)
    answer = other("POST", f"{path}/{asked['id']}/approve", json=WHY)
    assert (answer.status_code, answer.json()["current"]) == (409, "pending")
    assert one.token().status_code == 400


# --- conflicts of interest ------------------------------------------------------------------------


def test_a_conflict_ends_by_two_people_who_are_not_concerned(world: World) -> None:
    case = new_case(world)
    user = staff_id(world, "psychologist")
    body = {"person_id": case.person_id, "relation": "kin", **WHY}
    made = world.as_("supervisor")("POST", f"/v1/users/{user}/conflicts", json=body)
    path = f"/v1/users/{user}/conflicts/{made.json()['id']}/end"
    boss, officer = world.as_("supervisor"), world.as_("data_protection_officer")
    early = officer("POST", f"{path}/approve", json=WHY)
    assert (early.status_code, early.json()["current"]) == (409, "in-force")
    asked = boss("POST", path, json=WHY)
    assert (asked.status_code, asked.json()["ended_at"]) == (200, None)
    assert case.send("psychologist", "GET").status_code == 404
    twice = officer("POST", path, json=WHY)
    assert (twice.status_code, twice.json()["current"]) == (409, "end-proposed")
    own = boss("POST", f"{path}/approve", json=WHY)
    assert (own.status_code, own.json()["code"]) == (403, "own-proposal")
    assert world.as_("psychologist")("POST", f"{path}/approve", json=WHY).status_code == 403
    assert officer("POST", f"{path}/decline", json=WHY).json()["end_proposed_by"] is None
    assert case.send("psychologist", "GET").status_code == 404
    assert officer("POST", path, json=WHY).is_success
    ended = boss("POST", f"{path}/approve", json=WHY).json()
    assert ended["ended_by"] == staff_id(world, "supervisor")
    assert case.get("psychologist")["id"] == case.id
    over = boss("POST", path, json=WHY)
    assert (over.status_code, over.json()["current"]) == (409, "ended")


def test_a_protection_officer_declares_a_conflict_of_their_own(world: World) -> None:
    case, elsewhere = new_case(world), new_case(world)
    role = "data_protection_officer"
    mine = f"/v1/users/{staff_id(world, role)}/conflicts"
    body = {"person_id": case.person_id, "relation": "neighbour", **WHY}
    assert case.get(role)["id"] == case.id
    assert world.as_(role, "south")("GET", case.path).status_code == 404
    theirs = f"/v1/users/{world.staff[role, 'south'].id}/conflicts"
    stranger = world.as_(role, "south")("POST", theirs, json=body)
    assert (stranger.status_code, stranger.json()["errors"][0]["pointer"]) == (404, "/person_id")
    made = world.as_(role)("POST", mine, json=body)
    assert made.status_code == 201, made.text
    assert case.send(role, "GET").status_code == 404
    assert elsewhere.get(role)["id"] == elsewhere.id
    end = f"{mine}/{made.json()['id']}/end"
    assert world.as_(role)("POST", end, json=WHY).json()["code"] == "own-conflict"
    assert world.as_("supervisor")("POST", end, json=WHY).is_success
    assert world.as_(role)("POST", f"{end}/approve", json=WHY).json()["code"] == "own-conflict"
    assert world.as_("centre_manager")("POST", f"{end}/approve", json=WHY).is_success
    assert case.get(role)["id"] == case.id
