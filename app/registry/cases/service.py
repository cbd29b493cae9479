"""What is done with a case as a whole: open, assign, move on, close, reopen."""

from typing import Any
from uuid import UUID

from app.core.errors import Conflict, Forbidden, invalid
from app.registry.cases.models import Case, CaseRecord, Milestone, TeamMember
from app.registry.cases.numbers import new_number
from app.registry.cases.schemas import (
    CaseChange,
    CaseIn,
    ClosureIn,
    MilestoneIn,
    PhaseIn,
    ReleaseIn,
    TeamMemberIn,
)
from app.registry.people.models import Person
from app.registry.staff.models import User
from app.safeguards.guard.protected import protected_kinds
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def open_case(work: UnitOfWork, given: CaseIn) -> Written:
    """A case in the unit of who opens it, who leads it unless another is named."""
    person = work.reachable(Person, given.person_id)
    if work.actor.unit_id is None:
        raise Forbidden("a case is opened in a unit, and you are in none", code="no-unit")
    written = start_case(work, person["id"], given)
    lead = written["lead_worker_id"]
    join(work, written.id, lead, "lead worker", "opened the case")
    if lead != work.actor.id:
        join(work, written.id, work.actor.id, "opened the case", "opened the case")
    return written


def start_case(
    work: UnitOfWork, person_id: UUID, given: CaseIn, operation_id: UUID | None = None
) -> Written:
    lead = staff_member(work, given.lead_worker_id, "/lead_worker_id")
    written = work.add(
        Case,
        id=given.id,
        number=fresh_number(work),
        person_id=person_id,
        programme=given.programme,
        jurisdiction=work.actor.jurisdiction,
        unit_id=work.actor.unit_id,
        operation_id=operation_id,
        phase=given.phase,
        lead_worker_id=lead,
        opened_on=given.opened_on or work.today,
    )
    work.publish("case.opened", case=written.id)
    return written


def fresh_number(work: UnitOfWork) -> str:
    number = new_number()
    while work.taken(Case, "number", number):
        number = new_number()
    return number


def staff_member(work: UnitOfWork, user_id: UUID | None, pointer: str) -> UUID:
    if user_id is None:
        return work.actor.id
    if not work.taken(User, "id", user_id):
        raise invalid(pointer, "unknown", "nobody on the staff has this id")
    return user_id


def join(work: UnitOfWork, case_id: UUID, user_id: UUID, part: str, reason: str) -> Written:
    return work.add(
        TeamMember,
        file_id=case_id,
        user_id=user_id,
        part=part,
        since=work.today,
        reason=reason,
    )


def hand_over(work: UnitOfWork, given: CaseChange) -> Written:
    """Another lead worker, who is on the team from today."""
    current = the_case(work)
    require_open(current)
    lead = staff_member(work, given.lead_worker_id, "/lead_worker_id")
    written = work.change(Case, work.case_id, lead_worker_id=lead)
    if not on_team(work, lead):
        join(work, work.case_id, lead, "lead worker", "became lead worker")
    return written


def on_team(work: UnitOfWork, user_id: UUID) -> bool:
    found = work.find(TeamMember, lambda t: t.c.user_id == user_id)
    return any(row["until"] is None or row["until"] > work.today for row in found)


def assign(work: UnitOfWork, given: TeamMemberIn) -> Written:
    require_open(the_case(work))
    user_id = staff_member(work, given.user_id, "/user_id")
    since = given.since or work.today
    if given.until is not None and given.until <= since:
        raise invalid("/until", "before-since", "must be after since")
    written = work.add(TeamMember, **{**given.model_dump(), "user_id": user_id, "since": since})
    work.publish("team.changed", case=work.case_id)
    return written


def release(work: UnitOfWork, member_id: UUID, given: ReleaseIn) -> Written:
    """Ends an assignment; from today unless a later day is named. Works at the next request."""
    found = work.find(TeamMember, lambda t: t.c.id == member_id)
    until = max(given.until or work.today, work.today)
    if found and found[0]["until"] and found[0]["until"] <= until:
        raise Conflict("this assignment has ended or ends sooner", code="ended")
    written = work.change(TeamMember, member_id, until=until, reason=given.reason)
    work.publish("team.changed", case=work.case_id)
    return written


def move_phase(work: UnitOfWork, given: PhaseIn) -> Written:
    require_open(the_case(work))
    return work.change(Case, work.case_id, phase=given.to)


def reach(work: UnitOfWork, given: MilestoneIn) -> Written:
    require_open(the_case(work))
    on = given.reached_on or work.today
    if on > work.today:
        raise invalid("/reached_on", "future", "a milestone is reached, not planned")
    return work.add(Milestone, id=given.id, code=given.code, reached_on=on, by_id=work.actor.id)


def propose_closure(work: UnitOfWork, given: ClosureIn) -> Written:
    """Closes nothing yet: another person approves. What is still open is listed, and refuses."""
    require_open(the_case(work))
    require_nothing_open(work)
    written = work.change(
        Case,
        work.case_id,
        status="closing",
        closure_reason=given.reason,
        closure_outcome=given.outcome,
        closure_proposed_by=work.actor.id,
        closure_proposed_at=work.at,
    )
    work.publish("case.closure-proposed", case=work.case_id)
    return written


def approve_closure(work: UnitOfWork) -> Written:
    current = the_case(work)
    if current["status"] != "closing":
        raise wrong_state(current, ["closing"])
    if current["closure_proposed_by"] == work.actor.id:
        raise Forbidden("somebody else approves what you proposed", code="own-proposal")
    require_nothing_open(work)
    written = work.change(Case, work.case_id, status="closed", closed_on=work.today)
    work.publish("case.closed", case=work.case_id)
    return written


def reopen(work: UnitOfWork) -> Written:
    current = the_case(work)
    if current["status"] == "open":
        raise wrong_state(current, ["closing", "closed"])
    cleared = dict.fromkeys(("closure_reason", "closure_outcome", "closure_proposed_by"))
    written = work.change(
        Case, work.case_id, status="open", closed_on=None, closure_proposed_at=None, **cleared
    )
    work.publish("case.reopened", case=work.case_id)
    return written


def the_case(work: UnitOfWork) -> dict[str, Any]:
    (found,) = work.find(Case, lambda c: c.c.id == work.case_id)
    return found


def require_open(case: dict[str, Any]) -> None:
    if case["status"] == "closed":
        raise wrong_state(case, ["open"])


def wrong_state(case: dict[str, Any], allowed: list[str]) -> Conflict:
    return Conflict(
        f"the case is {case['status']}",
        code="wrong-state",
        current=case["status"],
        allowed=allowed,
        unmet=[],
    )


def require_nothing_open(work: UnitOfWork) -> None:
    """Counts past the proposer's own classes, and names only the kind of what is open."""
    unmet = []
    for kind in protected_kinds(CaseRecord):
        clause = kind.open_while  # type: ignore[attr-defined]
        if clause is not None and (count := work.tally(kind, clause)):
            title = kind.open_title  # type: ignore[attr-defined]
            unmet.append({"code": f"open-{kind.record}", "detail": f"{count} {title}"})
    if unmet:
        raise Conflict(
            "something is still open", code="closure-refused", current="open", unmet=unmet
        )
