from typing import Annotated
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, true

from app.casework.tasks import service
from app.casework.tasks.models import OPEN
from app.casework.tasks.schemas import (
    EscalationIn,
    OutcomeIn,
    ReasonIn,
    Status,
    TaskChange,
    TaskIn,
    TaskOut,
)
from app.core.paging import Paged
from app.registry.cases.on_case import OnCase
from app.registry.pathways.codes import KnownTrack
from app.registry.staff.schemas import Role
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Day, Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(tags=["tasks"])


@router.get("/tasks")
def list_my_tasks(
    work: Annotated[UnitOfWork, Permit("task.read")],
    page: Paged,
    mine: bool = False,
    status: Status | None = None,
    due_before: Day | None = None,
) -> Shown[Page[TaskOut]]:
    """Of every case within reach, first due first; unfinished ones unless a status is named."""

    def chosen(rows: FromClause) -> ColumnElement[bool]:
        return and_(
            true() if status else rows.c.status.in_(OPEN),
            rows.c.due_on < due_before if due_before else true(),
        )

    assignee = work.actor.id if mine else None
    return work.page(TaskOut, page, chosen, status=status, assignee_id=assignee)


@router.get("/cases/{case_id}/tasks")
def list_tasks(
    work: Annotated[UnitOfWork, OnCase("task.read")],
    page: Paged,
    status: Status | None = None,
    discipline: Role | None = None,
    assignee_id: UUID | None = None,
    track: KnownTrack | None = None,
) -> Shown[Page[TaskOut]]:
    return work.page(
        TaskOut, page, status=status, discipline=discipline, assignee_id=assignee_id, track=track
    )


@router.post("/cases/{case_id}/tasks", status_code=201)
def set_task(given: TaskIn, work: Annotated[UnitOfWork, OnCase("task.set")]) -> Shown[TaskOut]:
    return work.show(TaskOut, service.set_task(work, given))


@router.get("/cases/{case_id}/tasks/{task_id}")
def read_task(task_id: UUID, work: Annotated[UnitOfWork, OnCase("task.read")]) -> Shown[TaskOut]:
    return work.read(TaskOut, task_id)


@router.patch("/cases/{case_id}/tasks/{task_id}")
def change_task(
    task_id: UUID, given: TaskChange, work: Annotated[UnitOfWork, OnCase("task.change")]
) -> Shown[TaskOut]:
    return work.show(TaskOut, service.change(work, task_id, given))


@router.post("/cases/{case_id}/tasks/{task_id}/acknowledge")
def acknowledge_task(
    task_id: UUID, work: Annotated[UnitOfWork, OnCase("task.acknowledge")]
) -> Shown[TaskOut]:
    return work.show(TaskOut, service.acknowledge(work, task_id))


@router.post("/cases/{case_id}/tasks/{task_id}/escalate")
def escalate_task(
    task_id: UUID, given: EscalationIn, work: Annotated[UnitOfWork, OnCase("task.escalate")]
) -> Shown[TaskOut]:
    return work.show(TaskOut, service.escalate(work, task_id, given.to, given.reason))


@router.post("/cases/{case_id}/tasks/{task_id}/finish")
def finish_task(
    task_id: UUID, given: OutcomeIn, work: Annotated[UnitOfWork, OnCase("task.finish")]
) -> Shown[TaskOut]:
    return work.show(TaskOut, service.finish(work, task_id, given.outcome))


@router.post("/cases/{case_id}/tasks/{task_id}/cancel")
def cancel_task(
    task_id: UUID, given: ReasonIn, work: Annotated[UnitOfWork, OnCase("task.cancel")]
) -> Shown[TaskOut]:
    return work.show(TaskOut, service.cancel(work, task_id, given.reason))
