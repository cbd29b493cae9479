"""Phases, closing and re-opening: decided by a name, and nothing open is closed away."""

from typing import Any

from tests.conftest import World
from tests.making import Made, new_case, today, unmet

DUPLICATE = {"reason": "duplicate", "outcome": "the same person has another file"}
GOALS = {"reason": "goals_met", "outcome": "lives at home, child in school"}


def codes(answer: Any) -> set[str]:
    return {code for code, _ in unmet(answer)}


def test_the_checklist_is_told_whole_and_closes_nothing(world: World) -> None:
    made = new_case(world, "2015-03-02")
    refused = made.post("social_worker", "/close", GOALS)
    assert codes(refused) == {
        *("documents_issued", "child_in_school", "care_stable", "person_informed"),
        "feedback_asked",
    }
    body = refused.json()
    assert (body["code"], body["current"]) == ("closure-refused", "open")
    assert made.get("social_worker")["closure_proposed_at"] is None


def test_some_items_take_a_reason_instead_and_others_do_not(world: World) -> None:
    made = new_case(world, "2015-03-02")
    given = [
        {"item": "documents_issued", "reason": "registry burnt down"},
        {"item": "child_in_school", "reason": "taught at hospital"},
        {"item": "care_stable", "reason": "because"},
    ]
    refused = made.post("social_worker", "/close", {**GOALS, "exceptions": given})
    assert codes(refused) == {"care_stable", "person_informed", "feedback_asked"}


def test_closing_takes_two_and_the_second_may_use_the_same_door(world: World) -> None:
    made = new_case(world)
    proposed = made.post("social_worker", "/close", DUPLICATE)
    assert proposed.status_code == 200, proposed.text
    assert (proposed.json()["status"], proposed.json()["closure_reason"]) == ("open", "duplicate")
    again = made.post("social_worker", "/close", DUPLICATE)
    assert again.json()["status"] == "open"  # proposing twice approves nothing
    closed = made.post("supervisor", "/close", DUPLICATE)
    assert closed.json()["status"] == "closed"
    assert closed.json()["closed_on"] == today().isoformat()
    assert closed.json()["phase"] == "closed"


def test_nobody_approves_what_they_proposed(world: World) -> None:
    made = new_case(world)
    assert made.post("supervisor", "/close", DUPLICATE).is_success
    own = made.post("supervisor", "/close/approve", {"reason": "agreed"})
    assert (own.status_code, own.json()["code"]) == (403, "own-proposal")
    assert made.post("supervisor", "/close", DUPLICATE).json()["status"] == "open"
    assert made.post("coordinator", "/close/approve", {"reason": "agreed"}).is_success


def test_a_proposal_may_be_declined_and_there_must_be_one(world: World) -> None:
    made = new_case(world)
    none = made.post("supervisor", "/close/approve", {"reason": "agreed"})
    assert (none.status_code, none.json()["code"]) == (409, "wrong-state")
    made.post("social_worker", "/close", DUPLICATE)
    declined = made.post("supervisor", "/close/decline", {"reason": "look again"})
    assert declined.json()["closure_proposed_by"] is None
    told = {d["about"]: d for d in made.get("social_worker", "/decisions")["items"]}
    assert told["closure-refusal"]["reason"] == "look again"
    assert told["closure-proposal"]["value"] == "duplicate"


def test_what_opens_meanwhile_stops_the_approval(world: World) -> None:
    made = new_case(world)
    assert made.post("social_worker", "/close", DUPLICATE).is_success
    assert made.post("psychologist", "/alerts", {"kind": "SAFETY_SELF"}).status_code == 201
    refused = made.post("supervisor", "/close/approve", {"reason": "agreed"})
    assert codes(refused) == {"no_open_safety_alert"}


def test_an_open_task_that_the_proposer_cannot_see_counts(world: World) -> None:
    made = new_case(world)
    task = {"title": "order the file", "due_on": "2030-01-01"}
    assert made.post("prosecutor", "/tasks", task).status_code == 201
    assert made.get("social_worker", "/tasks")["items"] == []
    assert unmet(made.post("social_worker", "/close", DUPLICATE)) == {
        ("open-task", "tasks not finished")  # how many would tell of what is hidden
    }


def closed_case(world: World) -> Made:
    made = new_case(world)
    assert made.post("social_worker", "/close", DUPLICATE).is_success
    assert made.post("supervisor", "/close", DUPLICATE).json()["status"] == "closed"
    return made


def test_a_closed_case_is_read_and_not_worked_on(world: World) -> None:
    made = closed_case(world)
    writes = {
        "/notes": {"kind": "social_work", "occurred_on": "2025-11-20", "text": "late"},
        "/tasks": {"title": "late", "due_on": "2030-01-01"},
        "/team": {"user_id": made.get("social_worker")["lead_worker_id"], **{"part": "x" * 3}},
        "/milestones": {"code": "needs_screened"},
        "/tracks/RPT/transitions": {"to": "in_reception"},
        "/close": DUPLICATE,
    }
    writes["/team"]["reason"] = "late"
    for path, body in writes.items():
        answer = made.post("social_worker", path, body)
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong-state"), path
        assert answer.json()["current"] == "closed"
    assert made.get("social_worker")["status"] == "closed"
    states = {d["status"] for d in made.get("health_worker", "/deadlines?track=HLT")["items"]}
    assert states == {"ended"}
    running = made.get("supervisor", "/deadlines?status=running")["items"]
    assert [d["rule"] for d in running] == ["D20"]  # its retention is reviewed in a year


def test_reopening_goes_back_to_the_phase_before(world: World) -> None:
    made = closed_case(world)
    assert made.post("social_worker", "/reopen", {"reason": "came back"}).status_code == 403
    opened = made.post("supervisor", "/reopen", {"reason": "came back"})
    assert opened.status_code == 200, opened.text
    assert (opened.json()["status"], opened.json()["phase"]) == ("open", "reception")
    assert opened.json()["closed_on"] is None
    assert made.post("supervisor", "/reopen", {"reason": "again"}).status_code == 409


def test_a_phase_is_decided_by_a_name_within_practice(world: World) -> None:
    made = new_case(world)
    body = {"to": "rehabilitation", "reason": "screened"}
    low = made.post("social_worker", "/phase", body)
    assert unmet(low) == {("role-may-not-decide", "social_worker")}
    jump = made.post("supervisor", "/phase", {"to": "aftercare", "reason": "done"})
    assert unmet(jump) == {("no-such-move", "reception to aftercare")}
    assert jump.json()["allowed"] == ["rehabilitation", "reintegration"]
    mute = made.post("supervisor", "/phase", {"to": "rehabilitation"})
    assert unmet(mute) == {("reason-required", "rehabilitation")}
    moved = made.post("supervisor", "/phase", {**body, "decided_by": "Council"})
    assert moved.json()["phase"] == "rehabilitation"
    shut = made.post("supervisor", "/phase", {"to": "closed", "reason": "done"})
    assert codes(shut) == {"closes-by-closing"}
    (decision,) = made.get("social_worker", "/decisions")["items"]
    assert (decision["value"], decision["decided_by"]) == ("rehabilitation", "Council")


def test_a_case_begins_within_practice(world: World) -> None:
    made = new_case(world, team=())
    worker = world.as_("social_worker")
    for change, pointer in (
        ({"phase": "aftercare"}, "/phase"),
        ({"programme": "nowhere"}, "/programme"),
        ({"opened_on": "2050-01-01"}, "/opened_on"),
        ({"arrived_on": "2050-01-01"}, "/arrived_on"),
    ):
        body = {"person_id": made.person_id, "programme": "alder", **change}
        answer = worker("POST", "/v1/cases", json=body)
        assert answer.status_code == 422, change
        assert answer.json()["errors"][0]["pointer"] == pointer
    number = made.get("social_worker")["number"]
    assert number.startswith("A-")
    assert len(number) == 11


def test_a_case_is_found_by_its_number_as_people_type_it(world: World) -> None:
    made = new_case(world, team=())
    number, send = made.get("social_worker")["number"], world.as_("social_worker")
    typed = f" {number[:5].lower()} {number[5:]}".replace("0", "o")
    (found,) = send("GET", "/v1/cases", params={"number": typed}).json()["items"]
    assert found["id"] == made.id
    slip = number[:-1] + ("2" if number[-1] == "3" else "3")
    wrong = send("GET", "/v1/cases", params={"number": slip})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "query.number")
