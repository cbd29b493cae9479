from typing import Annotated
from uuid import UUID

from app.core.paging import Paged
from app.registry.households import service
from app.registry.households.models import Household
from app.registry.households.schemas import HouseholdIn, HouseholdOut, JoinIn, LeaveIn, MemberOut
from app.safeguards.guard.mark import Mark, Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/households", tags=["households"])


def OnHousehold(action: str) -> Mark:
    return Mark(action, Household, "household_id", "household.read")


@router.get("")
def list_households(
    work: Annotated[UnitOfWork, Permit("household.read")],
    page: Paged,
    operation_id: UUID | None = None,
) -> Shown[Page[HouseholdOut]]:
    return work.page(HouseholdOut, page, operation_id=operation_id)


@router.post("", status_code=201)
def form_household(
    given: HouseholdIn, work: Annotated[UnitOfWork, Permit("household.form")]
) -> Shown[HouseholdOut]:
    return work.show(HouseholdOut, service.form(work, given))


@router.get("/{household_id}")
def read_household(
    work: Annotated[UnitOfWork, OnHousehold("household.read")],
) -> Shown[HouseholdOut]:
    return work.read(HouseholdOut)


@router.get("/{household_id}/members")
def list_members(
    work: Annotated[UnitOfWork, OnHousehold("household_member.read")], page: Paged
) -> Shown[Page[MemberOut]]:
    return work.page(MemberOut, page)


@router.post("/{household_id}/members", status_code=201)
def join_household(
    given: JoinIn, work: Annotated[UnitOfWork, OnHousehold("household.join")]
) -> Shown[MemberOut]:
    return work.show(MemberOut, service.join(work, given))


@router.get("/{household_id}/members/{member_id}")
def read_member(
    member_id: UUID, work: Annotated[UnitOfWork, OnHousehold("household_member.read")]
) -> Shown[MemberOut]:
    return work.read(MemberOut, member_id)


@router.post("/{household_id}/members/{member_id}/leave")
def leave_household(
    member_id: UUID, given: LeaveIn, work: Annotated[UnitOfWork, OnHousehold("household.leave")]
) -> Shown[MemberOut]:
    """Needs a reason: parting a child from its carer is a decision that somebody answers for."""
    return work.show(MemberOut, service.leave(work, member_id, given))
