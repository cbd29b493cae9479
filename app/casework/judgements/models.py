from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, FromClause, and_, or_
from sqlalchemy.orm import Mapped, mapped_column

from app.registry.cases.models import CaseRecord
from app.registry.cases.reach import records_within
from app.safeguards.guard.protected import Sight, row_filter
from app.safeguards.vault.sealed import sealed


class Judgement(CaseRecord):
    """One structured judgement; its author is the assessor, who alone knows of a draft.

    `status`: draft, submitted, dissented, read, superseded or void. Once it is submitted, none of
    its words changes: what follows is added by others, or supersedes it.
    """

    __tablename__ = "judgements"
    record: ClassVar[str] = "judgement"
    told_from: ClassVar[str | None] = "submitted_at"
    record_class: ClassVar[str | None] = "security"

    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str] = mapped_column(default="draft")
    tool: Mapped[str]
    tool_version: Mapped[int]  # of our file, which judged the codes
    tool_name: Mapped[str | None] = sealed(nullable=True)
    edition: Mapped[str | None] = sealed(nullable=True)
    assessed_on: Mapped[date | None]
    valid_until: Mapped[date | None]  # the last day on which it holds
    sources: Mapped[list[str]] = sealed()
    evidence: Mapped[list[dict[str, Any]]] = sealed()
    information_missing: Mapped[str | None] = sealed(nullable=True)
    quality: Mapped[str | None] = sealed(nullable=True)
    scenarios: Mapped[list[str]] = sealed()
    protective_factors: Mapped[list[str]] = sealed()
    overall: Mapped[str | None] = sealed(nullable=True)
    rationale: Mapped[str | None] = sealed(nullable=True)
    recommendations: Mapped[str | None] = sealed(nullable=True)
    submitted_at: Mapped[datetime | None]
    certificate_id: Mapped[UUID | None] = mapped_column(ForeignKey("certificates.id"))
    second_reader_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    second_certificate_id: Mapped[UUID | None] = mapped_column(ForeignKey("certificates.id"))
    second_read_at: Mapped[datetime | None]
    second_opinion: Mapped[str | None] = sealed(nullable=True)  # agrees | dissents
    second_words: Mapped[str | None] = sealed(nullable=True)
    consensus: Mapped[str | None] = sealed(nullable=True)  # how a dissent was settled
    statements: Mapped[list[dict[str, Any]]] = sealed()  # of the person, by whom and when recorded
    supersedes_id: Mapped[UUID | None] = mapped_column(ForeignKey("judgements.id"))
    superseded_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("judgements.id"))
    voided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    void_reason: Mapped[str | None] = sealed(nullable=True)


@row_filter(Judgement)
def judgements_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """As all records of the case; of a draft only its author knows."""
    theirs = or_(rows.c.status != "draft", rows.c.author_id == sight.caller.id)
    return and_(theirs, records_within(rows, sight))
