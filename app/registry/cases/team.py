"""The team of a case: dated rows, and the only facts that open it to a person."""

from datetime import date
from typing import Any
from uuid import UUID

from app.core.errors import Conflict, Forbidden, invalid
from app.registry.cases.decisions import note_decision
from app.registry.cases.models import Case, TeamMember
from app.registry.cases.reach import running as in_force
from app.registry.cases.schemas import CaseChange, ReleaseIn, TeamMemberIn
from app.registry.cases.subject import open_cover
from app.registry.pathways.tracks import TRACKS
from app.registry.staff.colleagues import works_here
from app.registry.staff.leaving import on_leaving
from app.registry.staff.models import User
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def staff_member(work: UnitOfWork, user_id: UUID | None, pointer: str) -> UUID:
    """Somebody whom the caller can find in the staff list and who works here now."""
    if user_id is None or user_id == work.actor.id:
        return work.actor.id
    if not work.find(User, lambda u: (u.c.id == user_id) & works_here(u), anywhere=True):
        raise invalid(pointer, "unknown", "nobody on the staff whom you can see has this id")
    return user_id


def lead_worker(work: UnitOfWork, user_id: UUID | None, pointer: str) -> UUID:
    """Of a role that may change a case: a lead whom it does not obey leaves it without one."""
    lead = staff_member(work, user_id, pointer)
    if not POLICY.grants(str(as_whom(work, lead)["role"]), "case.change"):
        raise invalid(pointer, "cannot-lead", "somebody of this role cannot lead a case")
    return lead


def as_whom(work: UnitOfWork, user_id: UUID) -> dict[str, Any]:
    """The role and jurisdiction in which somebody joins: in others the row will open nothing."""
    role = work.actor.role
    if user_id != work.actor.id:
        (user,) = work.facts(User, lambda u: u.c.id == user_id, "role")
        role = user.role
    return {"role": role, "jurisdiction": work.actor.jurisdiction}


def join(
    work: UnitOfWork, case_id: UUID, user_id: UUID, part: str, reason: str, since: date
) -> Written:
    return work.add(
        TeamMember,
        file_id=case_id,
        user_id=user_id,
        **as_whom(work, user_id),
        part=part,
        since=since,
        reason=reason,
    )


def hand_over(work: UnitOfWork, given: CaseChange) -> Written:
    """Another lead worker, who is on the team from today; or another level of need."""
    open_cover(work)
    changes = given.model_dump(exclude_unset=True, exclude={"reason"})
    if "lead_worker_id" in changes:
        if given.lead_worker_id is None:
            raise invalid("/lead_worker_id", "missing", "no case is without a lead worker")
        changes["lead_worker_id"] = lead_worker(work, given.lead_worker_id, "/lead_worker_id")
    (before,) = work.facts(Case, lambda c: c.c.id == work.case_id, "lead_worker_id")
    written = work.change(Case, work.case_id, **changes)
    lead: UUID = written["lead_worker_id"]
    if lead != before.lead_worker_id:
        note_decision(work, "lead", str(lead), reason=given.reason)
        if not any(begun <= work.today for begun, _ in running(work, lead, None)):
            if lead == work.actor.id:
                raise Forbidden("somebody else puts you on a team", code="own-team")
            join(work, work.case_id, lead, "lead worker", "became lead worker", work.today)
    work.publish("case.changed", case=work.case_id)
    return written


def running(work: UnitOfWork, user_id: UUID, track: str | None) -> list[tuple[date, date | None]]:
    """Spans, not yet over, in which somebody is on the team for this track, or for all."""
    same = work.facts(
        TeamMember,
        lambda t: (t.c.case_id == work.case_id) & (t.c.user_id == user_id),
        *("track", "since", "until"),
    )
    return [
        (row.since, row.until)
        for row in same
        if row.track == track and (row.until is None or row.until > work.today)
    ]


def tracks_of(work: UnitOfWork, user_id: UUID) -> list[str | None]:
    """For which tracks somebody is on the team of this case today; None is for all."""
    found = work.facts(
        TeamMember,
        lambda t: (
            (t.c.case_id == work.case_id) & (t.c.user_id == user_id) & in_force(t, work.today)
        ),
        "track",
    )
    return [row.track for row in found]


def assign(work: UnitOfWork, given: TeamMemberIn) -> Written:
    open_cover(work)
    user_id = staff_member(work, given.user_id, "/user_id")
    if user_id == work.actor.id:
        raise Forbidden("somebody else puts you on a team", code="own-team")
    since = given.since or work.today
    if given.track is not None and given.track not in TRACKS:
        raise invalid("/track", "unknown", "no such track")
    if given.until is not None and given.until <= since:
        raise invalid("/until", "before-since", "must be after since")
    for begun, ended in running(work, user_id, given.track):
        if (ended is None or since < ended) and (given.until is None or begun < given.until):
            raise Conflict("is on the team for this already", code="already-on-team")
    row = {**given.model_dump(), **as_whom(work, user_id), "user_id": user_id, "since": since}
    written = work.add(TeamMember, **row)
    work.publish("team.changed", case=work.case_id)
    return written


def release(work: UnitOfWork, member_id: UUID, given: ReleaseIn) -> Written:
    """Ends an assignment; from today unless a later day is named. Works at the next request.

    The lead worker stays until the case has been handed over: no case is without one.
    """
    row = work.reachable(TeamMember, member_id)
    until = max(given.until or work.today, row["since"])
    if given.until is not None and given.until < work.today:
        raise invalid("/until", "past", "access that was given cannot be undone")
    if row["until"] and row["until"] <= until:
        raise Conflict(
            "this assignment has ended or ends sooner", code="ended", current="ended", allowed=[]
        )
    (case,) = work.facts(Case, lambda c: c.c.id == work.case_id, "lead_worker_id", "status")
    if row["user_id"] == case.lead_worker_id and case.status == "open" and row["track"] is None:
        raise Conflict("hand the case over first", code="is-lead-worker")
    written = work.change(TeamMember, member_id, until=until, reason=given.reason)
    work.publish("team.changed", case=work.case_id)
    return written


@on_leaving
def leave_teams(work: UnitOfWork, user_id: UUID, reason: str) -> None:
    """Memberships that run or were to begin; a case of theirs waits for another lead."""
    today = work.today
    work.expire(
        TeamMember,
        lambda t: (t.c.user_id == user_id) & (t.c.until.is_(None) | (t.c.until > today)),
        until=today,
        reason=reason,
    )
