"""Pathways through HTTP: decided for one person by a named body, or refused with all reasons."""

from datetime import timedelta
from typing import Any

from tests.conftest import World
from tests.making import Made, new_case, today, unmet

BOARD = ["A. Aliev", "B. Brown", "C. Cherny"]
TODAY = today()


def assign(made: Made, code: str, role: str = "supervisor", **more: Any) -> Any:
    body = {"code": code, "decided_by": "Commission 1", "members": BOARD, "reason": "heard"}
    return made.post(role, "/pathways", {**body, **more})


def test_a_pathway_opens_its_tracks_and_is_on_record(world: World) -> None:
    made = new_case(world)
    answer = assign(made, "P3_ADULT_NOT_PROSECUTED")
    assert answer.status_code == 201, answer.text
    assert answer.json()["members"] == BOARD
    opened = {t["code"]: t["state"] for t in made.get("supervisor", "/tracks")["items"]}
    assert opened["LIV"] == "assessment"
    assert opened["SEC"] == "assessment_due"
    assert opened["REL"] == "offered"  # voluntary: an offer, and no more
    assert "JUS" not in opened
    reached = {m["code"] for m in made.get("supervisor", "/milestones")["items"]}
    assert reached == {"arrived", "pathway_decided"}
    rules = [d["rule"] for d in made.get("supervisor", "/deadlines")["items"]]
    assert "D09" in rules  # an individual plan is due from the decision


def test_everything_that_speaks_against_a_pathway_is_told(world: World) -> None:
    made = new_case(world, "2015-03-02")
    refused = assign(made, "P1_ADULT_ACCUSED_DETAINED", "social_worker", members=["A. Aliev"])
    assert unmet(refused) == {
        ("role-may-not-record", "social_worker"),
        ("too-few-members", "at least 3 decide"),
        ("adults-only", "may be under 18"),
    }
    assert refused.json()["code"] == "pathway-refused"
    assert made.get("supervisor", "/pathways")["items"] == []


def test_an_overlay_needs_its_pathway_and_keeps_it(world: World) -> None:
    made = new_case(world, "2015-03-02")
    alone = assign(made, "P8_CHILD_PARENT_IN_CUSTODY")
    assert unmet(alone) == {("overlay-needs", "P5_CHILD_ACCOMPANIED or P6_CHILD_UNACCOMPANIED")}
    base = assign(made, "P5_CHILD_ACCOMPANIED")
    assert base.is_success
    assert unmet(assign(made, "P5_CHILD_ACCOMPANIED")) == {
        ("already-assigned", "P5_CHILD_ACCOMPANIED")
    }
    assert assign(made, "P8_CHILD_PARENT_IN_CUSTODY").is_success
    left = made.post("supervisor", f"/pathways/{base.json()['id']}/end", {"reason": "moved"})
    assert unmet(left) == {("overlay-needs", "P8_CHILD_PARENT_IN_CUSTODY")}


def test_a_pathway_ends_dated_and_for_a_reason(world: World) -> None:
    made = new_case(world)
    first = assign(made, "P3_ADULT_NOT_PROSECUTED").json()
    path = f"/pathways/{first['id']}/end"
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    late = made.post("supervisor", path, {"reason": "charged", "until": tomorrow})
    assert late.status_code == 422
    ended = made.post("supervisor", path, {"reason": "charged"})
    assert (ended.json()["until"], ended.json()["ended_reason"]) == (TODAY.isoformat(), "charged")
    assert made.post("supervisor", path, {"reason": "again"}).status_code == 409
    assert assign(made, "P2_ADULT_ACCUSED_AT_LIBERTY").is_success  # a changed pathway
    assert "JUS" in {t["code"] for t in made.get("supervisor", "/tracks")["items"]}


def test_an_unaccompanied_child_has_a_guardian_due_and_a_panel_before_care(world: World) -> None:
    made = new_case(world, "2016")
    assert assign(made, "P6_CHILD_UNACCOMPANIED").is_success
    made.reach("child_protection_officer", "best_interests_assessed")
    assert made.move("child_protection_officer", "CPC", "bia_done").is_success
    held = made.move("child_protection_officer", "CPC", "bid_panel", reason="no parent")
    assert unmet(held) == {("milestone-missing", "interim_guardian")}


def test_a_child_in_contact_with_the_law_is_judged_by_the_day_of_the_act(world: World) -> None:
    """Grown up by now; the file of the act stays a child's."""
    made = new_case(world, "2006-06-01")
    assert assign(made, "P2_ADULT_ACCUSED_AT_LIBERTY").is_success
    assert unmet(assign(made, "P7_CHILD_CONTACT_LAW")) >= {("act-day-missing", "act_on")}
    too_young = assign(made, "P7_CHILD_CONTACT_LAW", act_on="2019-05-01")
    assert unmet(too_young) == {("below-criminal-responsibility", "may be under 16")}
    assert assign(made, "P7_CHILD_CONTACT_LAW", act_on="2023-02-01").is_success
    events = world.as_("auditor")("GET", f"/v1/audit/events?file_id={made.id}&limit=200").json()
    classes = {e["record_class"] for e in events["items"] if e["record"] == "track"}
    assert "child_justice" in classes


def test_no_pathway_is_decided_without_a_named_decider(world: World) -> None:
    made = new_case(world)
    body = {"code": "P3_ADULT_NOT_PROSECUTED", "members": BOARD, "reason": "heard"}
    refused = made.post("supervisor", "/pathways", body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/decided_by"


def test_a_prosecutor_learns_of_no_pathway(world: World) -> None:
    made = new_case(world)
    assert assign(made, "P4_ADULT_VICTIM_WITNESS").is_success
    assert made.send("prosecutor", "GET", "/pathways").status_code == 403
    assert "P4_" not in made.send("prosecutor", "GET", "/history").text
