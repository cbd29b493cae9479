"""Tracks through HTTP: opened by arrival, moved through gates, seen by their own wall."""

from datetime import timedelta

import pytest

from app.core.values import now
from app.registry.pathways.catalogue import catalogue
from tests.conftest import World
from tests.making import Made, every_page, new_case, today, unmet

ADULT = {"RPT", "HLT", "MHP", "DOC", "FAM"}
CHILD = ADULT | {"CPC", "EDU"}


def codes(made: Made, role: str = "social_worker") -> set[str]:
    return {track["code"] for track in made.get(role, "/tracks")["items"]}


@pytest.mark.parametrize(
    ("birth", "expected"), [("1991-05-17", ADULT), ("2015", CHILD), (None, CHILD)]
)
def test_arrival_opens_what_everybody_is_owed(
    world: World, birth: str | None, expected: set[str]
) -> None:
    made = new_case(world, birth, team=("psychologist", "educator"))
    case = made.get("social_worker")
    assert {track["code"] for track in case["tracks"]} == expected
    assert made.track("social_worker", "RPT")["state"] == "arrived"
    assert {m["code"] for m in made.get("social_worker", "/milestones")["items"]} == {"arrived"}


def test_before_arrival_only_the_journey_home_is_open(world: World) -> None:
    made = new_case(world, team=(), phase="pre_arrival")
    assert [t["state"] for t in made.get("social_worker", "/tracks")["items"]] == ["identified"]
    assert made.get("social_worker", "/milestones")["items"] == []


def test_a_relative_who_never_left_gets_no_track(world: World) -> None:
    made = new_case(world, team=(), returnee=False, phase="reintegration")
    assert made.get("social_worker")["tracks"] == []


def test_each_role_sees_the_tracks_of_its_classes(world: World) -> None:
    made = new_case(world, "2015-03-02")
    assert codes(made, "psychologist") >= {"MHP", "CPC", "EDU"}
    assert codes(made, "educator") == {"EDU"}
    assert codes(made, "prosecutor") == set()
    assert made.send("prosecutor", "GET", "/tracks/MHP").status_code == 404
    assert made.send("educator", "GET").status_code == 404  # never learns that there is a case


def test_a_gate_holds_until_its_milestone_is_reached_and_names_it(world: World) -> None:
    made = new_case(world, "2015-03-02")
    refused = made.move("educator", "EDU", "enrolled")
    assert unmet(refused) == {("milestone-missing", "school_assessed")}
    body = refused.json()
    assert (body["code"], body["current"]) == ("transition-refused", "assessment")
    assert body["allowed"] == ["not_applicable"]
    made.reach("educator", "school_assessed")
    moved = made.move("educator", "EDU", "enrolled", effective_on=today().isoformat())
    assert moved.status_code == 200, moved.text
    assert (moved.json()["code"], moved.json()["state"]) == ("EDU", "enrolled")
    assert made.track("social_worker", "EDU")["version"] == 2


def test_all_that_is_unmet_is_told_and_nothing_in_the_body_skips_it(world: World) -> None:
    made = new_case(world)
    found = unmet(made.move("coordinator", "RPT", "transferred_out"))
    assert {detail for code, detail in found if code == "milestone-missing"} == {
        *("medical_cleared", "identity_provisional", "needs_screened"),
        *("pathway_decided", "address_verified", "handover_held"),
    }
    body = {"to": "transferred_out", "force": True}
    assert made.post("coordinator", "/tracks/RPT/transitions", body).status_code == 422
    assert made.track("social_worker", "RPT")["state"] == "arrived"


def test_an_unknown_state_is_refused_with_what_is_allowed(world: World) -> None:
    made = new_case(world)
    refused = made.move("social_worker", "RPT", "name_of_a_canary")
    assert unmet(refused) == {("unknown-state", "no such state")}
    assert refused.json()["allowed"] == ["in_reception", "deceased"]
    phase = made.post("supervisor", "/phase", {"to": "name_of_a_canary"})
    assert unmet(phase) == {("unknown-state", "no such state")}
    assert "canary" not in refused.text + phase.text


def test_the_wall_speaks_before_the_gate(world: World) -> None:
    made = new_case(world, "2015-03-02")
    assert made.move("social_worker", "HLT", "in_treatment").status_code == 403
    assert made.move("educator", "HLT", "in_treatment").status_code == 404
    assert made.move("prosecutor", "RPT", "in_reception").status_code == 404
    outsider = made.as_("livelihoods_officer")
    stranger = new_case(world, team=())
    answer = outsider("POST", f"{stranger.path}/tracks/RPT/transitions", json={"to": 5})
    assert answer.status_code == 404


def test_moves_are_dated_within_the_present(world: World) -> None:
    made = new_case(world)
    later = (today() + timedelta(days=1)).isoformat()
    for day, code in ((later, "future"), ("2001-01-01", "before-since")):
        answer = made.move("social_worker", "RPT", "in_reception", effective_on=day)
        assert answer.status_code == 422
        assert answer.json()["errors"][0] == {
            "pointer": "/effective_on",
            "code": code,
            "detail": answer.json()["detail"],
        }


def test_who_decided_is_on_record(world: World) -> None:
    made = new_case(world)
    moved = made.move(
        "social_worker", "RPT", "in_reception", reason="bed found", decided_by="Centre board"
    )
    assert moved.status_code == 200
    opened, last = made.get("social_worker", "/tracks/RPT/transitions")["items"]
    assert (opened["from_state"], opened["to_state"]) == (None, "arrived")
    assert (last["from_state"], last["to_state"]) == ("arrived", "in_reception")
    assert (last["decided_by"], last["reason"]) == ("Centre board", "bed found")
    made.move("social_worker", "RPT", "deceased")
    *_, quiet = made.get("social_worker", "/tracks/RPT/transitions")["items"]
    assert quiet["decided_by"] == f"user {quiet['author_id']}"


def test_what_a_court_decides_is_never_put_down_to_who_records_it(world: World) -> None:
    made = new_case(world)
    opened = made.post("prosecutor", "/tracks", {"code": "JUS", "reason": "referral received"})
    assert opened.status_code == 201, opened.text
    assert made.move("prosecutor", "JUS", "pre_investigation", reason="registered").is_success
    assert made.move("prosecutor", "JUS", "investigation", reason="grounds found").is_success
    made.reach("prosecutor", "indictment_filed", "court_decision")
    assert made.move("prosecutor", "JUS", "charged").is_success
    assert made.move("prosecutor", "JUS", "trial").is_success
    assert unmet(made.move("prosecutor", "JUS", "convicted")) == {("decider-required", "convicted")}
    given = made.move("prosecutor", "JUS", "convicted", decided_by="District Court 1")
    assert given.status_code == 200, given.text
    assert "JUS" in codes(made)  # a summary: state and dates
    assert made.send("social_worker", "GET", "/tracks/JUS/transitions").json()["items"] == []


def test_faith_counselling_is_left_without_a_word(world: World) -> None:
    made = new_case(world)
    given = {"code": "REL", "reason": "offered at intake"}
    assert made.post("religious_counsellor", "/tracks", given).status_code == 201
    assert made.move("religious_counsellor", "REL", "accepted").is_success
    assert made.move("religious_counsellor", "REL", "withdrawn").is_success


def test_a_track_is_opened_once_and_within_ones_class(world: World) -> None:
    made = new_case(world)
    again = made.post("health_worker", "/tracks", {"code": "HLT", "reason": "once more"})
    assert (again.status_code, again.json()["code"]) == (409, "already-open")
    other = made.post("health_worker", "/tracks", {"code": "JUS", "reason": "not mine"})
    assert other.status_code == 403
    none = made.post("health_worker", "/tracks", {"code": "ZZZ", "reason": "none such"})
    assert none.json()["errors"][0]["pointer"] == "/code"


def test_possible_moves_say_what_they_miss_and_in_which_words(world: World) -> None:
    made = new_case(world, "2015-03-02")
    shown = made.get("educator", "/tracks/EDU/moves?language=ru")
    assert shown["state"] == "assessment"
    missing = {move["to"]: move["missing"] for move in shown["items"]}
    assert missing["enrolled"] == ["school_assessed"]
    assert all(move["title"] for move in shown["items"])
    assert made.get("social_worker", "/tracks/EDU/moves")["items"] == []


def test_a_deadline_runs_from_arrival_and_is_met_by_its_milestone(world: World) -> None:
    zone = catalogue().current_jurisdiction("ra").zone
    earliest = (now() + timedelta(hours=24)).astimezone(zone).date()
    made = new_case(world)
    latest = (now() + timedelta(hours=24)).astimezone(zone).date()
    due = made.track("health_worker", "HLT")["due_on"]  # by the calendar of the country
    assert due in {earliest.isoformat(), latest.isoformat()}
    (running,) = made.get("health_worker", "/deadlines?track=HLT")["items"]
    assert (running["rule"], running["status"]) == ("D05", "running")
    assert running["place"].startswith("ra.v")
    made.reach("health_worker", "medical_cleared")
    (met,) = made.get("health_worker", "/deadlines?track=HLT")["items"]
    assert (met["status"], met["settled_on"]) == ("met", today().isoformat())
    assert made.track("health_worker", "HLT")["due_on"] is None


def test_a_milestone_crosses_the_wall_as_a_fact_only(world: World) -> None:
    """A security assessor's milestone meets a deadline of a track that others may not read."""
    made = new_case(world)
    given = {"code": "SEC", "reason": "assessment ordered", "since": today().isoformat()}
    assert made.post("security_assessor", "/tracks", given).status_code == 201
    assert made.track("security_assessor", "SEC")["due_on"] is not None
    made.reach("security_assessor", "security_assessed")
    rules = {d["rule"]: d["status"] for d in made.get("security_assessor", "/deadlines")["items"]}
    assert rules == {"D08": "met", "D12": "running", "D12-validity": "running"}
    assert "SEC" in codes(made)
    seen = {m["code"] for m in made.get("social_worker", "/milestones")["items"]}
    assert seen == {"arrived"}


def test_a_milestone_is_stated_by_who_may_state_it(world: World) -> None:
    made = new_case(world)
    for role, code in (
        ("social_worker", "medical_cleared"),
        ("prosecutor", "clinical_screened"),
        ("supervisor", "pathway_decided"),
    ):
        answer = made.post(role, "/milestones", {"code": code})
        assert answer.status_code == 403, f"{role} {code}"
    unknown = made.post("social_worker", "/milestones", {"code": "no_such_thing"})
    assert unknown.status_code == 422
    future = (today() + timedelta(days=2)).isoformat()
    planned = {"code": "needs_screened", "reached_on": future}
    assert made.post("social_worker", "/milestones", planned).status_code == 422


def test_a_repeated_deadline_runs_anew_once_it_was_met(world: World) -> None:
    made = new_case(world)
    made.reach("supervisor", "plan_approved")
    (review,) = [d for d in made.get("social_worker", "/deadlines")["items"] if d["rule"] == "D10"]
    settled = made.post("social_worker", f"/deadlines/{review['id']}/meet", {"note": "reviewed"})
    assert settled.status_code == 200, settled.text
    states = [
        d["status"] for d in made.get("social_worker", "/deadlines")["items"] if d["rule"] == "D10"
    ]
    assert sorted(states) == ["met", "running"]
    twice = made.post("social_worker", f"/deadlines/{review['id']}/meet", {"note": "reviewed"})
    assert (twice.status_code, twice.json()["code"]) == (409, "wrong-state")


def test_deadlines_of_all_cases_within_reach_are_one_list(world: World) -> None:
    made = new_case(world)
    far = (today() + timedelta(days=60)).isoformat()
    path = f"/v1/deadlines?limit=200&due_before={far}"
    mine = every_page(made.as_("health_worker"), path)
    assert made.id in {one["case_id"] for one in mine}
    assert [one["due_at"] for one in mine] == sorted(one["due_at"] for one in mine)
    theirs = every_page(made.as_("prosecutor"), path)
    assert made.id not in {one["case_id"] for one in theirs}
