"""The team: dated rows that open a case from one request to the next, and close it again."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.db import table
from app.safeguards.outbox.models import Message
from tests.conftest import World
from tests.looking import transaction
from tests.making import Made, new_case, staff_id, today

TODAY = today()


def join(made: Made, role: str, **more: Any) -> Any:
    member = {"user_id": staff_id(made.world, role), "part": role, "reason": "joins"}
    return made.post("social_worker", "/team", {**member, **more})


def day(shift: int) -> str:
    return (TODAY + timedelta(days=shift)).isoformat()


def test_membership_opens_and_release_closes_at_the_next_request(world: World) -> None:
    made = new_case(world, team=())
    assert made.send("legal_officer", "GET").status_code == 404
    member = join(made, "legal_officer").json()
    assert made.send("legal_officer", "GET").status_code == 200
    released = made.post("social_worker", f"/team/{member['id']}/release", {"reason": "left"})
    assert (released.status_code, released.json()["until"]) == (200, day(0))
    assert made.send("legal_officer", "GET").status_code == 404
    again = made.post("social_worker", f"/team/{member['id']}/release", {"reason": "left"})
    assert (again.status_code, again.json()["code"]) == (409, "ended")


def test_membership_counts_from_its_first_day_to_the_day_before_its_last(world: World) -> None:
    made = new_case(world, team=())
    assert join(made, "legal_officer", since=day(1)).status_code == 201
    assert made.send("legal_officer", "GET").status_code == 404
    assert join(made, "psychologist", since=day(-9), until=day(0)).status_code == 201
    assert made.send("psychologist", "GET").status_code == 404
    assert join(made, "health_worker", since=day(-9), until=day(1)).status_code == 201
    assert made.send("health_worker", "GET").status_code == 200


def test_nobody_is_on_the_team_twice_for_the_same_work(world: World) -> None:
    made = new_case(world, team=())
    assert join(made, "legal_officer", until=day(10)).status_code == 201
    for more in ({}, {"since": day(3)}, {"since": day(-5), "until": day(2)}):
        double = join(made, "legal_officer", **more)
        assert (double.status_code, double.json()["code"]) == (409, "already-on-team")
    assert join(made, "legal_officer", since=day(10)).status_code == 201
    assert join(made, "legal_officer", track="DOC").status_code == 201


def test_bad_rows_are_told_by_field(world: World) -> None:
    made = new_case(world, team=())
    for more, pointer in (
        ({"until": day(-1)}, "/until"),
        ({"track": "ZZZ"}, "/track"),
        ({"user_id": "00000000-0000-7000-8000-000000000000"}, "/user_id"),
    ):
        answer = join(made, "legal_officer", **more)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_case_is_never_without_its_lead_worker(world: World) -> None:
    made = new_case(world, team=("child_protection_officer",))
    lead = made.get("social_worker")["lead_worker_id"]
    (row,) = made.get("social_worker", f"/team?user_id={lead}")["items"]
    kept = made.post("social_worker", f"/team/{row['id']}/release", {"reason": "leaves"})
    assert (kept.status_code, kept.json()["code"]) == (409, "is-lead-worker")
    tag = made.send("social_worker", "GET").headers["ETag"]
    other = staff_id(world, "child_protection_officer")
    body = {"lead_worker_id": other, "reason": "takes over"}
    handed = made.send("social_worker", "PATCH", json=body, headers={"If-Match": tag})
    assert handed.status_code == 200, handed.text
    assert made.post("social_worker", f"/team/{row['id']}/release", {"reason": "leaves"}).is_success
    assert made.send("social_worker", "GET").status_code == 404
    (decision,) = made.get("child_protection_officer", "/decisions")["items"]
    assert (decision["about"], decision["value"], decision["reason"]) == (
        *("lead", other),
        "takes over",
    )


@pytest.mark.parametrize("role", ["educator", "prosecutor", "auditor", "psychologist"])
def test_nobody_leads_a_case_that_they_may_not_change(world: World, role: str) -> None:
    made, lead = new_case(world), {"lead_worker_id": staff_id(world, role)}
    tag = made.send("social_worker", "GET").headers["ETag"]
    handed = made.send("social_worker", "PATCH", json=lead, headers={"If-Match": tag})
    opened = {"person_id": made.person_id, "programme": "alder", **lead}
    for answer in (handed, made.as_("social_worker")("POST", "/v1/cases", json=opened)):
        assert answer.status_code == 422, answer.text
        (fault,) = answer.json()["errors"]
        assert (fault["pointer"], fault["code"]) == ("/lead_worker_id", "cannot-lead")
    assert made.send("social_worker", "GET").headers["ETag"] == tag


def test_nobody_picks_staff_of_another_jurisdiction(world: World) -> None:
    made = new_case(world, team=())
    everyone = world.as_("administrator")("GET", "/v1/users?role=psychologist").json()["items"]
    (southern,) = [u for u in everyone if u["username"].endswith("-south")]
    refused = join(made, "psychologist", user_id=southern["id"])
    assert refused.status_code == 422
    seen = world.as_("social_worker")("GET", "/v1/users?limit=200").json()["items"]
    assert southern["id"] not in {user["id"] for user in seen}


def test_a_school_does_not_change_the_team(world: World) -> None:
    made = new_case(world, "2015", team=("educator", "psychologist"))
    member = {"user_id": staff_id(world, "prosecutor"), "part": "guest", "reason": "asks"}
    assert made.post("psychologist", "/team", member).status_code == 403
    assert made.post("educator", "/team", member).status_code == 404


def test_a_track_has_a_membership_of_its_own_and_the_role_says_what_it_opens(world: World) -> None:
    """The field's matrix goes by role: a track says for what somebody joins, and until when."""
    made = new_case(world, team=())
    note = {"kind": "psychosocial", "occurred_on": "2026-01-05", "text": "in the sessions"}
    spans = {"MHP": (-9, 1), "HLT": (1, 9)}
    for track, (since, until) in spans.items():
        joined = join(made, "psychologist", track=track, since=day(since), until=day(until))
        assert joined.status_code == 201, joined.text
        if track == "MHP":
            mine = joined.json()["id"]
    twice = join(made, "psychologist", track="MHP")
    assert (twice.status_code, twice.json()["code"]) == (409, "already-on-team")
    assert made.post("psychologist", "/notes", note).status_code == 201
    told = {(one["track"], one["until"]) for one in made.get("supervisor", "/team")["items"]}
    assert {("MHP", day(1)), ("HLT", day(9))} <= told
    released = made.post("social_worker", f"/team/{mine}/release", {"reason": "handed over"})
    assert released.status_code == 200
    assert made.send("psychologist", "GET").status_code == 404  # the other begins tomorrow


def test_who_changes_nothing_has_nothing_to_tell(world: World) -> None:
    made, messages = new_case(world), table(Message)
    high = {"need_level": "high", "reason": "sleeps badly"}
    told = []
    for _ in range(2):
        answer = made.send("supervisor", "PATCH", json=high, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text
        with transaction(world.house.engine) as db:
            of_it = messages.c.file_id == UUID(made.id), messages.c.topic == "case.changed"
            told.append(len(db.execute(select(messages.c.id).where(*of_it)).all()))
    assert told == [1, 1]
