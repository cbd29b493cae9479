"""From arrival to a chart that shows that somebody is better, as staff would go through it."""

from datetime import timedelta

from tests.casework.assessments.giving import PHQ9, given
from tests.casework.assessments.test_trend import picture
from tests.conftest import World
from tests.making import new_case, today


def test_arrival_screening_alert_treatment_and_reliable_improvement(world: World) -> None:
    made = new_case(world)
    arrived = today() - timedelta(days=44)
    body = {"code": "arrived", "reached_on": str(arrived)}
    assert made.post("social_worker", "/milestones", body).status_code == 201

    # Day 14: screened, and one answer does not wait for the score.
    screened = arrived + timedelta(days=14)
    first = given(made, PHQ9, "3 2 2 2 1 2 2 1 1", administered_on=str(screened))
    assert (first["result"]["total"], first["result"]["band"]) == (16, "moderately_severe")
    (alert,) = made.get("social_worker", "/alerts")["items"]
    assert alert["text"] == "Contact clinician now"
    path = f"/alerts/{alert['id']}"
    assert made.post("psychologist", f"{path}/acknowledge").status_code == 200
    made.reach("psychologist", "safety_plan")
    closed = made.post("supervisor", f"{path}/close", {"outcome": "dealt_with"})
    assert closed.status_code == 200, closed.text
    assert made.post("psychologist", f"/assessments/{first['id']}/sign").status_code == 200

    # Treated, with what was found as the gate.
    for state in ("assessment", "in_intervention"):
        moved = made.move("psychologist", "MHP", state)
        assert moved.status_code in (200, 201), moved.text
    note = {"kind": "therapy", "occurred_on": str(today()), "text": "worked on sleep"}
    assert made.post("psychologist", "/notes", note).status_code == 201

    # Thirty days later, as the timer asks.
    second = given(made, PHQ9, "1 1 1 1 0 1 1 0 0")
    change = second["result"]["change"]
    assert (change["reliable"], change["direction"]) == (True, "better")
    assert change["since_on"] == str(screened)
    assert second["result"]["flags"] == []
    moved = made.move("psychologist", "MHP", "maintenance")
    assert moved.status_code in (200, 201), moved.text

    drawn = picture(made)
    description = drawn.find("{http://www.w3.org/2000/svg}desc")
    assert description is not None
    assert str(description.text).startswith(
        f"{screened}: 16, moderately severe. {today()}: 6, mild. Reliably better than on {screened}"
    )
