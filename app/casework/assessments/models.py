from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, FromClause, Index, and_, or_
from sqlalchemy.orm import Mapped, mapped_column

from app.registry.cases.models import CaseRecord
from app.registry.cases.reach import records_within
from app.safeguards.guard.protected import Sight, row_filter
from app.safeguards.vault.sealed import sealed


class Assessment(CaseRecord):
    """Answers to one version of one instrument, and what the server made of them.

    Its author's alone while it is a draft; from then on it is not edited, and nothing is deleted.
    """

    __tablename__ = "assessments"
    __table_args__ = (Index("ix_assessments_trend", "case_id", "instrument", "administered_on"),)
    record: ClassVar[str] = "assessment"
    told_from: ClassVar[str | None] = "submitted_at"

    class_of_row: Mapped[str] = mapped_column("record_class")
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    instrument: Mapped[str]
    instrument_version: Mapped[int]
    form_of: Mapped[str | None]  # the module of which it was a form as it was begun
    respondent: Mapped[str]
    administered_on: Mapped[date]
    language: Mapped[str]
    wording: Mapped[str | None]  # digest of the text pack that was installed as it was begun
    answers: Mapped[dict[str, int | None]] = sealed()
    facts: Mapped[dict[str, bool | None]] = sealed()
    status: Mapped[str]  # draft | submitted | signed | amended | void
    result: Mapped[dict[str, Any] | None] = sealed(nullable=True)
    too_soon_reason: Mapped[str | None] = sealed(nullable=True)
    submitted_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    amends_id: Mapped[UUID | None] = mapped_column(ForeignKey("assessments.id"))
    amend_reason: Mapped[str | None] = sealed(nullable=True)
    amended_by_id: Mapped[UUID | None]
    voided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None] = sealed(nullable=True)


@row_filter(Assessment)
def assessments_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """A draft is its author's: nobody is told of what was not yet said."""
    theirs = or_(rows.c.status != "draft", rows.c.author_id == sight.caller.id)
    return and_(theirs, records_within(rows, sight))
