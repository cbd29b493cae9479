from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, exists, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import table
from app.registry.cases.models import CaseRecord
from app.registry.cases.reach import relation
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Sight
from app.safeguards.vault.sealed import sealed


class BrokenGlass(CaseRecord):
    """One person, one record class of one case, until a moment; and what others thought of it."""

    __tablename__ = "broken_glass"
    __table_args__ = (Index("ix_broken_glass_wall", "author_id", "case_id", "until"),)
    record: ClassVar[str] = "break_glass"
    record_class: ClassVar[str | None] = "break_glass"

    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str]  # as whom: in another role it opens nothing
    opened_class: Mapped[str]
    reason_code: Mapped[str]
    text: Mapped[str] = sealed()
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # before its time
    review_due_at: Mapped[datetime] = mapped_column(index=True)
    reviewed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    reviewed_at: Mapped[datetime | None]
    verdict: Mapped[str | None]  # justified | unjustified
    review: Mapped[str | None] = sealed(nullable=True)


@relation(Reach.SELF)
def opened_by_me(case_id: ColumnElement[object], sight: Sight) -> ColumnElement[bool]:
    """At the door of a case: what I did there is mine to read; each row says whose it is."""
    glass = table(BrokenGlass).alias()
    mine = (glass.c.author_id == sight.caller.id, glass.c.case_id == case_id)
    return exists(select(literal(1)).where(*mine))


@relation(Reach.GLASS)
def behind_glass(case_id: ColumnElement[object], sight: Sight) -> ColumnElement[bool]:
    glass = table(BrokenGlass).alias()
    found = select(literal(1)).where(
        glass.c.author_id == sight.caller.id,
        glass.c.case_id == case_id,
        glass.c.role == sight.caller.role,
        glass.c.until > sight.when.at,
        glass.c.ended_at.is_(None),
    )
    if sight.record_class is not None:
        found = found.where(glass.c.opened_class == sight.record_class)
    return exists(found)
