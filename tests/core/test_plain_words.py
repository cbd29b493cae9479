"""A refusal says which field, and what would do: to a tired social worker, and without a value."""

from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import World
from tests.core.test_problems import JSON, MISSING, faults, problem
from tests.making import new_case

NOTE = {"kind": "social_work", "occurred_on": "2025-11-20", "text": "called"}


def a_case(world: World) -> tuple[Any, str]:
    made = new_case(world, team=())
    return made.as_("social_worker"), made.path


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (
            {"kind": "diary"},
            "must be 'social_work', 'psychosocial', 'therapy', 'counselling' or 'legal'",
        ),
        ({"text": " "}, "is too short: at least 1 characters"),
        ({"text": "x" * 20_001}, "is too long: at most 20000 characters"),
        ({"text": 5}, "is not a text"),
        ({"text": "a\u202eb"}, "has a character that changes the direction of writing"),
        ({"occurred_on": None}, "is not a date (YYYY-MM-DD)"),
        ({"occurred_on": "1899-12-31"}, "must be 1900-01-01 or more"),
    ],
)
def test_a_fault_says_what_would_do(world: World, change: dict[str, Any], detail: str) -> None:
    send, case = a_case(world)
    answer = send("POST", f"{case}/notes", json={**NOTE, **change})
    (fault,) = problem(answer, 422, "invalid")["errors"]
    assert (fault["pointer"], fault["detail"]) == (f"/{next(iter(change))}", detail)


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("limit=201", "must be 200 or less"),
        ("order=up", "must be 'desc' or 'asc'"),
        ("since=yesterday", "is neither a day nor a moment with its zone"),
        ("action=note.ad", "is none of the allowed values"),  # those are too many to be told
    ],
)
def test_a_filter_says_what_would_do(world: World, query: str, detail: str) -> None:
    send, case = a_case(world)
    (fault,) = problem(send("GET", f"{case}/timeline?{query}"), 422, "invalid")["errors"]
    assert fault["detail"] == detail


def test_lists_and_whole_bodies_say_what_would_do(world: World) -> None:
    send = world.as_("social_worker")
    (empty,) = problem(send("POST", "/v1/people", json={"names": []}), 422, "invalid")["errors"]
    assert empty["detail"] == "has too few entries: at least 1"
    planned = {"code": f"plain-{uuid4().hex[:8]}", "name": "Words", "programme": "alder"}
    planned["arrives_on"] = "2025-11-20"
    made = world.as_("coordinator")("POST", "/v1/operations", json=planned).json()
    group = send("POST", f"/v1/operations/{made['id']}/arrivals", json={"members": []})
    assert problem(group, 422, "invalid")["errors"][0]["detail"] == empty["detail"]
    (body,) = problem(send("POST", "/v1/people", json=[]), 422, "invalid")["errors"]
    assert (body["pointer"], body["detail"]) == ("", "is not an object of JSON")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"note": "canary-of-a-value"}', ("/note", "extra-forbidden")),
        (b"[1]", ("", "model-type")),
        (b"{", ("", "json-invalid")),
    ],
)
def test_what_a_verb_without_a_body_is_told_is_not_lost_in_silence(
    world: World, body: bytes, fault: tuple[str, str]
) -> None:
    send, case = a_case(world)
    raised = send("POST", f"{case}/alerts", json={"kind": "SAFETY_SELF"})
    path = f"{case}/alerts/{raised.json()['id']}"
    answer = send("POST", f"{path}/acknowledge", content=body, headers=JSON)
    assert faults(problem(answer, 422, "invalid")) == {fault}
    assert send("GET", path).json()["status"] == "open"
    assert world.client.post(f"{path}/acknowledge", content=body, headers=JSON).status_code == 401
    assert send("POST", f"{path}/acknowledge", content=b"{}", headers=JSON).status_code == 200


def test_a_missing_record_of_a_body_is_named_by_its_field(world: World) -> None:
    send = world.as_("social_worker")
    hidden = world.as_("social_worker", "south")("GET", "/v1/people?limit=1").json()["items"][0]
    mine = send("GET", "/v1/people?limit=1").json()["items"][0]["id"]
    bodies = []
    for other in (MISSING, hidden["id"]):
        asked: list[tuple[str, dict[str, Any], str]] = [
            ("/v1/cases", {"person_id": other, "programme": "alder"}, "/person_id"),
            ("/v1/households", {"members": [{"person_id": other}]}, "/members/0/person_id"),
            (
                f"/v1/people/{mine}/relationships",
                {"other_id": other, "type": "child", "source": "test"},
                "/other_id",
            ),
        ]
        for path, body, pointer in asked:
            told = problem(send("POST", path, json=body), 404, "not-found")
            assert faults(told) == {(pointer, "unknown")}
            bodies.append({**told, "request_id": ""})
    assert bodies[:3] == bodies[3:]


def test_an_action_that_nobody_knows_is_no_empty_trail(world: World) -> None:
    send = world.as_("auditor")
    for query in ("note.ad", "", "NOTE.ADD"):
        answer = send("GET", f"/v1/audit/events?action={query}")
        assert faults(problem(answer, 422, "invalid")) == {("query.action", "literal-error")}
    world.client.post("/v1/token/revoke", data={"token": "of nobody"})
    send("GET", "/v1/me")
    for known in ("token.revoke", "self", "case.open"):
        assert send("GET", f"/v1/audit/events?action={known}").json()["items"], known


def test_a_closed_case_says_so(world: World) -> None:
    send, case = a_case(world)
    closing = {"reason": "duplicate", "outcome": "of a test"}
    boss = world.as_("supervisor")
    early = problem(
        boss("POST", f"{case}/close/approve", json={"reason": "yes"}), 409, "wrong-state"
    )
    assert early["detail"] == "nobody has proposed to close this case"
    assert send("POST", f"{case}/close", json=closing).status_code == 200
    assert boss("POST", f"{case}/close/approve", json={"reason": "yes"}).status_code == 200
    late = problem(send("POST", f"{case}/notes", json=NOTE), 409, "wrong-state")
    assert late["detail"] == "the case is closed; this is for one that is open"


def test_a_parameter_given_twice_is_one_fault(world: World) -> None:
    answer = world.as_("administrator")("GET", "/v1/users?role=auditor&role=partner")
    assert len(problem(answer, 422, "invalid")["errors"]) == 1
