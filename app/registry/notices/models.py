from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, FromClause, and_, false
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import table
from app.safeguards.access.bars import barred
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import (
    Protected,
    Sight,
    of_open_rows,
    openness,
    row_filter,
)
from app.safeguards.guard.second_wall import belongs, is_stated, of_staff
from app.safeguards.identity.caller import Caller


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
    # Of readings, gathered: of how many it tells, from when to when, of which night, and on which
    # case. That one is not shown; `case_id` names it to whoever may know of it.
    count: Mapped[int | None]
    first_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    night: Mapped[date | None]
    on_case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"))


@belongs(Notice, takes=is_stated)
def notices_here(rows: FromClause) -> ColumnElement[bool]:
    """Whoever must be told may have moved to another jurisdiction since."""
    return of_staff(rows.c.user_id)


@row_filter(Notice)
def notices_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """One's own, less those on a case that is closed to the reader by now."""
    if sight.reach is not Reach.SELF:
        return false()
    cases = (rows.c.case_id, rows.c.on_case_id)
    return and_(rows.c.user_id == sight.caller.id, *(~barred(c, sight.caller) for c in cases))


@openness
def tells_of_no_barred_case(events: FromClause, caller: Caller) -> ColumnElement[bool]:
    """That somebody was told of a case says that it is there."""
    rows = table(Notice).alias()
    is_open = and_(*(~barred(one, caller) for one in (rows.c.case_id, rows.c.on_case_id)))
    return of_open_rows(events, Notice, rows, is_open)
