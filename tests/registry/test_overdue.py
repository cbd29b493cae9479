"""What nobody did in time is told once, to who must do it and to who leads."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.db import table
from app.core.values import now
from app.registry.cases.track_models import Deadline
from app.registry.notices.models import Notice
from app.registry.overdue import watch as overdue
from app.registry.overdue.watch import Overdue
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard import unasked
from app.safeguards.guard.unasked import SYSTEM
from tests.casework.assessments.giving import given
from tests.conftest import World
from tests.hiring import change, hire
from tests.looking import transaction
from tests.making import Made, new_case, staff_id


@pytest.fixture
def made(fresh: World) -> Made:
    return new_case(fresh)


def look(world: World, monkeypatch: pytest.MonkeyPatch, **later: float) -> int:
    """As of so much later."""
    at = now() + timedelta(**later)
    monkeypatch.setattr(unasked, "now", lambda: at)
    return Overdue(world.house).drain()


def told_of(world: World, about: str) -> list[str]:
    """The readers of notices that this record is overdue."""
    rows = table(Notice)
    with transaction(world.house.engine) as db:
        found = select(rows.c.user_id).where(
            rows.c.about_id == UUID(about), rows.c.topic.endswith(".overdue")
        )
        return sorted(map(str, db.execute(found).scalars()))


def raised(made: Made, kind: str = "SAFETY_SELF") -> dict[str, Any]:
    answer = made.post("psychologist", "/alerts", {"kind": kind})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_alert_that_nobody_acknowledges_is_escalated_after_an_hour(
    fresh: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = raised(made)
    look(fresh, monkeypatch, minutes=59)
    assert told_of(fresh, alert["id"]) == []
    assert look(fresh, monkeypatch, minutes=61) >= 1
    found = made.get("psychologist", f"/alerts/{alert['id']}")
    assert (found["status"], found["escalated_to"]) == ("open", "supervisor")
    assert found["escalated_by"] is None
    assert found["escalated_at"]
    assert told_of(fresh, alert["id"]) == [staff_id(fresh, "supervisor")]
    # Told once.
    look(fresh, monkeypatch, minutes=62)
    assert made.get("psychologist", f"/alerts/{alert['id']}")["version"] == found["version"]
    assert told_of(fresh, alert["id"]) == [staff_id(fresh, "supervisor")]


def test_one_that_was_acknowledged_is_left_alone(
    fresh: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = raised(made)
    assert made.post("psychologist", f"/alerts/{alert['id']}/acknowledge").status_code == 200
    look(fresh, monkeypatch, minutes=61)
    assert told_of(fresh, alert["id"]) == []


def test_what_the_system_did_is_on_record_as_its_own(
    fresh: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = raised(made)
    look(fresh, monkeypatch, minutes=61)
    events = table(AuditEvent)
    with transaction(fresh.house.engine) as db:
        ours = select(events.c.action, events.c.outcome).where(
            events.c.record_id == UUID(alert["id"]), events.c.actor_id == SYSTEM.id
        )
        assert db.execute(ours).all() == [("notice.tell", "written")]


def test_a_timer_that_ran_out_is_told_to_who_could_meet_it_and_to_who_leads(
    fresh: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made.post("social_worker", "/milestones", {"code": "arrived"}).status_code == 201
    items = made.get("psychologist", "/deadlines?limit=200")["items"]
    (screening,) = [one for one in items if one["rule"] == "D07"]
    look(fresh, monkeypatch, days=13)
    assert told_of(fresh, screening["id"]) == []
    look(fresh, monkeypatch, days=14, minutes=1)
    # Of the clinicians' class a supervisor has no sight, and who leads is told whether they attend.
    roles = ("psychologist", "health_worker")
    once = sorted(staff_id(fresh, role) for role in roles)
    assert told_of(fresh, screening["id"]) == once
    look(fresh, monkeypatch, days=14, minutes=2)
    assert told_of(fresh, screening["id"]) == once


def test_who_leads_the_unit_hears_of_what_they_may_see(
    fresh: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"code": "P3_ADULT_NOT_PROSECUTED", "decided_by": "Commission 1", "reason": "heard"}
    body["members"] = ["A. Aliev", "B. Brown", "C. Cherny"]  # type: ignore[assignment]
    assert made.post("supervisor", "/pathways", body).status_code == 201
    items = made.get("supervisor", "/deadlines?limit=200")["items"]
    (plan,) = [one for one in items if one["rule"] == "D09"]
    look(fresh, monkeypatch, days=30, minutes=1)
    told = told_of(fresh, plan["id"])
    assert staff_id(fresh, "supervisor") in told
    # A place on the team opens no timers of a court, and a plan is not the prosecutor's.
    assert staff_id(fresh, "prosecutor") not in told


def test_where_nobody_on_the_case_may_hear_of_it_the_unit_does(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, rows = new_case(fresh, team=()), table(Deadline)
    barred = hire(fresh, "psychologist")
    kin = {"person_id": alone.person_id, "relation": "neighbour", "reason": "next door"}
    path = f"/v1/users/{barred.id}/conflicts"
    assert fresh.as_("coordinator")("POST", path, json=kin).status_code == 201
    with transaction(fresh.house.engine) as db:
        asked = select(rows.c.id).where(rows.c.case_id == UUID(alone.id), rows.c.rule == "D07")
        (screening,) = db.execute(asked).scalars()
    look(fresh, monkeypatch, days=14, minutes=1)
    roles = ("psychologist", "health_worker")
    assert told_of(fresh, str(screening)) == sorted(staff_id(fresh, role) for role in roles)


def rule_of(made: Made, rule: str) -> str:
    rows = table(Deadline)
    with transaction(made.world.house.engine) as db:
        asked = select(rows.c.id).where(
            rows.c.case_id == UUID(made.id), rows.c.rule.startswith(rule)
        )
        (found,) = db.execute(asked).scalars()
        return str(found)


def closed_to(made: Made, user_id: str) -> None:
    kin = {"person_id": made.person_id, "relation": "neighbour", "reason": "next door"}
    path = f"/v1/users/{user_id}/conflicts"
    assert made.world.as_("coordinator")("POST", path, json=kin).status_code == 201


def test_who_is_barred_or_gone_is_nobody_who_hears_of_it(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = new_case(fresh, team=("psychologist",))
    closed_to(made, staff_id(fresh, "psychologist"))
    screening = rule_of(made, "D07")
    look(fresh, monkeypatch, days=14, minutes=1)
    assert told_of(fresh, screening) == [staff_id(fresh, "health_worker")]


def test_where_nobody_may_hear_of_it_nobody_does(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who leads is told whether the person attends, and by which timer they know more."""
    made = new_case(fresh, team=())
    for role in ("psychologist", "health_worker"):
        assert change(fresh, staff_id(fresh, role), disabled=True).is_success
    screening = rule_of(made, "D07")
    look(fresh, monkeypatch, days=14, minutes=1)
    assert told_of(fresh, screening) == []


def test_of_what_a_record_states_only_its_readers_hear(
    fresh: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(made, "phq9", "2 2 1 2 1 1 1 0 0")
    other = new_case(fresh, team=("psychologist",))
    given(other, "phq9", "2 2 1 2 1 1 1 0 0")
    closed_to(other, staff_id(fresh, "psychologist"))
    timer, untold = rule_of(made, "reassess"), rule_of(other, "reassess")
    look(fresh, monkeypatch, days=29)
    roles = ("psychologist", "health_worker")
    assert told_of(fresh, timer) == sorted(staff_id(fresh, role) for role in roles)
    assert told_of(fresh, untold) == []  # nor the clinicians of the unit: that there is a timer


def test_what_ran_out_long_before_is_in_lists_alone(
    fresh: World, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.post("social_worker", "/milestones", {"code": "arrived"})
    timers = made.get("psychologist", "/deadlines?limit=200")["items"]
    look(fresh, monkeypatch, days=40)
    assert timers
    assert not [one for one in timers if told_of(fresh, one["id"])]


def test_what_fails_is_told_and_tried_again(
    fresh: World, made: Made, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    alert = raised(made)
    at = now() + timedelta(hours=2)
    monkeypatch.setattr(unasked, "now", lambda: at)

    def broken(*_: object) -> int:
        raise RuntimeError(alert["id"])

    monkeypatch.setattr(overdue, "LOOKS", [broken])
    Overdue(fresh.house).once()
    assert "what is overdue could not be told" in caplog.text
    assert alert["id"] not in caplog.text
    monkeypatch.undo()
    monkeypatch.setattr(unasked, "now", lambda: at)
    Overdue(fresh.house).once()
    assert len(told_of(fresh, alert["id"])) == 1
