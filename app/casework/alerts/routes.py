from typing import Annotated
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_

from app.casework.alerts import service
from app.casework.alerts.schemas import (
    AlertClosureIn,
    AlertEscalationIn,
    AlertIn,
    AlertOut,
    Kind,
    Status,
)
from app.core.paging import Paged
from app.registry.cases.on_case import OnCase
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(tags=["alerts"])


@router.get("/alerts")
def list_my_alerts(
    work: Annotated[UnitOfWork, Permit("alert.read")],
    page: Paged,
    status: Status | None = None,
    kind: Kind | None = None,
    overdue: bool = False,
) -> Shown[Page[AlertOut]]:
    """Of every case within reach, first due first; `overdue`: nobody acknowledged it in time."""

    def late(rows: FromClause) -> ColumnElement[bool]:
        return and_(rows.c.status == "open", rows.c.due_at < work.at)

    return work.page(AlertOut, page, late if overdue else None, status=status, kind=kind)


@router.get("/cases/{case_id}/alerts")
def list_alerts(
    work: Annotated[UnitOfWork, OnCase("alert.read")],
    page: Paged,
    status: Status | None = None,
    kind: Kind | None = None,
) -> Shown[Page[AlertOut]]:
    return work.page(AlertOut, page, status=status, kind=kind)


@router.post("/cases/{case_id}/alerts", status_code=201)
def raise_alert(
    given: AlertIn, work: Annotated[UnitOfWork, OnCase("alert.raise")]
) -> Shown[AlertOut]:
    return work.show(AlertOut, service.raise_alert(work, given))


@router.get("/cases/{case_id}/alerts/{alert_id}")
def read_alert(
    alert_id: UUID, work: Annotated[UnitOfWork, OnCase("alert.read")]
) -> Shown[AlertOut]:
    return work.read(AlertOut, alert_id)


@router.post("/cases/{case_id}/alerts/{alert_id}/acknowledge")
def acknowledge_alert(
    alert_id: UUID, work: Annotated[UnitOfWork, OnCase("alert.acknowledge")]
) -> Shown[AlertOut]:
    return work.show(AlertOut, service.acknowledge(work, alert_id))


@router.post("/cases/{case_id}/alerts/{alert_id}/escalate")
def escalate_alert(
    alert_id: UUID,
    given: AlertEscalationIn,
    work: Annotated[UnitOfWork, OnCase("alert.escalate")],
) -> Shown[AlertOut]:
    return work.show(AlertOut, service.escalate(work, alert_id, given.to))


@router.post("/cases/{case_id}/alerts/{alert_id}/close")
def close_alert(
    alert_id: UUID, given: AlertClosureIn, work: Annotated[UnitOfWork, OnCase("alert.close")]
) -> Shown[AlertOut]:
    return work.show(AlertOut, service.close(work, alert_id, given.outcome))
