"""A conflict of interest closes the person and every case of theirs to one member of staff."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert, select

from app.core.db import table
from app.core.values import new_id
from app.registry.notices.models import tells_of_no_barred_case
from app.registry.people.models import Person
from app.safeguards.access.bars import Bar
from app.safeguards.audit.models import AuditEvent
from app.safeguards.identity.caller import named
from tests.access.test_sealing import bytes_of, sealed
from tests.conftest import World
from tests.hiring import change, hire
from tests.looking import transaction
from tests.making import Made, every_page, new_case, staff_id
from tests.safeguards.guard.test_released import somebody_waits

WHY = {"reason": "a cousin of the family"}


def declared(world: World, role: str, by: str, person_id: str) -> Any:
    body = {"person_id": person_id, "relation": "kin", **WHY}
    return world.as_(by)("POST", f"/v1/users/{staff_id(world, role)}/conflicts", json=body)


def test_who_declares_it_is_out_at_the_next_request(world: World) -> None:
    case = new_case(world)
    psychologist = world.as_("psychologist")
    assert case.get("psychologist")["id"] == case.id
    made = declared(world, "psychologist", "psychologist", case.person_id)
    assert made.status_code == 201, made.text
    for path in (case.path, f"{case.path}/notes", f"/v1/people/{case.person_id}"):
        assert psychologist("GET", path).status_code == 404, path
    listed = psychologist("GET", f"/v1/cases?person_id={case.person_id}").json()
    assert listed["items"] == []
    assert case.get("social_worker")["id"] == case.id  # nobody else is
    own = psychologist("GET", f"/v1/users/{staff_id(world, 'psychologist')}/conflicts").json()
    assert case.person_id in {one["person_id"] for one in own["items"]}


def test_nobody_comes_past_it(world: World) -> None:
    """Neither by being put on the team once more, nor by a word of their own."""
    case = new_case(world)
    made = declared(world, "health_worker", "supervisor", case.person_id).json()
    path = f"/v1/users/{staff_id(world, 'health_worker')}/conflicts/{made['id']}/end"
    member = {"user_id": staff_id(world, "health_worker"), "part": "again", **WHY}
    assert case.post("social_worker", "/team", {**member, "track": "HLT"}).status_code == 201
    assert case.send("health_worker", "GET").status_code == 404
    assert world.as_("health_worker")("POST", path, json=WHY).status_code == 403
    assert world.as_("psychologist")("POST", path, json=WHY).status_code == 404
    assert world.as_("supervisor")("POST", path, json=WHY).status_code == 200
    assert case.send("health_worker", "GET").status_code == 404
    by_another = world.as_("data_protection_officer")("POST", f"{path}/approve", json=WHY)
    assert by_another.status_code == 200, by_another.text
    assert case.get("health_worker")["id"] == case.id
    assert world.as_("supervisor")("POST", path, json=WHY).status_code == 409


def test_a_supervisor_does_not_end_their_own(world: World) -> None:
    case = new_case(world)
    made = declared(world, "supervisor", "supervisor", case.person_id)
    assert made.status_code == 201, made.text
    path = f"/v1/users/{staff_id(world, 'supervisor')}/conflicts/{made.json()['id']}/end"
    own = world.as_("supervisor")("POST", path, json=WHY)
    assert (own.status_code, own.json()["code"]) == (403, "own-conflict")
    assert world.as_("data_protection_officer")("POST", path, json=WHY).status_code == 200


def test_a_case_that_is_opened_later_is_closed_to_them_too(world: World) -> None:
    case = new_case(world)
    declared(world, "psychologist", "psychologist", case.person_id)
    body = {"person_id": case.person_id, "programme": "birch"}
    second = world.as_("social_worker")("POST", "/v1/cases", json=body)
    assert second.status_code == 201, second.text
    member = {"user_id": staff_id(world, "psychologist"), "part": "care", **WHY}
    path = f"/v1/cases/{second.json()['id']}"
    assert world.as_("social_worker")("POST", f"{path}/team", json=member).status_code == 201
    assert world.as_("psychologist")("GET", path).status_code == 404


def test_who_cannot_see_the_person_declares_nothing_about_them(world: World) -> None:
    case = new_case(world, team=())
    answer = declared(world, "psychologist", "psychologist", case.person_id)
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["pointer"] == "/person_id"
    twice = new_case(world)
    assert declared(world, "psychologist", "supervisor", twice.person_id).status_code == 201
    again = declared(world, "psychologist", "supervisor", twice.person_id)
    assert (again.status_code, again.json()["code"]) == (409, "declared")


def test_colleagues_neither_declare_nor_read_it(world: World) -> None:
    case = new_case(world)
    assert declared(world, "psychologist", "health_worker", case.person_id).status_code == 404
    path = f"/v1/users/{staff_id(world, 'psychologist')}/conflicts"
    assert world.as_("health_worker")("GET", path).status_code == 404
    assert world.as_("social_worker")("GET", path).status_code in (403, 404)


def held(db: Connection, case: Made) -> None:
    """As who opens a case of somebody, or declares a conflict about them, holds the person."""
    people = table(Person)
    mine = people.c.id == UUID(case.person_id)
    db.execute(select(people.c.id).where(mine).with_for_update(key_share=True))


def test_a_case_that_is_opened_meanwhile_waits_for_the_bar(world: World) -> None:
    case, role = new_case(world, team=()), "psychologist"
    bar = {"user_id": UUID(staff_id(world, role)), "source_id": new_id()}
    body = {"person_id": case.person_id, "programme": "birch"}
    with ThreadPoolExecutor(1) as pool:
        with transaction(world.house.engine) as db:
            held(db, case)
            answer = pool.submit(world.as_("social_worker"), "POST", "/v1/cases", json=body)
            somebody_waits(world)
            db.execute(insert(table(Bar)).values(file_id=UUID(case.person_id), **bar))
        second = answer.result()
    assert second.status_code == 201, second.text
    path = f"/v1/cases/{second.json()['id']}"
    member = {"user_id": staff_id(world, role), "part": "care", **WHY}
    assert world.as_("social_worker")("POST", f"{path}/team", json=member).status_code == 201
    assert world.as_(role)("GET", path).status_code == 404


def test_a_declaration_waits_for_the_case_that_is_being_opened(world: World) -> None:
    case = new_case(world)
    with ThreadPoolExecutor(1) as pool:
        with transaction(world.house.engine) as db:
            held(db, case)
            answer = pool.submit(declared, world, "health_worker", "supervisor", case.person_id)
            somebody_waits(world)
        assert answer.result().status_code == 201


@pytest.mark.parametrize("role", ["psychologist", "supervisor"])
def test_who_is_kept_out_is_not_told_of_whom_or_why(world: World, role: str) -> None:
    """What others recorded of them is for others, though it stands in their own file."""
    case, by = new_case(world), "coordinator"
    made = declared(world, role, by, case.person_id)
    assert made.status_code == 201, made.text
    path = f"/v1/users/{staff_id(world, role)}/conflicts"
    one = f"{path}/{made.json()['id']}"
    told = world.as_(role)("GET", f"{path}?limit=200&count=true")
    assert case.person_id not in told.text
    assert told.json()["total"] == len(told.json()["items"])
    nowhere = f"{path}/00000000-0000-7000-8000-000000000001"
    assert bytes_of(world.as_(role)("GET", one)) == bytes_of(world.as_(role)("GET", nowhere))
    trail = world.as_("psychologist")("GET", "/v1/audit/events?limit=200").text
    assert made.json()["id"] not in trail
    assert world.as_(by)("GET", one).json()["person_id"] == case.person_id
    assert world.as_("data_protection_officer")("GET", one).status_code == 200


@pytest.mark.parametrize("by", ["centre_manager", "supervisor"])
def test_who_leads_is_kept_out_by_who_is_above_them_alone(world: World, by: str) -> None:
    case, manager = new_case(world), hire(world, by)
    send = world.with_token(manager.pair()["access_token"])
    body = {"person_id": case.person_id, "relation": "neighbour"}

    def of(user_id: str) -> Any:
        return send("POST", f"/v1/users/{user_id}/conflicts", json=body)

    peer, below = (hire(world, "supervisor") for _ in range(2))
    for one in (staff_id(world, "supervisor"), peer.id):
        refused = of(one)
        assert (refused.status_code, refused.json()["code"]) == (403, "overseer")
    assert change(world, below.id, supervisor_id=manager.id).status_code == 200
    assert of(below.id).status_code == 201
    assert of(staff_id(world, "psychologist")).status_code == 201
    above = world.as_("coordinator")
    assert above("POST", f"/v1/users/{peer.id}/conflicts", json=body).status_code == 201


def test_the_trail_tells_nobody_that_somebody_was_told_of_it(world: World) -> None:
    """Of an alert, by the file of who was told: sealed for all, or closed to one by name."""
    for close in ("seal", "conflict"):
        case = new_case(world)
        alert = case.post("social_worker", "/alerts", {"kind": "SAFETY_SELF"})
        assert alert.status_code == 201, alert.text
        path = "/v1/audit/events?limit=200&action=alert.raise"
        found = every_page(world.as_("auditor"), path)
        asked = alert.headers["X-Request-Id"]
        assert {one["record"] for one in found if one["request_id"] == asked} >= {"notice"}
        if close == "seal":
            sealed(case)
        else:
            own = declared(world, "auditor", "auditor", case.person_id)
            assert own.status_code == 201, own.text
        assert asked not in {one["request_id"] for one in every_page(world.as_("auditor"), path)}


def test_both_cases_that_a_notice_is_of_are_asked_for(world: World) -> None:
    """That of readings does not show its case, and must not tell of it either."""
    with transaction(world.house.engine) as db:
        auditor = named(db, UUID(staff_id(world, "auditor")))
    assert auditor is not None
    asked = str(tells_of_no_barred_case(table(AuditEvent), auditor))
    for column in ("case_id", "on_case_id"):
        assert f"bars.file_id = notices_1.{column} " in asked
