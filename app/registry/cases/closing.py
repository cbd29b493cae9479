"""Closing a case: one proposes, what is still open refuses, and somebody else approves."""

from typing import Any

from app.core.errors import Conflict
from app.core.states import wrong_state
from app.registry.cases import deadlines
from app.registry.cases.decisions import note_decision
from app.registry.cases.models import Case, CaseRecord, Decision
from app.registry.cases.schemas import ClosureAnswerIn, ClosureIn
from app.registry.cases.subject import Subject, open_cover, subject_of
from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.definitions import Start
from app.registry.pathways.rules import judge_closure
from app.registry.staff.deciding import require_second
from app.safeguards.guard.protected import protected_kinds
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def close(work: UnitOfWork, given: ClosureIn) -> Written:
    """Proposes; where somebody else has proposed and this caller may approve, approves."""
    cover = open_cover(work)
    if cover["closure_proposed_by"] not in (None, work.actor.id) and may_approve(work):
        if given.reason != cover["closure_reason"]:
            raise Conflict(
                "another reason is proposed; approve or decline that first",
                code="proposal-waiting",
                current=cover["closure_reason"],
            )
        return approve(work, ClosureAnswerIn(reason=given.outcome))
    person = subject_of(work, cover)
    excused = {one.item: one.reason for one in given.exceptions}
    require_nothing_open(work, person, given.reason, excused)
    kept = given.retention_class or ("child" if person.child else "adult")
    written = work.change(
        Case,
        work.case_id,
        closure_reason=given.reason,
        closure_proposed_by=work.actor.id,
        closure_proposed_at=work.at,
        retention_class=kept,
    )
    note_decision(
        work,
        "closure-proposal",
        given.reason,
        decided_by=given.decided_by,
        reason=given.outcome,
        details={"exceptions": excused, "retention_class": kept},
    )
    work.publish("case.closure-proposed", case=work.case_id)
    return written


def may_approve(work: UnitOfWork) -> bool:
    return "case" in work.grantable("case.approve_closure")


def approve(work: UnitOfWork, given: ClosureAnswerIn) -> Written:
    """By another person than the one who proposed; the checklist is held against today."""
    cover, row = proposed(work)
    require_second(work, row["closure_proposed_by"], row["closure_proposed_at"])
    person = subject_of(work, cover)
    require_nothing_open(work, person, row["closure_reason"], excused_before(work))
    written = work.change(
        Case,
        work.case_id,
        status="closed",
        phase="closed",
        phase_before=cover["phase"],
        closed_on=work.today,
    )
    note_decision(work, "closure", row["closure_reason"], reason=given.reason)
    deadlines.settle(work, person.place, work.today, "ended", lambda _: True)
    deadlines.caused(work, person, Start("event", "case_closed"), work.at)
    work.publish("case.closed", case=work.case_id)
    return written


def decline(work: UnitOfWork, given: ClosureAnswerIn) -> Written:
    """The proposal is answered with no, and why; the case stays open."""
    _, row = proposed(work)
    written = work.change(
        Case,
        work.case_id,
        closure_reason=None,
        closure_proposed_by=None,
        closure_proposed_at=None,
    )
    note_decision(work, "closure-refusal", row["closure_reason"], reason=given.reason)
    work.publish("case.closure-declined", case=work.case_id)
    return written


def proposed(work: UnitOfWork) -> tuple[Any, dict[str, Any]]:
    cover = open_cover(work)
    if cover["closure_proposed_by"] is None:
        raise wrong_state("nobody has proposed to close this case", "open", ["closure proposed"])
    (row,) = work.find(Case, lambda c: c.c.id == work.case_id)
    return cover, row


def excused_before(work: UnitOfWork) -> dict[str, str]:
    """The exceptions of the proposal that waits for an answer."""
    found = work.find(Decision, lambda d: d.c.about == "closure-proposal", order=("id",))
    exceptions: dict[str, str] = found[-1]["details"]["exceptions"] if found else {}
    return exceptions


def require_nothing_open(
    work: UnitOfWork, person: Subject, reason: str, excused: dict[str, str]
) -> None:
    """Counts past the caller's own classes, and names only the kind of what is open."""
    still_open = open_kinds(work)
    phases = catalogue().current_phases
    listed = {item.nothing_open for item in phases.checklist}
    left = judge_closure(
        phases,
        reason,
        person.child,
        reached=person.reached,
        still_open=still_open,
        excused=excused,
    )
    unmet = [{"code": item.code, "detail": item.title.say("en")} for item in left]
    unmet += [
        {"code": f"open-{kind}", "detail": title}
        for kind, title in still_open.items()
        if kind not in listed
    ]
    if unmet:
        raise Conflict(
            "something is still open", code="closure-refused", current="open", unmet=unmet
        )


def open_kinds(work: UnitOfWork) -> dict[str, str]:
    """Kinds of which a row keeps the case from closing; how many there are is told to nobody."""
    found = {}
    for kind in protected_kinds(CaseRecord):
        clause = kind.open_while  # type: ignore[attr-defined]
        if clause is not None and work.tally(kind, clause):
            found[kind.record] = kind.open_title  # type: ignore[attr-defined]
    return found
