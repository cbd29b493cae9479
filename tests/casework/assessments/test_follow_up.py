"""What is to be given again by a day is a timer and a task, and met by the next."""

from datetime import timedelta
from typing import Any

import pytest

from app.casework.assessments.scoring.catalogue import catalogue
from tests.casework.assessments.giving import PHQ9, given
from tests.conftest import World
from tests.making import Made, new_case, staff_id, today

MODERATE = "2 2 1 2 1 1 1 0 0"
RULE = "reassess-phq9-self"


@pytest.fixture
def made(world: World) -> Made:
    return new_case(world, arrived_on=str(today() - timedelta(days=10)))  # past the first days


def timers(made: Made, rule: str = RULE) -> list[dict[str, Any]]:
    items = made.get("psychologist", "/deadlines?limit=200")["items"]
    return [one for one in items if one["rule"] == rule]


def tasks(made: Made, role: str = "psychologist") -> list[dict[str, Any]]:
    items = made.get(role, "/tasks")["items"]
    return [one for one in items if one["deadline_id"]]


def test_the_time_to_give_it_again_runs_from_the_day_it_was_given(made: Made) -> None:
    on = today() - timedelta(days=3)
    given(made, PHQ9, MODERATE, administered_on=str(on))
    (timer,) = timers(made)
    assert (timer["status"], timer["practice"]) == ("running", 1)
    # Fourteen to twenty-eight days, to the end of the last of them, where the case is (UTC+5).
    first, last = on + timedelta(days=13), on + timedelta(days=28)
    assert timer["not_before"].startswith(f"{first}T19:00")
    assert timer["due_at"].startswith(f"{last}T19:00")
    (task,) = tasks(made)
    assert task["title"] == "PHQ-9 (self)"
    assert (task["status"], task["due_on"]) == ("open", str(on + timedelta(days=28)))
    assert (task["assignee_id"], task["discipline"]) == (
        staff_id(made.world, "psychologist"),
        "psychologist",
    )
    assert task["deadline_id"] == timer["id"]


def test_the_next_one_meets_it_and_starts_another(made: Made) -> None:
    given(made, PHQ9, MODERATE, administered_on=str(today() - timedelta(days=20)))
    given(made, PHQ9, MODERATE)
    first, second = sorted(timers(made), key=lambda one: str(one["due_at"]))
    assert (first["status"], first["settled_on"]) == ("met", str(today()))
    assert second["status"] == "running"
    done, waiting = sorted(tasks(made), key=lambda one: str(one["due_on"]))
    assert (done["status"], done["finished_by"]) == ("done", staff_id(made.world, "psychologist"))
    assert waiting["status"] == "open"


def test_what_is_entered_late_or_amended_leaves_the_present_timer_alone(made: Made) -> None:
    old = given(made, PHQ9, MODERATE, administered_on=str(today() - timedelta(days=60)))
    given(made, PHQ9, MODERATE)
    running = [one for one in timers(made) if one["status"] == "running"]
    given(made, PHQ9, MODERATE, administered_on=str(today() - timedelta(days=700)))
    amended = {"reason": "misread", "answers": {"1": 1}}
    answer = made.post("psychologist", f"/assessments/{old['id']}/amend", amended)
    assert answer.status_code == 201, answer.text
    assert [one for one in timers(made) if one["status"] == "running"] == running


def test_the_same_form_of_a_clinician_and_of_a_social_worker_have_timers_of_their_own(
    made: Made,
) -> None:
    form: dict[str, Any] = {"respondent": "interviewer", "answers": {"1": 1}}
    given(made, "wgss", "", role="social_worker", **form)
    before = tasks(made, "social_worker")
    given(made, "wgss", "", **form)
    assert tasks(made, "social_worker") == before
    assert [one["status"] for one in before] == ["open"]


def test_a_timer_that_is_met_by_hand_ends_its_task(made: Made) -> None:
    given(made, PHQ9, MODERATE)
    (timer,) = timers(made)
    met = made.post("psychologist", f"/deadlines/{timer['id']}/meet", {"note": "seen"})
    assert met.status_code == 200, met.text
    assert [one["status"] for one in tasks(made)] == ["done"]


def test_another_respondent_or_instrument_meets_nothing(made: Made) -> None:
    given(made, PHQ9, MODERATE)
    given(made, "gad7", "1 1 1 1 1 1 1")
    assert [one["status"] for one in timers(made)] == ["running"]
    assert [one["status"] for one in timers(made, "reassess-gad7-self")] == ["running"]


def test_it_is_a_matter_of_the_track(made: Made) -> None:
    given(made, PHQ9, MODERATE)
    (timer,) = timers(made)
    assert timer["track"] == "MHP"
    # Who sees the state of the track does not learn from its day which instrument it was.
    assert made.track("psychologist", "MHP")["due_on"] is None


def test_a_case_closes_and_what_waited_is_asked_for_no_more(made: Made) -> None:
    given(made, PHQ9, MODERATE)
    closing = {"reason": "duplicate", "outcome": "another file"}
    assert made.post("social_worker", "/close", closing).status_code == 200
    closed = made.post("supervisor", "/close/approve", {"reason": "agreed"})
    assert closed.status_code == 200, closed.text
    assert [one["status"] for one in timers(made)] == ["ended"]
    assert [one["status"] for one in tasks(made)] == ["cancelled"]


def test_who_has_declined_is_not_asked_again(made: Made) -> None:
    given(made, PHQ9, MODERATE, administered_on=str(today() - timedelta(days=20)))
    declined = made.move("psychologist", "MHP", "declined")
    assert declined.status_code in (200, 201), declined.text
    assert [one["status"] for one in timers(made)] == ["ended"]
    assert [one["status"] for one in tasks(made)] == ["cancelled"]
    given(made, PHQ9, MODERATE)
    assert [one["status"] for one in timers(made)] == ["ended"]


def test_nobody_who_does_not_read_the_assessment_learns_of_it(made: Made) -> None:
    given(made, PHQ9, MODERATE)
    for role in ("social_worker", "prosecutor", "educator", "legal_officer"):
        items = made.send(role, "GET", "/deadlines?limit=200").json().get("items", [])
        assert not [one for one in items if one["rule"].startswith("reassess")]
        items = made.send(role, "GET", "/tasks").json().get("items", [])
        assert not [one for one in items if one["deadline_id"]]


def test_a_form_of_daily_life_is_followed_up_by_who_gave_it(made: Made) -> None:
    form: dict[str, Any] = {"respondent": "interviewer", "answers": {"1": 1}}
    given(made, "wgss", "", role="social_worker", **form)
    (task,) = tasks(made, "social_worker")
    assert task["discipline"] == "social_worker"


# By the sources of each: monthly, every four weeks, yearly; and some days more than that.
LATER = [("itq", "P1", 31), ("pcl5", "1", 31), ("k10", "1", 29), ("wgss", "1", 366)]


@pytest.mark.parametrize(("code", "item", "days"), LATER)
def test_who_comes_a_day_later_comes_in_time(made: Made, code: str, item: str, days: int) -> None:
    trend = f"/assessments/trend?instrument={code}"
    on = str(today() - timedelta(days=days))
    given(made, code, "", answers={item: 1}, administered_on=on)
    assert made.get("psychologist", trend)["gaps"] == []
    given(made, code, "", answers={item: 1})
    assert made.get("psychologist", trend)["gaps"] == []
    first, second = sorted(timers(made, f"reassess-{code}-self"), key=lambda one: one["due_at"])
    assert (first["status"], second["status"]) == ("met", "running")
    assert (first["not_before"] < first["settled_on"] < first["due_at"]) is True


@pytest.mark.parametrize(("days", "yearly"), [(334, False), (335, True), (396, True), (397, False)])
def test_what_is_asked_yearly_has_a_month_to_either_side(days: int, yearly: bool) -> None:
    for code in ("wgss", "cfm24", "cfm517"):
        first, last = catalogue().current(code).instrument.timing.retest_days
        assert (first <= days <= last) is yearly
