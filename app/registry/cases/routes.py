from typing import Annotated, Literal
from uuid import UUID

from app.core.paging import Paged
from app.registry.cases import closing, decisions, opening, team
from app.registry.cases.on_case import OnCase
from app.registry.cases.schemas import (
    CaseChange,
    CaseIn,
    CaseOut,
    ClosureAnswerIn,
    ClosureIn,
    DecisionOut,
    PhaseIn,
    ReleaseIn,
    ReopenIn,
    TeamMemberIn,
    TeamMemberOut,
)
from app.registry.pathways.codes import KnownPhase, KnownProgramme
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/cases", tags=["cases"])


@router.get("")
def list_cases(
    work: Annotated[UnitOfWork, Permit("case.read")],
    page: Paged,
    status: Literal["open", "closed"] | None = None,
    phase: KnownPhase | None = None,
    programme: KnownProgramme | None = None,
    need_level: Literal["low", "medium", "high"] | None = None,
    lead_worker_id: UUID | None = None,
    person_id: UUID | None = None,
    operation_id: UUID | None = None,
    number: str | None = None,
) -> Shown[Page[CaseOut]]:
    return work.page(
        CaseOut,
        page,
        status=status,
        phase=phase,
        programme=programme,
        need_level=need_level,
        lead_worker_id=lead_worker_id,
        person_id=person_id,
        operation_id=operation_id,
        number=opening.number_meant(number),
    )


@router.post("", status_code=201)
def open_case(given: CaseIn, work: Annotated[UnitOfWork, Permit("case.open")]) -> Shown[CaseOut]:
    return work.show(CaseOut, opening.open_case(work, given))


@router.get("/{case_id}")
def read_case(work: Annotated[UnitOfWork, OnCase("case.read")]) -> Shown[CaseOut]:
    return work.read(CaseOut)


@router.patch("/{case_id}")
def change_case(
    given: CaseChange, work: Annotated[UnitOfWork, OnCase("case.change")]
) -> Shown[CaseOut]:
    return work.show(CaseOut, team.hand_over(work, given))


@router.post("/{case_id}/phase")
def move_phase(
    given: PhaseIn, work: Annotated[UnitOfWork, OnCase("case.move_phase")]
) -> Shown[CaseOut]:
    return work.show(CaseOut, decisions.move_phase(work, given))


@router.post("/{case_id}/close")
def close(given: ClosureIn, work: Annotated[UnitOfWork, OnCase("case.close")]) -> Shown[CaseOut]:
    """The first call proposes; a call by somebody else, who may approve, closes the case."""
    return work.show(CaseOut, closing.close(work, given))


@router.post("/{case_id}/close/approve")
def approve_closure(
    given: ClosureAnswerIn, work: Annotated[UnitOfWork, OnCase("case.approve_closure")]
) -> Shown[CaseOut]:
    return work.show(CaseOut, closing.approve(work, given))


@router.post("/{case_id}/close/decline")
def decline_closure(
    given: ClosureAnswerIn, work: Annotated[UnitOfWork, OnCase("case.approve_closure")]
) -> Shown[CaseOut]:
    return work.show(CaseOut, closing.decline(work, given))


@router.post("/{case_id}/reopen")
def reopen(given: ReopenIn, work: Annotated[UnitOfWork, OnCase("case.reopen")]) -> Shown[CaseOut]:
    return work.show(CaseOut, decisions.reopen(work, given))


@router.get("/{case_id}/decisions")
def list_decisions(
    work: Annotated[UnitOfWork, OnCase("decision.read")], page: Paged
) -> Shown[Page[DecisionOut]]:
    return work.page(DecisionOut, page)


@router.get("/{case_id}/team")
def list_team(
    work: Annotated[UnitOfWork, OnCase("team.read")], page: Paged, user_id: UUID | None = None
) -> Shown[Page[TeamMemberOut]]:
    return work.page(TeamMemberOut, page, user_id=user_id)


@router.post("/{case_id}/team", status_code=201)
def assign(
    given: TeamMemberIn, work: Annotated[UnitOfWork, OnCase("team.assign")]
) -> Shown[TeamMemberOut]:
    return work.show(TeamMemberOut, team.assign(work, given))


@router.get("/{case_id}/team/{member_id}")
def read_member(
    member_id: UUID, work: Annotated[UnitOfWork, OnCase("team.read")]
) -> Shown[TeamMemberOut]:
    return work.read(TeamMemberOut, member_id)


@router.post("/{case_id}/team/{member_id}/release")
def release(
    member_id: UUID, given: ReleaseIn, work: Annotated[UnitOfWork, OnCase("team.release")]
) -> Shown[TeamMemberOut]:
    return work.show(TeamMemberOut, team.release(work, member_id, given))
