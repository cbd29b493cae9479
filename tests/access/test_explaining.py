"""What one may do is told as the wall does it; of what one may not know of, nothing."""

from typing import Any

import pytest

from app.core.statements import Statement
from app.safeguards.access.policy import POLICY, ROLES, Reach
from app.safeguards.guard.mark import Mark
from tests.access.cells.operations import asking
from tests.access.test_break_glass import broken
from tests.access.test_sealing import bytes_of, sealed
from tests.architecture.test_routes import application, walked
from tests.conftest import World
from tests.making import ON_THE_TEAM, Made, colleague_of, new_case, signed_in, staff_id

NOWHERE = "00000000-0000-7000-8000-000000000001"
TEAM = (*ON_THE_TEAM, "probation_officer", "defence_lawyer")


def asked(world: World, role: str, case_id: str | None, unit: str = "north") -> Any:
    path = "/v1/me/permissions" + (f"?case_id={case_id}" if case_id else "")
    return world.as_(role, unit)("GET", path)


def of_action(told: dict[str, Any], action: str) -> dict[str, Any]:
    (one,) = (one for one in told["actions"] if one["action"] == action)
    return dict(one)


def of_class(told: dict[str, Any], name: str) -> dict[str, Any]:
    (one,) = (one for one in told["classes"] if one["record_class"] == name)
    return dict(one)


def why(told: dict[str, Any], name: str, right: str = "read") -> list[str]:
    (one,) = (one for one in of_class(told, name)["refused"] if one["right"] == right)
    return list(one["reasons"])


def lists(world: World, case: Made) -> list[tuple[Mark, str]]:
    """The action of each list and each record of the case or its person, and where it is."""
    return [
        (door.mark, path.format(case_id=case.id, person_id=case.person_id) + asking(path))
        for method, path, door, _ in walked(application(world))
        if method == "GET"
        and door
        and path.count("{") == 1
        and ("{case_id}" in path or "{person_id}" in path)
    ]


def compared(world: World, team: tuple[str, ...], parts: int) -> int:
    """How often what is told was held against what is met; each role has one in `parts` places."""
    case, found = new_case(world, team=team), 0
    places = lists(world, case)
    assert len(places) >= 20
    for n, role in enumerate(ROLES):
        told = asked(world, role, case.id)
        for mark, path in places[n % parts :: parts]:
            met = world.as_(role)("GET", path).status_code
            if told.status_code == 404:
                assert met in (403, 404), f"{role} {path}: {met}"
                continue
            assert told.status_code == 200, told.text
            one = of_action(told.json(), mark.action)
            may = one["may"] or bool(mark.summary and one["in_summary"])
            # 409: let in, and the log has nothing of it yet.
            assert (met in (200, 409)) is may, f"{role} {path}: {met}, told {one}"
            found += 1
        if told.status_code == 404:
            assert bytes_of(told) == bytes_of(asked(world, role, NOWHERE)), role
    return found


@pytest.mark.parametrize("team", [TEAM, ()], ids=["on the team", "off the team"])
def test_every_may_is_what_a_request_meets(world: World, team: tuple[str, ...]) -> None:
    assert compared(world, team, 4) >= (50 if team else 15)


@pytest.mark.prove
@pytest.mark.parametrize("team", [TEAM, ()], ids=["on the team", "off the team"])
def test_every_may_is_so_for_everybody_everywhere(world: World, team: tuple[str, ...]) -> None:
    assert compared(world, team, 1) >= (20 * 10 if team else 20 * 3)


def test_each_refusal_says_what_is_missing(world: World) -> None:
    case = new_case(world)
    prosecutor = asked(world, "prosecutor", case.id).json()
    assert why(prosecutor, "identity") == ["only_by_disclosure"]
    assert why(prosecutor, "clinical") == ["never"]
    assert why(prosecutor, "civil_documents") == ["not_for_role"]
    assert of_class(prosecutor, "justice")["may"] == ["read", "create", "change"]
    off = new_case(world, team=("psychologist",))
    member = {"user_id": staff_id(world, "prosecutor"), "part": "summoned", "reason": "on the team"}
    assert off.post("social_worker", "/team", member).status_code == 201
    told = asked(world, "prosecutor", off.id).json()
    assert why(told, "justice") == ["docket"]  # the team alone opens no justice
    assert why(prosecutor, "justice", "approve") == ["not_for_role"]
    assert of_action(prosecutor, "person.read")["reasons"] == ["only_by_disclosure"]
    assert of_action(prosecutor, "disclosure.read")["reasons"] == ["disclosure"]
    worker = asked(world, "social_worker", case.id).json()
    assert why(worker, "health") == ["break_glass_possible"]
    assert of_class(worker, "health")["may"] == ["summary"]
    assert of_action(worker, "glass.open")["may"] is True
    assert of_action(worker, "note.read")["record_classes"] == [
        "civil_documents",
        "psychosocial_notes",
    ]
    assert "faith_counselling" in of_action(worker, "note.read")["in_summary"]
    boss = asked(world, "supervisor", case.id).json()
    assert of_class(boss, "plan")["may"] == ["read", "approve"]
    ways = {one["reach"]: one["holds"] for one in of_class(boss, "plan")["grants"]}
    assert ways == {"unit": True, "line": False}


def test_a_broken_glass_is_told_as_long_as_it_is_open(world: World) -> None:
    case = new_case(world)
    assert why(asked(world, "health_worker", case.id).json(), "therapy_notes") == [
        "break_glass_possible"
    ]
    opened = broken(case, "health_worker", "therapy_notes")
    assert opened.status_code == 201, opened.text
    told = asked(world, "health_worker", case.id).json()
    assert of_class(told, "therapy_notes")["may"] == ["read"]
    assert "therapy_notes" in of_action(told, "note.read")["record_classes"]
    ended = case.post("health_worker", f"/break-glass/{opened.json()['id']}/end")
    assert ended.status_code == 200, ended.text
    told = asked(world, "health_worker", case.id).json()
    assert of_class(told, "therapy_notes")["may"] == []


def test_who_is_off_the_team_is_told_so_where_they_may_know_of_it(world: World) -> None:
    case = new_case(world, team=())
    with signed_in(world, colleague_of(world, "social_worker")) as send:
        told = send("GET", f"/v1/me/permissions?case_id={case.id}")
        assert told.status_code == 200, told.text  # whose glass they may break
        assert why(told.json(), "protection") == ["break_glass_possible", "team"]
        assert why(told.json(), "psychosocial_notes") == ["team"]
        assert of_action(told.json(), "case.read") == {
            "action": "case.read",
            "may": False,
            "record_classes": [],
            "in_summary": [],
            "reasons": ["team"],
        }
    for role in ("prosecutor", "psychologist", "educator", "legal_officer"):
        here, there = (asked(world, role, one) for one in (case.id, NOWHERE))
        assert here.status_code == 404
        assert bytes_of(here) == bytes_of(there), role


def test_of_a_sealed_case_only_who_may_unseal_it_is_told(world: World) -> None:
    case = new_case(world)
    sealed(case)
    for role in ROLES:
        told = asked(world, role, case.id)
        if role not in ("coordinator", "data_protection_officer"):
            assert bytes_of(told) == bytes_of(asked(world, role, NOWHERE)), role
            continue
        assert told.json()["sealed"] is True
        assert all(one["may"] == [] for one in told.json()["classes"])
        assert why(told.json(), "case") == ["sealed"]
        may = [one["action"] for one in told.json()["actions"] if one["may"]]
        assert may == ["sealing.unseal"], role
        assert of_action(told.json(), "case.read")["reasons"] == ["sealed"]


def test_a_conflict_of_interest_is_not_told_to_whom_it_bars(world: World) -> None:
    case = new_case(world)
    assert asked(world, "psychologist", case.id).status_code == 200
    path = f"/v1/users/{staff_id(world, 'psychologist')}/conflicts"
    kin = {"person_id": case.person_id, "relation": "kin", "reason": "a cousin"}
    assert world.as_("supervisor")("POST", path, json=kin).status_code == 201
    here, there = (asked(world, "psychologist", one) for one in (case.id, NOWHERE))
    assert bytes_of(here) == bytes_of(there)
    assert asked(world, "health_worker", case.id).status_code == 200


def test_another_jurisdiction_is_told_nothing(world: World) -> None:
    case = new_case(world)
    for role in ROLES:
        if (role, "south") in world.staff:
            here, there = (asked(world, role, one, "south") for one in (case.id, NOWHERE))
            assert here.status_code == 404, role
            assert bytes_of(here) == bytes_of(there), role


def test_without_a_case_it_is_the_policy_by_role(world: World) -> None:
    for role in ROLES:
        told = asked(world, role, None)
        assert told.status_code == 200, told.text
        body = told.json()
        assert (body["role"], body["case_id"], body["sealed"]) == (role, None, False)
        assert {one["record_class"] for one in body["classes"]} == POLICY.classes.keys()
        for one in body["classes"]:
            opened = POLICY.classes[one["record_class"]].get(role, {})
            assert {grant["reach"] for grant in one["grants"]} == {str(r) for r in opened}
            assert all(grant["holds"] is None for grant in one["grants"])
        for one in body["actions"]:
            assert one["may"] is bool({*POLICY.grants(role, one["action"])} - {Reach.GLASS}), (
                f"{role} {one['action']}"
            )


def test_it_takes_one_statement_whoever_asks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case, asked_of, run = new_case(world), list[str](), Statement.run

    def counted(self: Statement, *given: Any) -> Any:
        asked_of.append(self.text)
        return run(self, *given)

    monkeypatch.setattr(Statement, "run", counted)
    for role in ("social_worker", "prosecutor", "partner", "auditor"):
        asked_of.clear()
        asked(world, role, case.id)
        assert len([one for one in asked_of if "file_bars" in one]) == 1, role


def test_a_nonsense_id_is_a_fault_of_the_query(world: World) -> None:
    told = asked(world, "social_worker", "nonsense")
    assert told.status_code == 422
    assert told.json()["errors"][0]["pointer"] == "query.case_id"


def test_whose_password_is_not_their_own_is_told_of_no_case(world: World) -> None:
    case, user = new_case(world), colleague_of(world, "supervisor")
    reset = world.as_("administrator")(
        "POST", f"/v1/users/{user['id']}/reset-password", json={"reason": "forgotten"}
    )
    assert reset.status_code == 200, reset.text
    assert world.agree(user["id"]).status_code == 200
    with signed_in(world, {**user, "password": reset.json()["password"]}) as send:
        told = send("GET", f"/v1/me/permissions?case_id={case.id}")
        assert (told.status_code, told.json()["code"]) == (403, "password-change-required")
