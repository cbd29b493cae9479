"""Who learns what of a judgement: the whole, a tier that ends, or nothing on any channel."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.casework.judgements.models import Judgement
from app.core.db import table
from tests.access.test_sealing import bytes_of
from tests.casework.judgements.judging import (
    ASSESSOR,
    certify,
    colleague,
    drafted,
    submit,
    submitted,
)
from tests.conftest import World
from tests.looking import rewritten, transaction
from tests.making import ON_THE_TEAM, Made, new_case, staff_id, today

NOTHING = (
    *("educator", "psychologist", "partner", "religious_counsellor", "livelihoods_officer"),
    *("child_protection_officer", "health_worker", "legal_officer", "data_protection_officer"),
)
SUMMARY = ("social_worker", "supervisor", "coordinator", "centre_manager", "prosecutor")
WHOLE = ("security_assessor", "probation_officer", "auditor")
NOWHERE = "00000000-0000-7000-8000-000000000001"
CHANNELS = (
    *("", "/judgements", f"/judgements/{NOWHERE}", "/timeline", "/history?limit=200"),
    *("/milestones", "/deadlines", "/tracks", "/tasks", "/alerts", "/notes", "/team"),
)


def seen(made: Made, role: str) -> dict[str, Any]:
    told = {place: bytes_of(made.send(role, "GET", place)) for place in CHANNELS}
    asked = f"/v1/me/permissions?case_id={made.id}"
    return {**told, asked: bytes_of(made.world.as_(role)("GET", asked))}


def lived(made: Made) -> str:
    """Drafted, submitted, dissented from, settled, answered, superseded; the id of the first."""
    one = submitted(made)["id"]
    _, send = colleague(made)
    path = f"/judgements/{one}"
    why = {"agrees": False, "words": "Kanarisk letters are not his"}
    for by, place, body in (
        (send, "second-reading", why),
        (send, "consensus", {"text": "Kanarisk letters are his after all"}),
        (world_of(made), "statements", {"text": "Kanarisk never wrote them"}),
    ):
        done = by("POST", f"{made.path}{path}/{place}", json=body)
        assert done.status_code == 200, done.text
    submitted(made, supersedes_id=one)
    return str(one)


def world_of(made: Made) -> Any:
    return made.world.as_(ASSESSOR)


@pytest.mark.parametrize("role", NOTHING)
def test_who_is_behind_the_wall_sees_no_difference(world: World, role: str) -> None:
    made = new_case(world, team=ON_THE_TEAM)
    track = {"code": "SEC", "reason": "assessment ordered"}
    assert made.post(ASSESSOR, "/tracks", track).status_code == 201
    colleague(made)  # who joins a team is seen by all on it
    before = seen(made, role)
    submitted(made)
    certify(world)
    draft = drafted(made, tool="other")["id"]
    assert seen(made, role) == before
    real = made.send(role, "GET", f"/judgements/{draft}")
    assert bytes_of(real, draft, NOWHERE) == bytes_of(
        made.send(role, "GET", f"/judgements/{NOWHERE}"), draft, NOWHERE
    )
    log = made.send(role, "GET", "/access-log?limit=200").text
    acts = world.as_(role)("GET", "/v1/audit/events?limit=200").text
    for word in (draft, "Kanarisk", '"record":"judgement"'):
        assert word not in log, word
        if role != "data_protection_officer":  # who oversees all acts, and no content
            assert word not in acts or role == "auditor", word
    write = made.post(role, "/judgements", {"tool": "vera2r"})
    assert write.status_code in (403, 404)


def on_team(made: Made, role: str) -> None:
    member = {"user_id": staff_id(made.world, role), "part": role, "reason": "for the test"}
    assert made.post("social_worker", "/team", member).status_code == 201


@pytest.mark.parametrize("role", SUMMARY)
def test_a_summary_is_the_tier_and_the_day_alone(world: World, role: str) -> None:
    made = new_case(world)
    one = lived(made)
    items = {row["id"]: row for row in made.get(role, "/judgements")["items"]}
    last = str(today() + timedelta(days=180))
    assert items.pop(one) == {"id": one, "tier": "unknown", "reassess_by": None}
    ((new, told),) = items.items()
    assert told == {"id": new, "tier": "high", "reassess_by": last}
    assert made.get(role, f"/judgements/{new}") == told
    for place in (f"/judgements/{one}", "/judgements", "/history?limit=200", "/timeline"):
        answer = made.send(role, "GET", place)
        assert answer.status_code == 200, answer.text
        for word in ("Kanarisk", "rationale", "overall", "dissent", "vera2r"):
            assert word not in answer.text, f"{place} {word}"
    for write in ("submit", "void", "statements", "second-reading", "consensus"):
        assert made.post(role, f"/judgements/{one}/{write}").status_code == 403, write


@pytest.mark.parametrize("role", WHOLE)
def test_the_whole_is_for_few(world: World, role: str) -> None:
    made = new_case(world)
    if role == "probation_officer":
        on_team(made, role)
    one = lived(made)
    told = made.get(role, f"/judgements/{one}")
    assert (told["overall"], told["tier"], told["status"]) == ("high", "unknown", "superseded")
    assert "Kanarisk letters are not his" in made.send(role, "GET", "/history?limit=200").text
    assert made.get(role, "/judgements")["items"][0]["rationale"]


def test_a_prosecutor_without_a_mandate_sees_nothing(world: World) -> None:
    made = new_case(world, team=(ASSESSOR,))
    on_team(made, "prosecutor")
    before = seen(made, "prosecutor")
    one = submitted(made)["id"]
    assert seen(made, "prosecutor") == before
    assert made.send("prosecutor", "GET", f"/judgements/{one}").status_code == 403


@pytest.mark.parametrize("role", [*SUMMARY, *WHOLE])
def test_after_its_last_day_the_tier_is_unknown_to_everybody(world: World, role: str) -> None:
    made = new_case(world)
    if role == "probation_officer":
        on_team(made, role)
    one = submitted(made)["id"]
    told = {}
    for by in (1, 0, -1, -400):
        until = today() + timedelta(days=by)
        rows = table(Judgement)
        with transaction(world.house.engine) as db:
            rewritten(db, Judgement, rows.c.id == UUID(one), valid_until=until)
        single = made.get(role, f"/judgements/{one}")
        (listed,) = made.get(role, "/judgements")["items"]
        assert single == listed
        told[by] = single["tier"], single["reassess_by"]
    days = {by: str(today() + timedelta(days=by)) for by in told}
    assert told == {
        1: ("high", days[1]),
        0: ("high", days[0]),
        -1: ("unknown", None),
        -400: ("unknown", None),
    }


def test_what_is_void_is_no_tier_to_anybody(world: World) -> None:
    made = new_case(world)
    one = submitted(made)["id"]
    assert made.get("social_worker", f"/judgements/{one}")["tier"] == "high"
    made.post(ASSESSOR, f"/judgements/{one}/void", {"reason": "of another person"})
    for role in (*SUMMARY, ASSESSOR, "auditor"):
        told = made.get(role, f"/judgements/{one}")
        assert (told["tier"], told["reassess_by"]) == ("unknown", None), role


def test_a_list_is_not_searched_by_what_a_summary_hides(world: World) -> None:
    made = new_case(world)
    submitted(made)
    for name in ("overall=high", "status=submitted", "tier=high"):
        assert made.send("social_worker", "GET", f"/judgements?{name}").status_code == 422


def test_it_moves_the_case_by_nothing_else(world: World) -> None:
    made = new_case(world)
    before = made.get("social_worker")
    certify(world)
    assert submit(made, drafted(made)["id"]).status_code == 200
    assert made.get("social_worker") == before
