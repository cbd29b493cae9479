"""What is done with alerts: raised, acknowledged, escalated, closed."""

from typing import Any
from uuid import UUID

from app.casework.alerts.models import Alert
from app.casework.alerts.schemas import AlertIn
from app.core.errors import Forbidden, invalid
from app.core.states import require_status
from app.registry.cases import deadlines
from app.registry.cases.alarms import raises_alarms
from app.registry.cases.models import Case
from app.registry.cases.subject import Subject, open_cover, subject_of
from app.registry.cases.team import staff_member
from app.registry.notices.service import tell_role
from app.registry.overdue.looks import looks_for_overdue
from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.deadlines import after
from app.registry.pathways.definitions import AlertKind, Start
from app.registry.staff.leaving import on_leaving
from app.registry.staff.models import User
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.reading import Where
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

# What was said of an alert since it was raised, and is not so any more where it is taken back.
ANSWERED = ("acknowledged_by", "acknowledged_at", "escalated_to", "escalated_by", "escalated_at")
ACKNOWLEDGED_BY = "D16-acknowledge"  # the deadline that an acknowledgement meets


def raise_alert(work: UnitOfWork, given: AlertIn) -> Written:
    kind = catalogue().alerts[given.kind]
    if kind.record_class not in work.grantable():
        raise Forbidden(f"the role {work.actor.role} does not raise alerts of this kind")
    person = subject_of(work, open_cover(work))
    assignee = given.assignee_id and staff_member(work, given.assignee_id, "/assignee_id")
    if assignee:
        (user,) = work.facts(User, lambda u: u.c.id == assignee, "role")
        require_audience(kind.record_class, user.role, "/assignee_id")
    return raised(work, person, kind, id=given.id, assignee_id=assignee)


@raises_alarms
def raise_by_rule(work: UnitOfWork, person: Subject, kind: str) -> None:
    """What some record demands takes no right of whoever wrote that record."""
    raised(work, person, catalogue().alerts[kind])


def raised(work: UnitOfWork, person: Subject, kind: AlertKind, **given: Any) -> Written:
    """The clock for the acknowledgement starts now; so do the deadlines that such an event has.

    Its team sees it; whoever of the discipline is on duty in the unit is told, on the team or not.
    """
    written = work.add(
        Alert,
        **given,
        record_class=kind.record_class,
        kind=kind.code,
        discipline=kind.discipline,
        raised_by=work.actor.id,
        due_at=after(kind.acknowledge, work.at, person.place),
    )
    if kind.starts:
        deadlines.caused(work, person, Start("event", kind.starts), work.at)
    about = ("alert.raised", written.id, kind.record_class)
    by_name = [one for one in [given.get("assignee_id")] if one is not None]
    tell_role(work, work.case_id, kind.discipline, *about, by_name)
    work.publish("alert.raised", case=work.case_id, alert=written.id)
    return written


def require_audience(record_class: str, role: str, pointer: str) -> None:
    if record_class not in POLICY.readable(role):
        raise invalid(pointer, "cannot-read", "this role is not in the audience of this alert")


def acknowledge(work: UnitOfWork, alert_id: UUID) -> Written:
    """Somebody of the audience has seen it and acts; the first one is on record."""
    the_alert(work, alert_id, ["open"])
    written = work.change(
        Alert,
        alert_id,
        status="acknowledged",
        acknowledged_by=work.actor.id,
        acknowledged_at=work.at,
    )
    others = work.tally(Alert, lambda a: (a.c.status == "open") & a.c.kind.like("SAFETY%"))
    if written["kind"].startswith("SAFETY") and not others:
        place = subject_of(work, open_cover(work)).place
        deadlines.settle(work, place, work.today, "met", lambda row: row.rule == ACKNOWLEDGED_BY)
    work.publish("alert.acknowledged", case=work.case_id, alert=alert_id)
    return written


def escalate(work: UnitOfWork, alert_id: UUID, to: str | None) -> Written:
    """To a role that is in the audience; it stays open, and due, for everybody else."""
    alert = the_alert(work, alert_id, ["open", "acknowledged"])
    role = to or catalogue().alerts[alert["kind"]].escalate_to
    require_audience(alert["record_class"], role, "/to")
    written = work.change(
        Alert, alert_id, escalated_to=role, escalated_by=work.actor.id, escalated_at=work.at
    )
    tell_role(work, work.case_id, role, "alert.escalated", alert_id, alert["record_class"])
    work.publish("alert.escalated", case=work.case_id, alert=alert_id)
    return written


@looks_for_overdue
def escalate_overdue(work: UnitOfWork, most: int) -> int:
    """What nobody acknowledged in time goes to who must hear of it then, as its kind says."""
    late = work.facts(
        Alert,
        lambda a: (a.c.status == "open") & (a.c.due_at <= work.at) & a.c.escalated_at.is_(None),
        *("id", "case_id", "kind"),
    )[:most]
    for row in late:
        kind = catalogue().alerts[row.kind]
        role = kind.escalate_to
        work.expire(Alert, named(row.id), escalated_to=role, escalated_at=work.at)
        tell_role(work, row.case_id, role, "alert.overdue", row.id, kind.record_class)
        work.publish("alert.escalated", case=row.case_id, alert=row.id)
    return len(late)


def named(alert_id: UUID) -> Where:
    """If nobody acknowledged or escalated it meanwhile."""
    return lambda rows: (
        (rows.c.id == alert_id) & (rows.c.status == "open") & rows.c.escalated_at.is_(None)
    )


@on_leaving
def take_back(work: UnitOfWork, user_id: UUID, reason: str) -> None:
    """What they acknowledged nobody acts on: as if it were raised now, with a clock of its own."""
    held = work.facts(
        Alert,
        lambda a: (a.c.acknowledged_by == user_id) & (a.c.status == "acknowledged"),
        *("id", "case_id", "kind"),
    )
    for row in held:
        raise_again(work, row.id, row.case_id, catalogue().alerts[row.kind])
    work.expire(
        Alert, lambda a: (a.c.assignee_id == user_id) & (a.c.status == "open"), assignee_id=None
    )


def raise_again(work: UnitOfWork, alert_id: UUID, case_id: UUID, kind: AlertKind) -> None:
    (case,) = work.facts(Case, lambda c: c.c.id == case_id, "jurisdiction")
    place = catalogue().current_jurisdiction(case.jurisdiction)
    due_at = after(kind.acknowledge, work.at, place)
    unsaid = dict.fromkeys(ANSWERED)
    work.expire(Alert, lambda a: a.c.id == alert_id, status="open", due_at=due_at, **unsaid)
    tell_role(work, case_id, kind.discipline, "alert.raised", alert_id, kind.record_class)
    work.publish("alert.raised", case=case_id, alert=alert_id)


def close(work: UnitOfWork, alert_id: UUID, outcome: str) -> Written:
    the_alert(work, alert_id, ["acknowledged"])
    written = work.change(
        Alert,
        alert_id,
        status="closed",
        closed_by=work.actor.id,
        closed_at=work.at,
        outcome=outcome,
    )
    work.publish("alert.closed", case=work.case_id, alert=alert_id)
    return written


def the_alert(work: UnitOfWork, alert_id: UUID, allowed: list[str]) -> dict[str, Any]:
    alert = work.reachable(Alert, alert_id)
    require_status(alert, "alert", *allowed)
    return alert
