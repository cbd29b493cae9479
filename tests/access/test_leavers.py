"""Whoever leaves leaves nothing open behind: tokens, teams, dockets, covers and broken glass."""

from typing import Any

from app.core.values import moment, now
from tests.access.test_agreements import agreed, terms
from tests.access.test_break_glass import WHY as GLASS
from tests.conftest import World
from tests.hiring import change
from tests.looking import token_of
from tests.making import Made, Send, colleague_of, new_case, on_docket, staff_id, today

WHY = {"reason": "for a test"}


def at_work(world: World, user_id: str) -> Send:
    return world.with_token(token_of(world.house, user_id))


def joined(case: Made, user: dict[str, str]) -> dict[str, Any]:
    member = {"user_id": user["id"], "part": user["role"], **WHY}
    answer = case.post("social_worker", "/team", member)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_memberships_end_and_do_not_come_back_with_the_account(world: World) -> None:
    case, user = new_case(world, team=()), colleague_of(world, "psychologist")
    member = joined(case, user)
    send = at_work(world, user["id"])
    assert send("GET", case.path).status_code == 200
    assert change(world, user["id"], disabled=True).status_code == 200
    assert send("GET", case.path).status_code == 401
    ended = case.get("supervisor", f"/team/{member['id']}")
    assert (ended["until"], ended["reason"]) == (str(today()), "has left")
    assert change(world, user["id"], disabled=False).status_code == 200
    assert at_work(world, user["id"])("GET", case.path).status_code == 404


def test_entries_of_a_docket_end(world: World) -> None:
    case, user = new_case(world, team=()), colleague_of(world, "defence_lawyer")
    entered = on_docket(case, "defence_lawyer", user_id=user["id"])
    assert at_work(world, user["id"])("GET", case.path).status_code == 200
    assert change(world, user["id"], disabled=True).status_code == 200
    path = f"/proceedings/{entered['proceeding_id']}/parties/{entered['id']}"
    ended = case.get("supervisor", path)
    assert (ended["until"], ended["ended_reason"]) == (str(today()), "has left")
    assert change(world, user["id"], disabled=False).status_code == 200
    assert at_work(world, user["id"])("GET", case.path).status_code == 404


def test_what_was_theirs_to_do_is_their_disciplines(world: World) -> None:
    case, user = new_case(world, team=()), colleague_of(world, "psychologist")
    joined(case, user)
    asked = {"title": "Call the clinic", "due_on": str(today()), "assignee_id": user["id"]}
    tasks = [
        case.post("social_worker", "/tasks", {**asked, **more}).json()
        for more in ({}, {"discipline": "health_worker"}, {})
    ]
    at_hand = at_work(world, user["id"])
    first = f"{case.path}/tasks/{tasks[0]['id']}"
    assert at_hand("POST", f"{first}/acknowledge").status_code == 200
    done = {"outcome": "they came"}
    path = f"/tasks/{tasks[2]['id']}/finish"
    assert case.post("social_worker", path, done).status_code == 200
    assert change(world, user["id"], disabled=True).status_code == 200
    after = [case.get("social_worker", f"/tasks/{one['id']}") for one in tasks]
    told = [(one["status"], one["assignee_id"], one["discipline"]) for one in after]
    assert told == [
        ("open", None, "psychologist"),
        ("open", None, "health_worker"),
        ("done", user["id"], None),
    ]
    assert [one["version"] for one in after] == [3, 2, 2]
    assert case.post("psychologist", f"/tasks/{tasks[0]['id']}/acknowledge").status_code == 404
    assert joined(case, {"id": staff_id(world, "psychologist"), "role": "psychologist"})
    again = case.post("psychologist", f"/tasks/{tasks[0]['id']}/acknowledge")
    assert again.json()["assignee_id"] == staff_id(world, "psychologist")


def test_an_alert_that_they_acknowledged_waits_again_and_who_acts_is_told(world: World) -> None:
    case, user = new_case(world, team=()), colleague_of(world, "psychologist")
    joined(case, user)
    raised = [
        case.post("social_worker", "/alerts", {"kind": "SAFETY_SELF", **more}).json()
        for more in ({}, {}, {"assignee_id": user["id"]})
    ]
    at_hand, paths = at_work(world, user["id"]), [f"/alerts/{one['id']}" for one in raised]
    for path in paths[:2]:
        assert at_hand("POST", f"{case.path}{path}/acknowledge").status_code == 200
    asked = {"to": "supervisor"}
    assert case.post("social_worker", f"{paths[0]}/escalate", asked).status_code == 200
    done = case.post("social_worker", f"{paths[1]}/close", {"outcome": "dealt_with"})
    assert done.status_code == 200, done.text
    began = moment(now())
    assert change(world, user["id"], disabled=True).status_code == 200
    after = [case.get("social_worker", path) for path in paths]
    for one in (after[0], after[2]):
        unsaid = ("assignee_id", "acknowledged_by", "acknowledged_at", "escalated_to")
        assert one["status"] == "open"
        assert [one[name] for name in unsaid] == [None] * 4
    assert after[0]["due_at"] > began
    assert after[0]["due_at"] > raised[0]["due_at"]
    assert after[2]["due_at"] == raised[2]["due_at"]  # which nobody had answered
    assert (after[1]["status"], after[1]["acknowledged_by"]) == ("closed", user["id"])
    assert staff_id(world, "psychologist") != user["id"]
    told = world.as_("psychologist")("GET", "/v1/me/notices?unseen=true&limit=200").json()["items"]
    about = [one["about_id"] for one in told if one["topic"] == "alert.raised"]
    assert [about.count(one["id"]) for one in raised] == [2, 1, 1]


def test_an_agreement_ends_with_its_partner(fresh: World) -> None:
    client = staff_id(fresh, "partner")
    known = agreed(fresh, "identity")
    waits = fresh.as_("coordinator")("POST", "/v1/agreements", json=terms(fresh, "education"))
    assert waits.status_code == 201, waits.text
    assert change(fresh, client, disabled=True).status_code == 200
    for one in (known, waits.json()["id"]):
        told = fresh.as_("coordinator")("GET", f"/v1/agreements/{one}").json()
        assert (told["status"], told["ended_on"]) == ("ended", str(today()))


def test_covers_end_on_either_side(world: World) -> None:
    one, other = (colleague_of(world, "health_worker") for _ in range(2))
    found = []
    for grantor, holder in ((one, other), (other, one)):
        body = {"holder_id": holder["id"], "kind": "absence", "until": str(today()), **WHY}
        made = at_work(world, grantor["id"])("POST", "/v1/covers", json=body)
        assert made.status_code == 201, made.text
        found.append(f"/v1/covers/{made.json()['id']}")
    assert world.as_("supervisor")("POST", f"{found[0]}/approve", json=WHY).is_success
    assert change(world, one["id"], disabled=True).status_code == 200
    for path in found:
        told = world.as_("supervisor")("GET", path).json()
        assert (told["status"], told["end_reason"]) == ("ended", "has left")


def test_a_broken_glass_is_closed(world: World) -> None:
    case, user = new_case(world), colleague_of(world, "health_worker")
    joined(case, user)
    body = {"record_class": "therapy_notes", **GLASS}
    made = at_work(world, user["id"])("POST", f"{case.path}/break-glass", json=body)
    assert made.status_code == 201, made.text
    assert change(world, user["id"], disabled=True).status_code == 200
    path = f"/break-glass/{made.json()['id']}"
    assert case.get("data_protection_officer", path)["ended_at"]


def test_who_leads_the_unit_is_told_of_cases_without_a_lead(world: World) -> None:
    case, user = new_case(world, team=()), colleague_of(world, "social_worker")
    boss = world.as_("supervisor")
    tag = boss("GET", case.path).headers["ETag"]
    lead = {"lead_worker_id": user["id"], "reason": "shared out anew"}
    assert boss("PATCH", case.path, json=lead, headers={"If-Match": tag}).status_code == 200
    assert change(world, user["id"], disabled=True).status_code == 200
    for role in ("supervisor", "centre_manager"):
        told = world.as_(role)("GET", "/v1/me/notices?unseen=true&limit=200").json()["items"]
        assert ("case.without-lead", case.id, user["id"]) in {
            (one["topic"], one["case_id"], one["about_id"]) for one in told
        }
    assert staff_id(world, "social_worker") != user["id"]
