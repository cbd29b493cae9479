from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, FromClause, Index, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.casework.supervision.rules import CLASSES
from app.core.db import other
from app.registry.cases.models import CaseRecord, own
from app.registry.cases.reach import relation, running
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Sight
from app.safeguards.vault.sealed import sealed

WALL = ("officer_id", "role", "jurisdiction", "case_id", "since", "until")


def seen_to(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """By its officer, whoever set it."""
    return rows.c.officer_id == sight.caller.id


class Condition(CaseRecord):
    """What somebody must do or not do, from `since` to the day before `until`, and who sees to it.

    `officer_id` is null while nobody does.
    """

    __tablename__ = "supervision_conditions"
    __table_args__ = (Index("ix_supervision_conditions_wall", *WALL), own(seen_to))
    record: ClassVar[str] = "condition"
    opens: ClassVar[bool] = True

    class_of_row: Mapped[str] = mapped_column("record_class")
    kind: Mapped[str]
    authority: Mapped[str] = sealed()
    text: Mapped[str] = sealed()
    since: Mapped[date]
    until: Mapped[date | None]
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str]  # as whom: in another role or jurisdiction the officer reaches nothing by it
    jurisdiction: Mapped[str]
    ended_reason: Mapped[str | None] = sealed(nullable=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))


@relation(Reach.SUPERVISION)
def supervises(case_id: ColumnElement[object], sight: Sight) -> ColumnElement[bool]:
    """A condition that is in force, of the class of the row, which the caller sees to.

    Of the case it opens the cover; of that class what is the caller's own: what they see to, and
    what they are to do.
    """
    set_ = other(Condition, "set_condition")
    mine = (
        select(set_.c.case_id)
        .distinct()
        .where(
            set_.c.officer_id == sight.caller.id,
            set_.c.role == sight.caller.role,
            set_.c.jurisdiction == sight.caller.jurisdiction,
            running(set_, sight.when.today),
        )
    )
    if (of := sight.record_class) is None:
        return case_id.in_(mine)
    # The class of the row is asked outside, so that the set within stays one of its own.
    return or_(
        *(
            and_(of == name, case_id.in_(mine.where(set_.c.record_class == name)))
            for name in CLASSES
        )
    )
