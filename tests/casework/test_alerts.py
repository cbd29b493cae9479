"""Alerts: a fixed text, an audience, a clock; nothing of what is behind them crosses the wall."""

from datetime import datetime, timedelta

import pytest

from app.core.values import now
from app.registry.pathways.catalogue import catalogue
from app.safeguards.access.policy import POLICY
from tests.access.test_conflicts import declared
from tests.conftest import World
from tests.hiring import change, hire
from tests.making import Made, Send, every_page, new_case, staff_id

# Who learns of which alert at all: told a second time, from the field's rules.
AUDIENCES = {
    "SAFETY_SELF": {
        *("social_worker", "supervisor", "psychologist", "health_worker"),
        "child_protection_officer",
    },
    "CHILD_SAFEGUARD": {
        *("social_worker", "supervisor", "psychologist", "health_worker"),
        "child_protection_officer",
    },
    "MEDICAL_ALERT": {
        *("social_worker", "supervisor", "psychologist", "health_worker"),
        *("child_protection_officer", "educator"),
    },
    "DETENTION_EXPIRY": {
        *("supervisor", "legal_officer", "prosecutor", "child_protection_officer"),
    },
}
RAISERS = {
    "SAFETY_SELF": "psychologist",
    "CHILD_SAFEGUARD": "educator",
    "MEDICAL_ALERT": "health_worker",
    "DETENTION_EXPIRY": "prosecutor",
}
ASKED = {
    *("social_worker", "supervisor", "psychologist", "health_worker", "educator"),
    *("child_protection_officer", "legal_officer", "prosecutor", "security_assessor"),
    *("religious_counsellor", "livelihoods_officer"),
}


@pytest.mark.parametrize("kind", sorted(AUDIENCES))
def test_an_alert_reaches_its_audience_and_nobody_else(world: World, kind: str) -> None:
    made = new_case(world, "2014")
    raised = made.post(RAISERS[kind], "/alerts", {"kind": kind})
    assert raised.status_code == 201, raised.text
    seen = set()
    for role in ASKED:
        answer = made.send(role, "GET", "/alerts")
        if answer.status_code == 200 and answer.json()["items"]:
            seen.add(role)
    assert seen == AUDIENCES[kind]


def test_an_alert_says_its_fixed_text_and_takes_no_other(world: World) -> None:
    made = new_case(world)
    wordy = made.post("psychologist", "/alerts", {"kind": "SAFETY_SELF", "text": "item 9"})
    assert wordy.status_code == 422
    alert = made.post("psychologist", "/alerts", {"kind": "SAFETY_SELF"}).json()
    assert alert["text"] == "Contact clinician now"
    due = datetime.fromisoformat(alert["due_at"])
    assert timedelta(minutes=55) < due - now() <= timedelta(hours=1)


def test_acknowledging_meets_the_clock_and_closing_comes_after(world: World) -> None:
    made = new_case(world)
    alert = made.post("psychologist", "/alerts", {"kind": "SAFETY_SELF"}).json()
    path = f"/alerts/{alert['id']}"
    early = made.post("psychologist", f"{path}/close", {"outcome": "dealt_with"})
    assert (early.status_code, early.json()["current"]) == (409, "open")
    assert made.post("social_worker", f"{path}/acknowledge").json()["status"] == "acknowledged"
    rules = {d["rule"]: d["status"] for d in made.get("psychologist", "/deadlines")["items"]}
    assert (rules["D16-acknowledge"], rules["D16-plan"]) == ("met", "running")
    closed = made.post("psychologist", f"{path}/close", {"outcome": "dealt_with"})
    assert (closed.json()["status"], closed.json()["outcome"]) == ("closed", "dealt_with")
    assert made.post("social_worker", f"{path}/acknowledge").status_code == 409


def test_who_must_act_is_told_though_they_are_not_on_the_team(world: World) -> None:
    made = new_case(world)
    duty = world.with_token(hire(world, "psychologist").pair()["access_token"])
    alert = made.post("social_worker", "/alerts", {"kind": "SAFETY_SELF"}).json()
    assert alert["id"] in told_of(duty)
    assert alert["id"] in told_of(world.as_("psychologist"))
    assert alert["id"] not in told_of(world.as_("social_worker"))
    assert duty("GET", made.path).status_code == 404


def test_who_leads_is_told_where_nobody_else_is_there_to_act(fresh: World) -> None:
    made = new_case(fresh)
    alert = made.post("health_worker", "/alerts", {"kind": "MEDICAL_ALERT"}).json()
    roles = ("health_worker", "social_worker", "supervisor")
    assert [one for one in roles if alert["id"] in told_of(fresh.as_(one))] == ["social_worker"]


def test_who_may_not_know_of_the_case_is_not_the_one_who_is_told(fresh: World) -> None:
    """The only one of the discipline is kin; then who leads has left, and the supervisors hear."""
    made = new_case(fresh)
    own = declared(fresh, "psychologist", "psychologist", made.person_id)
    assert own.status_code == 201, own.text
    alert = made.post("health_worker", "/alerts", {"kind": "SAFETY_SELF"}).json()
    assert alert["id"] in told_of(fresh.as_("social_worker"))
    change(fresh, staff_id(fresh, "social_worker"), disabled=True)
    alert = made.post("health_worker", "/alerts", {"kind": "SAFETY_SELF"}).json()
    assert alert["id"] in told_of(fresh.as_("supervisor"))


def test_who_is_in_no_audience_is_not_told_that_there_is_one(fresh: World) -> None:
    made = new_case(fresh, "2014")
    alert = made.post("legal_officer", "/alerts", {"kind": "DETENTION_EXPIRY"}).json()
    roles = ("legal_officer", "social_worker", "supervisor")
    assert [one for one in roles if alert["id"] in told_of(fresh.as_(one))] == ["supervisor"]


def told_of(send: Send, topic: str = "alert.raised") -> set[str]:
    """The alerts of which somebody was told as they were raised, or later."""
    notices = every_page(send, "/v1/me/notices?limit=200")
    return {one["about_id"] for one in notices if one["topic"] == topic}


def test_escalating_stays_within_the_audience(world: World) -> None:
    made = new_case(world)
    alert = made.post("psychologist", "/alerts", {"kind": "SAFETY_SELF"}).json()
    path = f"/alerts/{alert['id']}/escalate"
    assert made.post("psychologist", path, {"to": "prosecutor"}).status_code == 422
    up = made.post("psychologist", path)
    assert (up.status_code, up.json()["escalated_to"]) == (200, "supervisor")
    assert up.json()["status"] == "open"
    told = [told_of(world.as_(one), "alert.escalated") for one in ("supervisor", "social_worker")]
    assert [alert["id"] in one for one in told] == [True, False]


def test_an_assignee_is_of_the_audience(world: World) -> None:
    made = new_case(world)
    body = {"kind": "SAFETY_SELF", "assignee_id": staff_id(world, "prosecutor")}
    assert made.post("psychologist", "/alerts", body).status_code == 422
    body["assignee_id"] = staff_id(world, "supervisor")
    alert = made.post("social_worker", "/alerts", body)
    assert alert.status_code == 201, alert.text
    assert alert.json()["id"] in told_of(world.as_("supervisor")), "asked by name"


def test_overdue_alerts_of_all_cases(world: World) -> None:
    made = new_case(world)
    alert = made.post("psychologist", "/alerts", {"kind": "SAFETY_SELF"}).json()
    everything = world.as_("psychologist")("GET", "/v1/alerts?status=open&limit=200").json()
    assert alert["id"] in {one["id"] for one in everything["items"]}
    late = world.as_("psychologist")("GET", "/v1/alerts?overdue=true&limit=200").json()
    assert alert["id"] not in {one["id"] for one in late["items"]}


def test_who_may_not_raise_is_told_so(world: World) -> None:
    made = new_case(world)
    for role, kind in (("educator", "SAFETY_SELF"), ("prosecutor", "SAFETY_SELF")):
        assert made.post(role, "/alerts", {"kind": kind}).status_code in (403, 404), role


def test_every_kind_has_its_audience_in_the_policy() -> None:
    for kind in catalogue().alerts.values():
        assert kind.record_class in POLICY.classes
        assert kind.record_class in POLICY.records["alert"]
        assert kind.record_class in POLICY.readable(kind.discipline)


def history_of(made: Made, role: str) -> str:
    text: str = made.send(role, "GET", "/history").text
    return text


def test_the_history_keeps_an_alert_behind_its_wall(world: World) -> None:
    made = new_case(world)
    made.post("psychologist", "/alerts", {"kind": "SAFETY_SELF"})
    assert "SAFETY_SELF" in history_of(made, "social_worker")
    assert "SAFETY_SELF" not in history_of(made, "prosecutor")
