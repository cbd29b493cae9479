"""Bodies whose text says nothing or whose day lies out of any life are refused at their place."""

from typing import Any

import pytest

from tests.conftest import World
from tests.making import Made, new_case, staff_id, today

BLANK = "  \t\n "
FAR = ("0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31")
TODAY = today().isoformat()
NAME = {"full": "Синтетова Проба", "script": "Cyrl", "source": "test"}
ASSIGNED = {
    "code": "P3_ADULT_NOT_PROSECUTED",
    "decided_by": "Commission 1",
    "members": ["A. Aliev", "B. Brown", "C. Cherny"],
    "reason": "heard",
}
OPERATION = {"code": "far-1", "name": "Far", "programme": "alder", "arrives_on": TODAY}
RELATED = {"other_id": "0" * 32, "type": "sibling", "source": "test"}
NUMBERED = {"system": "passport", "value": "AB 12345", "source": "test"}


@pytest.fixture(scope="module")
def made(world: World) -> Made:
    return new_case(world)


def bodies(made: Made) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Role, method, path, and a body that fits."""
    case, person = made.path, f"/v1/people/{made.person_id}"
    some = "0" * 32
    member = {"user_id": staff_id(made.world, "partner"), "part": "escort", "reason": "test"}
    joined = {"person_id": made.person_id, "reason": "test"}
    return [
        ("social_worker", "POST", f"{case}/team", {**member, "since": TODAY, "until": TODAY}),
        (
            "social_worker",
            "POST",
            f"{case}/team/{some}/release",
            {"reason": "x" * 3, "until": TODAY},
        ),
        ("supervisor", "POST", f"{case}/phase", {"to": "reintegration", "reason": "rested"}),
        ("supervisor", "POST", f"{case}/close", {"reason": "goals_met", "outcome": "at home"}),
        ("supervisor", "POST", f"{case}/close/decline", {"reason": "not yet"}),
        ("supervisor", "POST", f"{case}/reopen", {"reason": "not yet", "decided_by": "Board"}),
        ("social_worker", "PATCH", case, {"reason": "handed over"}),
        ("supervisor", "POST", f"{case}/tracks", {"code": "LIV", "reason": "need", "since": TODAY}),
        (
            "supervisor",
            "POST",
            f"{case}/tracks/LIV/transitions",
            {"to": "active", "reason": "need", "decided_by": "Board", "effective_on": TODAY},
        ),
        (
            "supervisor",
            "POST",
            f"{case}/pathways",
            {**ASSIGNED, **dict.fromkeys(("since", "decided_on", "act_on"), TODAY)},
        ),
        ("supervisor", "POST", f"{case}/pathways/{some}/end", {"reason": "x" * 3, "until": TODAY}),
        ("supervisor", "POST", f"{case}/milestones", {"code": "arrived", "reached_on": TODAY}),
        ("supervisor", "POST", f"{case}/deadlines/{some}/meet", {"note": "seen", "on": TODAY}),
        (
            "social_worker",
            "POST",
            f"{case}/tasks",
            {"title": "call the school", "details": "by noon", "due_on": TODAY},
        ),
        (
            "social_worker",
            "PATCH",
            f"{case}/tasks/{some}",
            {"title": "call the school", "details": "by noon", "due_on": TODAY},
        ),
        ("social_worker", "POST", f"{case}/tasks/{some}/finish", {"outcome": "called"}),
        ("social_worker", "POST", f"{case}/tasks/{some}/cancel", {"reason": "closed"}),
        (
            "social_worker",
            "POST",
            f"{case}/notes",
            {"kind": "social_work", "occurred_on": TODAY, "text": "came"},
        ),
        ("social_worker", "PATCH", person, {"reason": "papers"}),
        ("social_worker", "POST", f"{person}/names", {**NAME, "since": TODAY, "until": TODAY}),
        (
            "social_worker",
            "POST",
            f"{person}/identifiers",
            {**NUMBERED, "issued_on": TODAY, "expires_on": TODAY},
        ),
        (
            "social_worker",
            "POST",
            f"{person}/contacts",
            {"type": "address", "text": "a street", "source": "test", "since": TODAY},
        ),
        (
            "social_worker",
            "POST",
            f"{person}/relationships",
            {**RELATED, "proof_reference": "lab 1", "since": TODAY, "until": TODAY},
        ),
        (
            "social_worker",
            "POST",
            "/v1/households",
            {"label": "tent", "formed_on": TODAY, "members": [{**joined, "since": TODAY}]},
        ),
        ("coordinator", "POST", "/v1/operations", OPERATION),
        (
            "social_worker",
            "POST",
            "/v1/cases",
            {
                "person_id": made.person_id,
                "programme": "alder",
                "opened_on": TODAY,
                "arrived_on": TODAY,
            },
        ),
    ]


TEXTS = frozenset(
    ("reason", "part", "outcome", "decided_by", "note", "title", "details", "text")
) | {"source", "proof_reference", "label", "name"}


def pointers(answer: Any) -> list[str]:
    assert answer.status_code == 422, f"{answer.request.url}: {answer.status_code} {answer.text}"
    return [one["pointer"] for one in answer.json().get("errors", [])]


def test_text_that_says_nothing_is_no_text(made: Made) -> None:
    seen = set()
    for role, method, path, body in bodies(made):
        for field in TEXTS & set(body):
            if (field, body[field]) == ("reason", "goals_met"):
                continue  # a code
            answer = made.as_(role)(method, path, json={**body, field: BLANK})
            assert pointers(answer) == [f"/{field}"], path
            seen.add(field)
    assert seen == TEXTS


def test_text_is_kept_without_the_space_around_it(made: Made) -> None:
    note = {"kind": "social_work", "occurred_on": TODAY, "text": "\n came on foot \n"}
    assert made.post("social_worker", "/notes", note).json()["text"] == "came on foot"


def test_a_day_out_of_any_life_is_refused_at_its_place(made: Made) -> None:
    seen = set()
    for role, method, path, body in bodies(made):
        for field in {name for name, value in body.items() if value == TODAY}:
            for day in FAR:
                answer = made.as_(role)(method, path, json={**body, field: day})
                assert pointers(answer) == [f"/{field}"], f"{path} {day}"
            seen.add(field)
    assert len(seen) >= 15
    joined = {"person_id": made.person_id, "since": FAR[0]}
    answer = made.as_("social_worker")("POST", "/v1/households", json={"members": [joined]})
    assert pointers(answer) == ["/members/0/since"]


def test_lists_take_no_such_day_either(made: Made) -> None:
    for role, path, field in (
        ("social_worker", f"{made.path}/notes", "occurred_on"),
        ("social_worker", "/v1/tasks", "due_before"),
        ("supervisor", "/v1/deadlines", "due_before"),
    ):
        for day in FAR:
            answer = made.as_(role)("GET", f"{path}?{field}={day}")
            assert pointers(answer) == [f"query.{field}"]


def test_a_board_is_as_many_as_it_has_different_members(made: Made) -> None:
    twice = {**ASSIGNED, "members": ["A. Aliev", " a. ALIEV ", "B. Brown"]}
    refused = made.post("supervisor", "/pathways", twice)
    assert refused.status_code == 409, refused.text
    assert [one["code"] for one in refused.json()["unmet"]] == ["too-few-members"]
    blank = made.post("supervisor", "/pathways", {**ASSIGNED, "members": ["A. Aliev", BLANK]})
    assert pointers(blank) == ["/members/1"]


def test_signs_that_nobody_sees_name_no_decider(world: World) -> None:
    made = new_case(world, team=())
    unseen = "\u200b\u200b\u200b\u200b"
    body = {"code": "P3_ADULT_NOT_PROSECUTED", "decided_by": unseen, "reason": unseen}
    refused = made.post("supervisor", "/pathways", {**body, "members": [unseen] * 3})
    assert refused.status_code == 422
    told = {one["pointer"].split("/")[1] for one in refused.json()["errors"]}
    assert told == {"decided_by", "reason", "members"}


def test_a_number_is_no_yes_and_no_no(world: World) -> None:
    """What the file of the interface calls a boolean is one."""
    name = {"full": "Синтетова Проба", "script": "Cyrl", "source": "test"}
    birth = {"value": "1990", "estimated": 0}
    person = {"names": [name], "birth": birth}
    refused = world.as_("social_worker")("POST", "/v1/people", json=person)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/birth/estimated"
    user = world.staff["psychologist", "north"].id
    change = {"disabled": 0, "reason": "a number for a yes"}
    headers = {"If-Match": "*"}
    answer = world.as_("administrator")("PATCH", f"/v1/users/{user}", json=change, headers=headers)
    assert answer.status_code == 422
