from typing import Annotated
from uuid import UUID

from app.casework.supervision import service
from app.casework.supervision.schemas import (
    ConditionEndIn,
    ConditionIn,
    ConditionOut,
    Kind,
    OfficerIn,
)
from app.core.paging import Paged
from app.registry.cases.on_case import OnCase
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/cases/{case_id}/supervisions", tags=["supervision"])


@router.get("")
def list_conditions(
    work: Annotated[UnitOfWork, OnCase("condition.read")], page: Paged, kind: Kind | None = None
) -> Shown[Page[ConditionOut]]:
    return work.page(ConditionOut, page, kind=kind)


@router.post("", status_code=201)
def impose_condition(
    given: ConditionIn, work: Annotated[UnitOfWork, OnCase("condition.impose")]
) -> Shown[ConditionOut]:
    """What a court set, and the probation officer who sees to it and reaches the case by it."""
    return work.show(ConditionOut, service.impose(work, given))


@router.get("/{condition_id}")
def read_condition(
    condition_id: UUID, work: Annotated[UnitOfWork, OnCase("condition.read")]
) -> Shown[ConditionOut]:
    return work.read(ConditionOut, condition_id)


@router.post("/{condition_id}/assign")
def assign_condition(
    condition_id: UUID,
    given: OfficerIn,
    work: Annotated[UnitOfWork, OnCase("condition.assign")],
) -> Shown[ConditionOut]:
    return work.show(ConditionOut, service.assign(work, condition_id, given.officer_id))


@router.post("/{condition_id}/end")
def end_condition(
    condition_id: UUID,
    given: ConditionEndIn,
    work: Annotated[UnitOfWork, OnCase("condition.end")],
) -> Shown[ConditionOut]:
    return work.show(ConditionOut, service.end(work, condition_id, given.reason))
