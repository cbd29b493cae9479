from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends

from app.core.paging import Paging, paging
from app.registry.cases import service
from app.registry.cases.on_case import OnCase
from app.registry.cases.schemas import (
    CaseChange,
    CaseIn,
    CaseOut,
    ClosureIn,
    MilestoneIn,
    MilestoneOut,
    PhaseIn,
    ReasonIn,
    ReleaseIn,
    TeamMemberIn,
    TeamMemberOut,
)
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/cases", tags=["cases"])
Paged = Annotated[Paging, Depends(paging)]


@router.get("")
def list_cases(
    work: Annotated[UnitOfWork, Permit("case.read")],
    page: Paged,
    status: Literal["open", "closing", "closed"] | None = None,
    phase: str | None = None,
    programme: str | None = None,
    lead_worker_id: UUID | None = None,
    person_id: UUID | None = None,
    number: str | None = None,
) -> Shown[Page[CaseOut]]:
    return work.page(
        CaseOut,
        page,
        status=status,
        phase=phase,
        programme=programme,
        lead_worker_id=lead_worker_id,
        person_id=person_id,
        number=number,
    )


@router.post("", status_code=201)
def open_case(given: CaseIn, work: Annotated[UnitOfWork, Permit("case.open")]) -> Shown[CaseOut]:
    return work.show(CaseOut, service.open_case(work, given))


@router.get("/{case_id}")
def read_case(work: Annotated[UnitOfWork, OnCase("case.read")]) -> Shown[CaseOut]:
    return work.read(CaseOut)


@router.patch("/{case_id}")
def hand_over(
    given: CaseChange, work: Annotated[UnitOfWork, OnCase("case.change")]
) -> Shown[CaseOut]:
    return work.show(CaseOut, service.hand_over(work, given))


@router.post("/{case_id}/phase")
def move_phase(
    given: PhaseIn, work: Annotated[UnitOfWork, OnCase("case.move_phase")]
) -> Shown[CaseOut]:
    return work.show(CaseOut, service.move_phase(work, given))


@router.post("/{case_id}/close")
def propose_closure(
    given: ClosureIn, work: Annotated[UnitOfWork, OnCase("case.close")]
) -> Shown[CaseOut]:
    return work.show(CaseOut, service.propose_closure(work, given))


@router.post("/{case_id}/close/approve")
def approve_closure(
    given: ReasonIn, work: Annotated[UnitOfWork, OnCase("case.approve_closure")]
) -> Shown[CaseOut]:
    return work.show(CaseOut, service.approve_closure(work))


@router.post("/{case_id}/reopen")
def reopen(given: ReasonIn, work: Annotated[UnitOfWork, OnCase("case.reopen")]) -> Shown[CaseOut]:
    return work.show(CaseOut, service.reopen(work))


@router.get("/{case_id}/team")
def list_team(
    work: Annotated[UnitOfWork, OnCase("team.read")], page: Paged
) -> Shown[Page[TeamMemberOut]]:
    return work.page(TeamMemberOut, page)


@router.post("/{case_id}/team", status_code=201)
def assign(
    given: TeamMemberIn, work: Annotated[UnitOfWork, OnCase("team.assign")]
) -> Shown[TeamMemberOut]:
    return work.show(TeamMemberOut, service.assign(work, given))


@router.post("/{case_id}/team/{member_id}/release")
def release(
    member_id: UUID, given: ReleaseIn, work: Annotated[UnitOfWork, OnCase("team.release")]
) -> Shown[TeamMemberOut]:
    return work.show(TeamMemberOut, service.release(work, member_id, given))


@router.get("/{case_id}/milestones")
def list_milestones(
    work: Annotated[UnitOfWork, OnCase("milestone.read")], page: Paged
) -> Shown[Page[MilestoneOut]]:
    return work.page(MilestoneOut, page)


@router.post("/{case_id}/milestones", status_code=201)
def reach_milestone(
    given: MilestoneIn, work: Annotated[UnitOfWork, OnCase("milestone.reach")]
) -> Shown[MilestoneOut]:
    return work.show(MilestoneOut, service.reach(work, given))
