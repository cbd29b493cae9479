"""Nobody beyond the wall learns of an assessment: that it is there, what it says, or when."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.safeguards.access.policy import ROLES
from tests.casework.assessments.giving import PHQ9, given
from tests.conftest import World
from tests.making import Made, new_case

BEYOND = (
    *("prosecutor", "probation_officer", "educator", "partner", "security_assessor"),
    *("legal_officer", "defence_lawyer", "religious_counsellor", "livelihoods_officer"),
    *("supervisor", "coordinator", "centre_manager", "statistician", "administrator"),
)
CRITICAL = "2 2 1 2 1 1 1 0 1"
# Each address of a case and what of it a reader is told; of none may there be more than before.
CHANNELS = (
    *("", "/assessments", "/notes", "/timeline", "/history", "/milestones", "/deadlines", "/tasks"),
    *("/tracks", "/tracks/MHP", "/tracks/MHP/transitions", "/decisions", "/access-log", "/team"),
)
LISTS = ("/v1/tasks", "/v1/deadlines", "/v1/me/notices", "/v1/cases")


def told(made: Made, role: str) -> Iterator[tuple[str, int, Any]]:
    """What this role is told on each channel, less what each answer makes anew."""
    send = made.as_(role)
    for path in (*(f"{made.path}{one}" for one in CHANNELS), *LISTS):
        answer = send("GET", path)
        body = answer.json()
        if isinstance(body, dict):
            body = {name: value for name, value in body.items() if name != "request_id"}
        if path in LISTS and answer.status_code == 200:  # of other cases they may be told more
            own = (one for one in body["items"] if made.id in (one.get("case_id"), one["id"]))
            body = [*own]
        yield path, answer.status_code, body


def words_of(said: Any) -> str:
    return str(said).lower()


# What has the word in it and speaks of something else: another office, another track, and what the
# reader has asked for in vain.
HARMLESS = (
    *("security_assessor", "assessment_due", "'state': 'assessed'"),
    *("assessment.read", "/assessments'"),
)


@pytest.mark.parametrize("role", BEYOND)
def test_nothing_tells_of_it(world: World, role: str) -> None:
    made = new_case(world)
    found = given(made, PHQ9, CRITICAL)
    made.post("psychologist", f"/assessments/{found['id']}/sign")
    for path, status, body in told(made, role):
        words = words_of(body)
        for harmless in HARMLESS:
            words = words.replace(harmless, "")
        for word in (found["id"], "phq", "assess", "clinical_screened"):
            assert word not in words, f"{role} {path} {status}: {word}"


@pytest.mark.parametrize("role", BEYOND)
def test_an_id_that_is_there_is_answered_as_one_that_is_not(world: World, role: str) -> None:
    made = new_case(world)
    found = given(made, PHQ9, CRITICAL)["id"]
    nowhere = found[:-4] + ("0000" if found[-4:] != "0000" else "1111")
    for method, verb in (("GET", ""), ("POST", "/sign"), ("POST", "/void"), ("POST", "/amend")):
        there, not_there = (
            made.send(role, method, f"/assessments/{one}{verb}", json={"reason": "test"})
            if method == "POST"
            else made.send(role, method, f"/assessments/{one}{verb}")
            for one in (found, nowhere)
        )
        assert there.status_code in (403, 404)
        kept = [
            {name: value for name, value in one.json().items() if name != "request_id"}
            for one in (there, not_there)
        ]
        assert kept[0] == kept[1]


def test_an_auditor_is_told_that_there_is_one_and_when(world: World) -> None:
    made = new_case(world)
    found = given(made, PHQ9, CRITICAL)
    (told_of,) = made.get("auditor", "/assessments")["items"]
    assert told_of == {name: found[name] for name in ("id", "administered_on", "created_at")}
    refused = made.send("auditor", "GET", "/assessments?instrument=phq9")
    assert refused.status_code == 422 or refused.json()["items"] == []


def test_these_are_all_roles_but_those_who_care() -> None:
    caring = {"psychologist", "health_worker", "social_worker", "child_protection_officer"}
    assert set(ROLES) - set(BEYOND) == caring | {"auditor", "data_protection_officer"}
