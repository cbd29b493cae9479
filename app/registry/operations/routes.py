from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends

from app.core.paging import Paged
from app.registry.cases.schemas import CaseOut
from app.registry.operations import service
from app.registry.operations.intake import ManifestFile, load, rehearse
from app.registry.operations.models import Operation
from app.registry.operations.schemas import (
    ArrivalOut,
    ArrivalsIn,
    IntakeOut,
    OperationChange,
    OperationIn,
    OperationOut,
    Status,
)
from app.registry.operations.uploads import described, handed_in
from app.registry.pathways.codes import KnownProgramme
from app.safeguards.guard.mark import Mark, Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/operations", tags=["operations"])
TRIED: dict[int | str, dict[str, Any]] = {
    200: {"model": IntakeOut, "description": "A dry run: nothing was written"}
}


def OnOperation(action: str) -> Mark:
    return Mark(action, Operation, "operation_id", "operation.read")


@router.get("")
def list_operations(
    work: Annotated[UnitOfWork, Permit("operation.read")],
    page: Paged,
    status: Status | None = None,
    programme: KnownProgramme | None = None,
    code: str | None = None,
) -> Shown[Page[OperationOut]]:
    return work.page(OperationOut, page, status=status, programme=programme, code=code)


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


@router.patch("/{operation_id}")
def change_operation(
    given: OperationChange, work: Annotated[UnitOfWork, OnOperation("operation.change")]
) -> Shown[OperationOut]:
    return work.show(OperationOut, service.change(work, given))


@router.get("/{operation_id}/arrivals")
def list_arrivals(
    work: Annotated[UnitOfWork, OnOperation("operation.read")], page: Paged
) -> Shown[Page[ArrivalOut]]:
    """Who came, of those whose cases the caller may see."""
    operation = work.file_id
    return work.page(ArrivalOut, page, lambda a: a.c.operation_id == operation, anywhere=True)


@router.post(
    "/{operation_id}/arrivals", status_code=201, openapi_extra=described(), responses=TRIED
)
def receive_group(
    given: Annotated[ArrivalsIn | ManifestFile, Depends(handed_in)],
    work: Annotated[UnitOfWork, OnOperation("operation.receive")],
) -> Shown[IntakeOut]:
    """All of the group or nobody. A file is tried first, unless it says `dry_run=false`."""
    rehearsal = rehearse(work, given)
    told = rehearsal.told()
    if rehearsal.options.dry_run:
        return replace(work.tell(IntakeOut, items=[], next=None, **told), status=200)
    cases = load(work, rehearsal)
    return work.show_all(CaseOut, cases, **told)
