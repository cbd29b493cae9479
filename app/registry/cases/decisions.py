"""Decisions about the case as a whole: its phase, its closing and re-opening, each by a name."""

from typing import Any

from app.core.errors import Conflict
from app.core.states import require_status
from app.registry.cases.models import Case, Decision
from app.registry.cases.schemas import PhaseIn, ReopenIn
from app.registry.cases.subject import cover_of, open_cover
from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.rules import judge_phase
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def note_decision(
    work: UnitOfWork,
    about: str,
    value: str,
    *,
    decided_by: str | None = None,
    reason: str | None = None,
    details: dict[str, Any] | None = None,
) -> Written:
    """Who decided is the person who acts, unless another is named."""
    return work.add(
        Decision,
        about=about,
        value=value,
        decided_on=work.today,
        decided_by=decided_by or f"user {work.actor.id}",
        reason=reason,
        details=details,
        author_id=work.actor.id,
        practice=catalogue().current_phases.version,
    )


def move_phase(work: UnitOfWork, given: PhaseIn) -> Written:
    """A roll-up that a named person decides; no track moves it, and it moves no track."""
    cover = open_cover(work)
    decider = given.decided_by or (None if work.actor.machine else f"user {work.actor.id}")
    verdict = judge_phase(
        catalogue().current_phases,
        cover["phase"],
        given.to,
        work.actor.role,
        reason=given.reason,
        decided_by=decider,
    )
    allowed = [to for to in verdict.allowed if to != "closed"]
    unmet = [{"code": one.code, "detail": one.detail} for one in verdict.unmet]
    if given.to == "closed" and not unmet:
        unmet = [{"code": "closes-by-closing", "detail": "a case is closed by its checklist"}]
    if unmet:
        raise Conflict(
            "the phase does not go there now",
            code="phase-refused",
            current=cover["phase"],
            allowed=allowed,
            unmet=unmet,
        )
    written = work.change(Case, work.case_id, phase=given.to)
    note_decision(work, "phase", given.to, decided_by=decider, reason=given.reason)
    work.publish("case.phase-moved", case=work.case_id)
    return written


def reopen(work: UnitOfWork, given: ReopenIn) -> Written:
    """Back to the phase in which it was closed; the file goes on where it ended."""
    cover = cover_of(work)
    require_status(cover, "case", "closed")
    written = work.change(
        Case,
        work.case_id,
        status="open",
        phase=cover["phase_before"],
        phase_before=None,
        closed_on=None,
        closure_reason=None,
        closure_proposed_by=None,
        closure_proposed_at=None,
    )
    note_decision(work, "reopening", "open", decided_by=given.decided_by, reason=given.reason)
    work.publish("case.reopened", case=work.case_id)
    return written
