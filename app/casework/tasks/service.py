"""What is done with tasks: set, changed, acknowledged, escalated, finished, cancelled."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause

from app.casework.tasks.models import OPEN, Task
from app.casework.tasks.rules import class_of, may_follow
from app.casework.tasks.schemas import TaskChange, TaskIn
from app.core.errors import Forbidden, invalid
from app.core.states import wrong_state
from app.registry.cases.models import Case
from app.registry.cases.strands import is_open_to
from app.registry.cases.subject import open_cover
from app.registry.cases.team import staff_member, tracks_of
from app.registry.cases.track_models import Track
from app.registry.cases.track_schemas import TrackOut
from app.registry.cases.waiting import FollowUp, Tasks, keeps_tasks
from app.registry.staff.leaving import on_leaving
from app.registry.staff.lines import is_above
from app.registry.staff.models import User
from app.safeguards.access.policy import BY_TEAM, POLICY, ROLES, Reach
from app.safeguards.guard.reading import Where
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def set_task(work: UnitOfWork, given: TaskIn) -> Written:
    open_cover(work)
    record_class = class_of(given.record_class, class_of_track(work, given.track), work.grantable())
    if record_class is None:
        raise Forbidden(f"the role {work.actor.role} sets no tasks of this class")
    assignee = given.assignee_id
    if assignee is None and given.discipline is None:
        assignee = work.actor.id
    if assignee is not None:
        assignee = staff_member(work, assignee, "/assignee_id")
    require_reader(work, record_class, given.discipline, assignee)
    fields = given.model_dump(exclude={"record_class"}) | {"assignee_id": assignee}
    written = work.add(Task, **fields, record_class=record_class, author_id=work.actor.id)
    work.publish("task.set", case=work.case_id, task=written.id)
    return written


def set_by_rule(work: UnitOfWork, again: FollowUp, deadline_id: UUID | None, due_on: date) -> None:
    """For who did it the last time, and for their discipline, should they not be there."""
    written = work.add(
        Task,
        title=again.title,
        record_class=again.record_class,
        discipline=work.actor.role,
        assignee_id=work.actor.id,
        due_on=due_on,
        deadline_id=deadline_id,
        author_id=work.actor.id,
    )
    work.publish("task.set", case=work.case_id, task=written.id)


ENDED = {"met": "done", "ended": "cancelled"}  # by how the timer ended


def settle_by_rule(work: UnitOfWork, deadline_ids: Sequence[UUID], how: str) -> None:
    """Whoever did it: what a task asked for is done, or is asked for no more."""
    waiting = work.facts(
        Task,
        lambda t: (
            (t.c.case_id == work.case_id) & t.c.deadline_id.in_(deadline_ids) & t.c.status.in_(OPEN)
        ),
        "id",
    )
    by = {"finished_by": work.actor.id, "finished_at": work.at}
    for row in waiting:
        work.consequence(Task, row.id, status=ENDED[how], **by)
        work.publish(f"task.{ENDED[how]}", case=work.case_id, task=row.id)


keeps_tasks(Tasks(set_by_rule, settle_by_rule))


@on_leaving
def hand_back(work: UnitOfWork, user_id: UUID, reason: str) -> None:
    """What was theirs to do is open again, and their discipline's if it had none.

    Where their role may not read it any more, it is of the first role that may.
    """

    def theirs(rows: FromClause) -> ColumnElement[bool]:
        return (rows.c.assignee_id == user_id) & rows.c.status.in_(OPEN)

    again = {"assignee_id": None, "status": "open", "acknowledged_by": None}
    again |= {"acknowledged_at": None}
    (user,) = work.facts(User, lambda u: u.c.id == user_id, "role")
    alone = work.facts(Task, lambda t: theirs(t) & t.c.discipline.is_(None), "id", "record_class")
    for row in alone:
        heirs = (one for one in (user.role, *ROLES) if row.record_class in POLICY.readable(one))
        work.expire(Task, with_id(row.id), discipline=next(heirs), **again)
    work.expire(Task, theirs, **again)


def with_id(task_id: UUID) -> Where:
    return lambda rows: rows.c.id == task_id


def class_of_track(work: UnitOfWork, code: str | None) -> str | None:
    if code is None:
        return None
    found = work.find(Track, lambda t: t.c.code == code, shown_by=TrackOut)
    if not found:
        raise invalid("/track", "unknown", "the case has no such track that you can see")
    of_track: str = found[0]["record_class"]
    return of_track


def require_reader(
    work: UnitOfWork, record_class: str, discipline: str | None, assignee: UUID | None
) -> None:
    """A task for somebody who may not read it would lie there unseen."""
    roles = {"/discipline": discipline} if discipline else {}
    unit_id = None
    if assignee is not None:
        ((role, unit_id),) = work.facts(User, lambda u: u.c.id == assignee, "role", "unit_id")
        roles["/assignee_id"] = role
    for pointer, role in roles.items():
        if record_class not in POLICY.readable(str(role)):
            raise invalid(pointer, "cannot-read", "this role may not read a task of this class")
    by = POLICY.classes[record_class].get(str(roles.get("/assignee_id")), {})
    otherwise = {reach for reach, letters in by.items() if "R" in letters} - BY_TEAM
    if otherwise:
        otherwise -= led_elsewhere(work, assignee, unit_id)
    tracks = tracks_of(work, assignee) if assignee and not otherwise else ()
    if tracks and not any(is_open_to(track, record_class) for track in tracks):
        raise invalid("/assignee_id", "cannot-read", "they are here for another track alone")


def led_elsewhere(work: UnitOfWork, user_id: UUID | None, unit_id: UUID | None) -> set[Reach]:
    """By which of these somebody leads others than those of this case."""
    (case,) = work.facts(Case, lambda c: c.c.id == work.case_id, "unit_id", "lead_worker_id")
    above = user_id is not None and is_above(work, user_id, case.lead_worker_id)
    here = {Reach.UNIT: case.unit_id == unit_id, Reach.LINE: above}
    return {reach for reach, true in here.items() if not true}


def change(work: UnitOfWork, task_id: UUID, given: TaskChange) -> Written:
    task = the_task(work, task_id, "done")
    fields = given.model_dump(exclude_unset=True)
    if "due_on" in fields and fields["due_on"] is None:
        raise invalid("/due_on", "missing", "a task has a day by which it is due")
    if fields.get("assignee_id") is not None:
        fields["assignee_id"] = staff_member(work, given.assignee_id, "/assignee_id")
    after = {**task, **fields}
    if after["assignee_id"] is None and after["discipline"] is None:
        raise invalid("/assignee_id", "missing", "a task is somebody's or a discipline's")
    require_reader(work, task["record_class"], after["discipline"], after["assignee_id"])
    written = work.change(Task, task_id, **fields)
    work.publish("task.changed", case=work.case_id, task=task_id)
    return written


def acknowledge(work: UnitOfWork, task_id: UUID) -> Written:
    """By who will do it: from now on it is theirs, if it was nobody's yet."""
    task = the_task(work, task_id, "acknowledged")
    require_theirs(work, task)
    mine = {"acknowledged_by": work.actor.id, "acknowledged_at": work.at}
    owner = task["assignee_id"] or work.actor.id
    return move(work, task_id, "acknowledged", assignee_id=owner, **mine)


def escalate(work: UnitOfWork, task_id: UUID, to: str, reason: str) -> Written:
    task = the_task(work, task_id, "done")
    require_reader(work, task["record_class"], to, None)
    written = work.change(
        Task, task_id, escalated_to=to, escalated_at=work.at, escalated_reason=reason
    )
    work.publish("task.escalated", case=work.case_id, task=task_id)
    return written


def finish(work: UnitOfWork, task_id: UUID, outcome: str) -> Written:
    """By the assignee, by one of the discipline or of who it was escalated to, or by its author."""
    task = the_task(work, task_id, "done")
    if work.actor.id != task["author_id"]:
        require_theirs(work, task)
    return settle(work, task_id, "done", outcome)


def require_theirs(work: UnitOfWork, task: dict[str, Any]) -> None:
    mine = work.actor.id == task["assignee_id"]
    if not mine and work.actor.role not in (task["discipline"], task["escalated_to"]):
        raise Forbidden("this task is somebody else's", code="not-yours")


def cancel(work: UnitOfWork, task_id: UUID, reason: str) -> Written:
    the_task(work, task_id, "cancelled")
    return settle(work, task_id, "cancelled", reason)


def settle(work: UnitOfWork, task_id: UUID, status: str, outcome: str) -> Written:
    by = {"finished_by": work.actor.id, "finished_at": work.at}
    return move(work, task_id, status, outcome=outcome, **by)


def move(work: UnitOfWork, task_id: UUID, status: str, **fields: Any) -> Written:
    written = work.change(Task, task_id, status=status, **fields)
    work.publish(f"task.{status}", case=work.case_id, task=task_id)
    return written


def the_task(work: UnitOfWork, task_id: UUID, to: str) -> dict[str, Any]:
    """A task of this case that may still become `to`."""
    task = work.reachable(Task, task_id)
    status = task["status"]
    if not may_follow(status, to):
        allowed = [one for one in ("acknowledged", "done") if may_follow(status, one)]
        raise wrong_state(f"the task is {status}", status, allowed)
    return task
