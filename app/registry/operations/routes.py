from typing import Annotated

from fastapi import Depends

from app.core.paging import Paging, paging
from app.registry.cases.schemas import CaseOut
from app.registry.operations import service
from app.registry.operations.models import Operation
from app.registry.operations.schemas import ArrivalsIn, OperationIn, OperationOut
from app.safeguards.guard.mark import Mark, Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/operations", tags=["operations"])


def OnOperation(action: str) -> Mark:
    return Mark(action, Operation, "operation_id", "operation.read")


@router.get("")
def list_operations(
    work: Annotated[UnitOfWork, Permit("operation.read")],
    page: Annotated[Paging, Depends(paging)],
) -> Shown[Page[OperationOut]]:
    return work.page(OperationOut, page)


@router.post("", status_code=201)
def plan_operation(
    given: OperationIn, work: Annotated[UnitOfWork, Permit("operation.plan")]
) -> Shown[OperationOut]:
    return work.show(OperationOut, service.plan(work, given))


@router.get("/{operation_id}")
def read_operation(
    work: Annotated[UnitOfWork, OnOperation("operation.read")],
) -> Shown[OperationOut]:
    return work.read(OperationOut)


@router.post("/{operation_id}/arrivals", status_code=201)
def receive_group(
    given: ArrivalsIn, work: Annotated[UnitOfWork, OnOperation("operation.receive")]
) -> Shown[Page[CaseOut]]:
    return work.show_all(CaseOut, service.receive(work, given))
