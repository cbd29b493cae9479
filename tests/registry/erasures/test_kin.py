"""Who is kin of somebody neither asks for their erasure, nor answers, nor learns of a file so."""

from typing import Any
from uuid import uuid4

from tests.access.test_sealing import bytes_of
from tests.conftest import World
from tests.making import staff_id
from tests.registry.erasures.erased import WHY, closed_case, proposal, proposed

OFFICER, CLERK = "data_protection_officer", "coordinator"


def become_kin(world: World, role: str, person_id: str) -> None:
    path = f"/v1/users/{staff_id(world, role)}/conflicts"
    kin = {"person_id": person_id, "relation": "kin", "reason": "an aunt"}
    assert world.as_(role)("POST", path, json=kin).status_code == 201


def asked(world: World, role: str, person_id: str, body: dict[str, Any]) -> Any:
    return world.as_(role)("POST", "/v1/erasures", json={**body, "person_id": person_id})


def test_their_kin_is_told_what_an_id_is_told_that_nobody_has(fresh: World) -> None:
    made, nobody = closed_case(fresh), str(uuid4())
    body = proposal(made)
    become_kin(fresh, CLERK, made.person_id)
    here, there = (asked(fresh, CLERK, one, body) for one in (made.person_id, nobody))
    assert here.status_code == 404
    assert bytes_of(here, made.person_id) == bytes_of(there, nobody)
    assert asked(fresh, OFFICER, made.person_id, body).status_code == 201


def test_a_proposal_is_absent_for_their_kin(fresh: World) -> None:
    made, nobody, clerk = closed_case(fresh), str(uuid4()), fresh.as_(CLERK)
    one = proposed(made)
    assert [row["id"] for row in clerk("GET", "/v1/erasures").json()["items"]] == [one]
    become_kin(fresh, CLERK, made.person_id)
    assert clerk("GET", "/v1/erasures").json()["items"] == []
    for method, verb, more in (
        ("GET", "", {}),
        ("POST", "/approve", {"json": WHY}),
        ("POST", "/decline", {"json": WHY}),
    ):
        here, there = (clerk(method, f"/v1/erasures/{of}{verb}", **more) for of in (one, nobody))
        assert here.status_code == 404, verb
        assert bytes_of(here, one) == bytes_of(there, nobody), verb
    assert fresh.as_(OFFICER)("GET", f"/v1/erasures/{one}").json()["status"] == "proposed"
