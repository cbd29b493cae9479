"""A critical answer becomes an alert without content at once, whatever the score says."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.casework.assessments.scoring.catalogue import catalogue
from tests.casework.assessments.giving import PHQ9, given
from tests.conftest import World
from tests.making import Made, new_case, staff_id, today

MINIMAL = "1 1 0 1 0 0 0 0 1"  # 4, and item 9 is not zero
UNSCORED = "_ _ _ _ _ _ _ _ 2"
ASKED = "1 1 1 1 0 0 0 0 _"
CALM = "1 1 0 1 0 0 0 0 0"


@pytest.fixture
def made(world: World) -> Made:
    return new_case(world)


def alerts(made: Made, role: str = "social_worker") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = made.get(role, "/alerts")["items"]
    return items


@pytest.mark.parametrize("values", [MINIMAL, UNSCORED])
def test_it_reaches_the_team_without_a_word_of_it(made: Made, values: str) -> None:
    found = given(made, PHQ9, values)
    assert found["result"]["flags"] == [{"code": "SAFETY_SELF", "kind": "alert", "state": "raised"}]
    assert "contact clinician now" in found["result"]["summary"]
    (alert,) = alerts(made)
    assert (alert["kind"], alert["text"]) == ("SAFETY_SELF", "Contact clinician now")
    assert (alert["discipline"], alert["status"]) == ("psychologist", "open")
    raised, due = (datetime.fromisoformat(alert[name]) for name in ("created_at", "due_at"))
    assert due - raised == timedelta(hours=1)
    told = str(alert).lower()
    assert not [word for word in ("phq", "assess", "score", "item", found["id"]) if word in told]


def test_its_clocks_run(made: Made) -> None:
    """To be acknowledged within the hour, and a plan for safety within a day."""
    given(made, PHQ9, MINIMAL)
    timers = {one["rule"]: one for one in made.get("psychologist", "/deadlines?limit=200")["items"]}
    assert timers["D16-acknowledge"]["status"] == "running"
    assert timers["D16-plan"]["status"] == "running"
    (alert,) = alerts(made)
    seen = made.post("psychologist", f"/alerts/{alert['id']}/acknowledge")
    assert seen.json()["acknowledged_by"] == staff_id(made.world, "psychologist")
    made.reach("psychologist", "safety_plan")
    timers = {one["rule"]: one for one in made.get("psychologist", "/deadlines?limit=200")["items"]}
    assert {timers[f"D16-{name}"]["status"] for name in ("acknowledge", "plan")} == {"met"}


def clocks(made: Made) -> dict[str, dict[str, Any]]:
    listed = made.get("psychologist", "/deadlines?limit=200")["items"]
    return {one["rule"]: one for one in listed}


def test_its_clocks_run_without_the_track_of_mental_health(world: World) -> None:
    made = new_case(world, phase="pre_arrival")
    codes = [one["code"] for one in made.get("psychologist", "/tracks")["items"]]
    assert "MHP" not in codes
    given(made, PHQ9, MINIMAL)
    plan = clocks(made)["D16-plan"]
    assert (plan["status"], plan["track"]) == ("running", None)
    for role in ("social_worker", "educator", "prosecutor"):
        assert "D16-plan" not in made.send(role, "GET", "/deadlines?limit=200").text
    made.reach("psychologist", "safety_plan")
    assert clocks(made)["D16-plan"]["status"] == "met"


def test_its_clocks_outlast_the_track(made: Made) -> None:
    given(made, PHQ9, MINIMAL)
    body = {"to": "declined", "reason": "wants none", "decided_by": "the person"}
    moved = made.post("psychologist", "/tracks/MHP/transitions", body)
    assert moved.status_code == 200, moved.text
    assert clocks(made)["D16-plan"]["status"] == "running"


def test_an_answer_that_is_missing_is_to_be_asked_for(made: Made) -> None:
    result = given(made, PHQ9, ASKED)["result"]
    assert result["flags"] == [{"code": "SAFETY_SELF", "kind": "alert", "state": "unknown"}]
    assert "A critical question has no answer: ask." in result["summary"]
    assert (result["total"], result["band"]) == (5, "mild")
    assert alerts(made) == []
    asked = [one for one in made.get("psychologist", "/tasks")["items"] if not one["deadline_id"]]
    assert [(one["title"], one["due_on"]) for one in asked] == [("PHQ-9 (self): ask", str(today()))]


def test_who_is_to_ask_already_is_told_once(made: Made) -> None:
    one = given(made, PHQ9, ASKED)
    path = f"/assessments/{one['id']}/amend"
    amended = made.post("psychologist", path, {"reason": "misread", "answers": {"1": 0}})
    assert amended.status_code == 201, amended.text
    assert amended.json()["result"]["flags"] == one["result"]["flags"]
    asked = [one for one in made.get("psychologist", "/tasks")["items"] if not one["deadline_id"]]
    assert [one["title"] for one in asked] == ["PHQ-9 (self): ask"]


def test_what_is_not_critical_raises_nothing(made: Made) -> None:
    assert given(made, PHQ9, CALM)["result"]["flags"] == []
    assert alerts(made) == []


def test_a_draft_raises_it_as_soon_as_it_is_written_down(made: Made) -> None:
    """A connection may break before the form is done."""
    given(made, PHQ9, "_ _ _ _ _ _ _ _ 3", status="draft")
    assert len(alerts(made)) == 1
    begun = given(made, "phq9", "1 1", status="draft")
    path = f"/assessments/{begun['id']}"
    assert len(alerts(made)) == 1
    for answers, count in (({"9": 2}, 2), ({"1": 0}, 2)):
        tag = made.send("psychologist", "GET", path).headers["ETag"]
        match = {"If-Match": tag}
        kept = made.send("psychologist", "PATCH", path, json={"answers": answers}, headers=match)
        assert kept.status_code == 200, kept.text
        assert len(alerts(made)) == count
    assert made.post("psychologist", f"{path}/submit").status_code == 200
    assert len(alerts(made)) == 2


def test_to_amend_raises_what_was_not_raised_before(made: Made) -> None:
    calm = given(made, PHQ9, CALM)
    path = f"/assessments/{calm['id']}/amend"
    worse = made.post("psychologist", path, {"reason": "misread", "answers": {"9": 1}})
    assert worse.status_code == 201, worse.text
    assert len(alerts(made)) == 1
    path = f"/assessments/{worse.json()['id']}/amend"
    again = made.post("psychologist", path, {"reason": "misread", "answers": {"1": 0}})
    assert again.status_code == 201, again.text
    assert len(alerts(made)) == 1


def test_a_notice_is_for_the_clinician_and_no_alert(made: Made) -> None:
    values = " ".join(["1"] * 15 + ["3"] + ["1"] * 4)
    result = given(made, "pcl5", values)["result"]
    assert [(one["code"], one["kind"]) for one in result["flags"]] == [("RISK_TAKING", "notice")]
    assert alerts(made) == []


def test_screening_meets_the_deadline_of_the_arrival(world: World) -> None:
    made = new_case(world, arrived_on=str(today() - timedelta(days=3)))
    given(made, PHQ9, CALM)
    (timer,) = [
        one
        for one in made.get("psychologist", "/deadlines?limit=200")["items"]
        if one["rule"] == "D07"
    ]
    assert timer["status"] == "met"
    codes = [one["code"] for one in made.get("psychologist", "/milestones")["items"]]
    assert [codes.count(one) for one in ("clinical_screened", "assessed")] == [1, 1]
    # Reached is reached: another one posts nothing anew.
    given(made, "gad7", "1 1 1 1 1 1 1")
    codes = [one["code"] for one in made.get("psychologist", "/milestones")["items"]]
    assert [codes.count(one) for one in ("clinical_screened", "assessed")] == [1, 1]


def test_what_is_asked_in_the_first_days_is_no_screening_yet(world: World) -> None:
    made = new_case(world, arrived_on=str(today() - timedelta(days=2)))
    given(made, PHQ9, CALM)
    every = made.get("psychologist", "/deadlines?limit=200")["items"]
    assert [one["status"] for one in every if one["rule"] == "D07"] == ["running"]
    codes = {one["code"] for one in made.get("psychologist", "/milestones")["items"]}
    assert "assessed" in codes
    assert "clinical_screened" not in codes


@pytest.mark.parametrize("code", ["moca", "whodas12", "wgss"])
def test_what_is_asked_of_thinking_or_daily_life_is_no_screening(code: str) -> None:
    assert "clinical_screened" not in catalogue().current(code).instrument.milestones


def test_what_could_not_be_scored_was_no_screening(made: Made) -> None:
    given(made, PHQ9, UNSCORED)
    codes = {one["code"] for one in made.get("psychologist", "/milestones")["items"]}
    assert not codes & {"clinical_screened", "assessed"}
