"""A family from the aircraft to closure, through HTTP on both engines, each by who does it."""

from pathlib import Path
from typing import Any

from tests.conftest import World
from tests.making import Made, staff_id, today

MANIFEST = Path(__file__).parents[1] / "docs" / "examples" / "manifest.csv"
PANEL = ["A. Member", "B. Member", "C. Member"]


def arrive(world: World) -> list[Made]:
    day = today().isoformat()
    plan = {"code": "from-the-aircraft", "name": "Operation Elm", "programme": "alder"}
    made = world.as_("coordinator")("POST", "/v1/operations", json={**plan, "arrives_on": day})
    assert made.status_code == 201, made.text
    path, worker = f"/v1/operations/{made.json()['id']}/arrivals", world.as_("social_worker")
    tried = worker("POST", path, files={"file": ("manifest.csv", MANIFEST.read_bytes())})
    assert tried.status_code == 200, tried.text
    assert tried.json()["would_create"] == {"people": 12, "cases": 12, "households": 3}
    assert world.as_("social_worker")("GET", f"{path}").json()["items"] == []
    data = {"dry_run": "false"}
    file = {"file": ("manifest.csv", MANIFEST.read_bytes())}
    loaded = worker("POST", path, files=file, data=data)
    assert loaded.status_code == 201, loaded.text
    cases = loaded.json()["items"]
    return [Made(world, case["id"], case["person_id"]) for case in cases]


def done(answer: Any) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def join(made: Made, *roles: str) -> None:
    for role in roles:
        member = {"user_id": staff_id(made.world, role), "part": role, "reason": "reception"}
        done(made.post("social_worker", "/team", member))


def assign(made: Made, code: str) -> None:
    given = {"code": code, "decided_by": "Commission", "members": PANEL, "reason": "heard"}
    done(made.post("supervisor", "/pathways", given))


def test_from_the_aircraft_to_closure(fresh: World) -> None:
    mother, son, *others = arrive(fresh)
    assert len(others) == 10
    worker = "social_worker"

    # The first hours: a team, the triage, and what everybody is told and asked.
    join(mother, "psychologist", "health_worker", "legal_officer", "livelihoods_officer")
    join(son, "health_worker", "child_protection_officer", "educator", "legal_officer")
    for case in (mother, son):
        case.reach("health_worker", "medical_cleared")
        case.reach(worker, "identity_provisional", "needs_screened", "address_verified")
        case.reach(worker, "handover_held")
        done(case.move(worker, "RPT", "in_reception"))
    done(mother.post("psychologist", "/milestones", {"code": "clinical_screened"}))
    done(mother.move("psychologist", "MHP", "in_intervention"))

    # Screened by three, decided by a body, for each person alone.
    assign(mother, "P3_ADULT_NOT_PROSECUTED")
    assign(son, "P5_CHILD_ACCOMPANIED")
    son.reach("child_protection_officer", "best_interests_assessed")
    done(son.move("child_protection_officer", "CPC", "bia_done"))
    for case in (mother, son):
        done(case.move("supervisor", "RPT", "transferred_out"))
        done(case.post("supervisor", "/phase", {"to": "reintegration", "reason": "lives at home"}))
        case.reach(worker, "community_arrived")

    # Work on the tracks, by each behind the own wall.
    said = "Has slept through for the first time."
    note = {"kind": "therapy", "occurred_on": today().isoformat(), "text": said}
    written = done(mother.post("psychologist", "/notes", note))
    assert mother.send(worker, "GET", f"/notes/{written['id']}").status_code == 404
    alert = done(mother.post("psychologist", "/alerts", {"kind": "SAFETY_SELF"}))
    done(mother.post(worker, f"/alerts/{alert['id']}/acknowledge"))
    mother.reach("psychologist", "safety_plan", "assessed")
    done(mother.post("psychologist", f"/alerts/{alert['id']}/close", {"outcome": "dealt_with"}))
    son.reach("educator", "school_assessed")
    done(son.move("educator", "EDU", "enrolled"))
    son.reach("educator", "school_enrolled")
    done(son.move("educator", "EDU", "attending"))
    assert son.send("educator", "GET").status_code == 404
    for case in (mother, son):
        case.reach("legal_officer", "identity_verified")
        done(case.move("legal_officer", "DOC", "applied"))
        done(case.move("legal_officer", "DOC", "issued"))
    due = today().isoformat()
    task = done(mother.post(worker, "/tasks", {"title": "ask for the benefit", "due_on": due}))

    # Aftercare, and the end: what is open is told, and two people close.
    for case in (mother, son):
        case.reach("supervisor", "plan_approved")
        done(case.post("supervisor", "/phase", {"to": "aftercare", "reason": "goals in sight"}))
    goals = {"reason": "goals_met", "outcome": "works at the bakery; the boy reads"}
    refused = mother.post(worker, "/close", goals)
    assert {one["code"] for one in refused.json()["unmet"]} == {
        *("documents_issued", "person_informed", "feedback_asked", "open-task"),
    }
    done(mother.post(worker, f"/tasks/{task['id']}/finish", {"outcome": "granted"}))
    for case in (mother, son):
        case.reach(worker, "documents_issued", "person_informed", "feedback_asked")
    son.reach("child_protection_officer", "care_stable_6m")
    for case in (mother, son):
        assert done(case.post(worker, "/close", goals))["status"] == "open"
        assert case.post(worker, "/close/approve", {"reason": "agreed"}).status_code == 403
        assert done(case.post("supervisor", "/close", goals))["status"] == "closed"

    # A prosecutor and an outsider saw nothing of it; the auditor sees that it happened.
    for role in ("prosecutor", "religious_counsellor"):
        assert mother.send(role, "GET").status_code == 404
    path = f"/v1/audit/events?file_id={mother.id}&limit=200"
    events = fresh.as_("auditor")("GET", path).json()["items"]
    assert said not in str(events)
    acts = {(one["role"], one["outcome"], one["action"]) for one in events}
    assert ("psychologist", "written", "note.add") in acts
    assert ("supervisor", "written", "case.close") in acts
    assert ("prosecutor", "refused", "case.read") in acts
    assert ("social_worker", "refused", "case.approve_closure") in acts
    assert any(outcome == "read" for _, outcome, _ in acts)
