from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, FromClause, and_, false
from sqlalchemy.orm import Mapped, mapped_column

from app.safeguards.access.bars import barred
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Protected, Sight, row_filter


class Notice(Protected):
    """One thing that happened, for one reader; kept in the reader's own file."""

    __tablename__ = "notices"
    record: ClassVar[str] = "notice"
    file: ClassVar[str] = "user_id"
    record_class: ClassVar[str | None] = "notice"
    barrable: ClassVar[bool] = False
    delivered: ClassVar[bool] = True

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    topic: Mapped[str]
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"))
    about_id: Mapped[UUID | None]  # the record that it is about
    seen_at: Mapped[datetime | None]


@row_filter(Notice)
def notices_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """One's own, less those on a case that is closed to the reader by now."""
    if sight.reach is not Reach.SELF:
        return false()
    return and_(rows.c.user_id == sight.caller.id, ~barred(rows.c.case_id, sight.caller))
