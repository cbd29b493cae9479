from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, FromClause, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.registry.cases.models import CaseRecord


def not_closed(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.status != "closed"


class Alert(CaseRecord):
    """Its kind says the text, the audience and the clock; no column holds a word of its own."""

    __tablename__ = "alerts"
    __table_args__ = (Index("ix_alerts_due_at", "due_at"),)
    record: ClassVar[str] = "alert"
    open_while = staticmethod(not_closed)
    open_title: ClassVar[str] = "alerts not closed"

    class_of_row: Mapped[str] = mapped_column("record_class")
    kind: Mapped[str]
    discipline: Mapped[str]  # the role that must act
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    status: Mapped[str] = mapped_column(default="open")  # open | acknowledged | closed
    raised_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    due_at: Mapped[datetime]  # to be acknowledged by then
    acknowledged_by: Mapped[UUID | None]
    acknowledged_at: Mapped[datetime | None]
    escalated_to: Mapped[str | None]  # a role
    escalated_by: Mapped[UUID | None]
    escalated_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]  # a code
