"""What is done with conditions: put on record, given to an officer, ended."""

from typing import Any
from uuid import UUID

from app.casework.supervision import rules
from app.casework.supervision.models import Condition
from app.casework.supervision.schemas import ConditionIn
from app.core.errors import Conflict, invalid
from app.registry.cases.subject import open_cover, subject_of
from app.registry.staff.colleagues import colleague
from app.registry.staff.leaving import on_leaving
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def impose(work: UnitOfWork, given: ConditionIn) -> Written:
    """As a court set it; from its first day on its officer reaches what is of its class."""
    cover = open_cover(work)
    child = subject_of(work, cover).child_on_track("JUS")
    since = given.since or work.today
    if given.until is not None and given.until <= since:
        raise invalid("/until", "before-since", "must be after since")
    if given.officer_id is not None:
        require_officer(work, given.officer_id)
    written = work.add(
        Condition,
        **{**given.model_dump(), "since": since},
        record_class=rules.class_of(child),
        role=rules.OFFICER,
        jurisdiction=cover["jurisdiction"],
        author_id=work.actor.id,
    )
    work.publish("supervision.imposed", case=work.case_id, condition=written.id)
    return written


def assign(work: UnitOfWork, condition_id: UUID, officer_id: UUID) -> Written:
    """From the next request on the case is within reach of this officer, and not of the last."""
    the_condition(work, condition_id)
    require_officer(work, officer_id)
    written = work.change(Condition, condition_id, officer_id=officer_id)
    work.publish("supervision.assigned", case=work.case_id, condition=condition_id)
    return written


def end(work: UnitOfWork, condition_id: UUID, reason: str) -> Written:
    condition = the_condition(work, condition_id)
    until = max(work.today, condition["since"])
    written = work.change(Condition, condition_id, until=until, ended_reason=reason)
    work.publish("supervision.ended", case=work.case_id, condition=condition_id)
    return written


def require_officer(work: UnitOfWork, officer_id: UUID) -> None:
    """A probation officer who works in this jurisdiction now."""
    found = colleague(work, officer_id)
    if found is None or found["role"] != rules.OFFICER:
        raise invalid("/officer_id", "unknown", "no probation officer here has this id")


def the_condition(work: UnitOfWork, condition_id: UUID) -> dict[str, Any]:
    """One that is not over."""
    row = work.reachable(Condition, condition_id)
    if rules.over(row["until"], work.today):
        raise Conflict("it has ended", code="ended", current="ended", allowed=[])
    return row


@on_leaving
def leave_conditions(work: UnitOfWork, user_id: UUID, reason: str) -> None:
    """They stay in force, and wait for another officer."""
    work.expire(Condition, lambda c: c.c.officer_id == user_id, officer_id=None)
