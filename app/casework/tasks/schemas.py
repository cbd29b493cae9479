from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from app.casework.tasks.models import Task
from app.registry.cases.track_schemas import Text
from app.registry.staff.schemas import Role
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.shown import Day, In, Kept, Out, words

Title = Annotated[str, words(3, 200)]
Priority = Literal["normal", "urgent"]
Status = Literal["open", "acknowledged", "done", "cancelled"]
if TYPE_CHECKING:
    RecordClass = str
else:
    RecordClass = Literal[tuple(sorted(POLICY.records["task"]))]


class TaskIn(In):
    """For `assignee_id`, for a `discipline` (a role), or for both; else for who sets it."""

    id: UUID | None = None
    title: Title
    details: Text | None = None
    track: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    record_class: RecordClass | None = None
    discipline: Role | None = None
    assignee_id: UUID | None = None
    due_on: Day
    priority: Priority = "normal"


class TaskChange(In):
    title: Title = ""
    details: Text | None = None
    discipline: Role | None = None
    assignee_id: UUID | None = None
    due_on: Annotated[Day | None, Kept()] = None
    priority: Priority = "normal"


class EscalationIn(In):
    to: Role
    reason: Text


class OutcomeIn(In):
    outcome: Text


class ReasonIn(In):
    reason: Text


class TaskOut(Out):
    of: ClassVar = Task
    order: ClassVar = ("due_on", "id")

    case_id: UUID
    title: str
    details: str | None
    track: str | None
    discipline: str | None
    assignee_id: UUID | None
    due_on: date
    deadline_id: UUID | None
    priority: Priority
    status: Status
    author_id: UUID
    acknowledged_by: UUID | None
    acknowledged_at: datetime | None
    escalated_to: str | None
    escalated_at: datetime | None
    escalated_reason: str | None
    finished_by: UUID | None
    finished_at: datetime | None
    outcome: str | None
