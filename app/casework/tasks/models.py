from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, FromClause, Index, or_
from sqlalchemy.orm import Mapped, mapped_column

from app.registry.cases.models import CaseRecord, own
from app.registry.cases.reach import in_whose_place
from app.safeguards.guard.protected import Sight
from app.safeguards.vault.sealed import sealed

OPEN = ("open", "acknowledged")


def unfinished(rows: FromClause) -> ColumnElement[bool]:
    """Those that wait for a timer end with it, and it ends with the case."""
    return rows.c.status.in_(OPEN) & rows.c.deadline_id.is_(None)


def theirs(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """What they wrote, and what they, or their discipline, are to do."""
    return or_(
        rows.c.author_id == sight.caller.id,
        rows.c.assignee_id.in_(in_whose_place(sight)),
        rows.c.discipline == sight.caller.role,
        rows.c.escalated_to == sight.caller.role,
    )


class Task(CaseRecord):
    """Who should do what by when. It is somebody's, a discipline's on the team, or both."""

    __tablename__ = "tasks"
    __table_args__ = (Index("ix_tasks_due_on", "due_on"), own(theirs))
    record: ClassVar[str] = "task"
    open_while = staticmethod(unfinished)
    open_title: ClassVar[str] = "tasks not finished"

    class_of_row: Mapped[str] = mapped_column("record_class")
    title: Mapped[str] = sealed()
    details: Mapped[str | None] = sealed(nullable=True)
    track: Mapped[str | None]
    discipline: Mapped[str | None]  # a role
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    due_on: Mapped[date]
    deadline_id: Mapped[UUID | None] = mapped_column(ForeignKey("deadlines.id"))  # it is set for
    priority: Mapped[str] = mapped_column(default="normal")
    status: Mapped[str] = mapped_column(default="open")  # open | acknowledged | done | cancelled
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    acknowledged_by: Mapped[UUID | None]
    acknowledged_at: Mapped[datetime | None]
    escalated_to: Mapped[str | None]  # a role
    escalated_at: Mapped[datetime | None]
    escalated_reason: Mapped[str | None] = sealed(nullable=True)
    finished_by: Mapped[UUID | None]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = sealed(nullable=True)
