from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, FromClause, Select, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import table
from app.registry.cases.models import Case
from app.registry.staff.models import User
from app.safeguards.access.bars import barred
from app.safeguards.guard.as_it_was import bears, sets_bars
from app.safeguards.guard.protected import (
    Protected,
    Sight,
    of_open_rows,
    openness,
    row_filter,
    rule_of,
)
from app.safeguards.guard.second_wall import belongs, of_staff
from app.safeguards.identity.caller import Caller
from app.safeguards.vault.sealed import sealed


class Interest(Protected):
    """This member of staff is close to that person; kept in the file of the member of staff."""

    __tablename__ = "conflicts_of_interest"
    record: ClassVar[str] = "interest"
    file: ClassVar[str] = "user_id"
    record_class: ClassVar[str | None] = "interest"
    opens: ClassVar[bool] = True
    barrable: ClassVar[bool] = False

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    relation: Mapped[str]
    reason: Mapped[str | None] = sealed(nullable=True)
    declared_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    end_proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    end_proposed_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = sealed(nullable=True)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    end_answer: Mapped[str | None] = sealed(nullable=True)  # why it is agreed, or was not


@belongs(Interest)
def interests_here(rows: FromClause) -> ColumnElement[bool]:
    return of_staff(rows.c.user_id)


@row_filter(Interest)
def interests_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """As the member of staff is; what others said of oneself is not told, by any reach.

    It names whom one must not know of, and often who spoke. Nor is one that names somebody whose
    file is closed to the reader.
    """
    users = table(User).alias()
    reached = users.select().with_only_columns(users.c.id).where(rule_of(User)(users, sight))
    oneself, mine = rows.c.user_id == sight.caller.id, rows.c.declared_by == sight.caller.id
    # One's own declaration bars oneself, seal or no seal: that it went would tell of the seal.
    is_open = ~barred(rows.c.person_id, sight.caller)
    return and_(rows.c.user_id.in_(reached), or_(and_(oneself, mine), and_(~oneself, is_open)))


@openness
def tells_of_nobody_barred(events: FromClause, caller: Caller) -> ColumnElement[bool]:
    rows = table(Interest).alias()
    is_open = or_(rows.c.declared_by == caller.id, ~barred(rows.c.person_id, caller))
    return of_open_rows(events, Interest, rows, is_open)


@bears(Interest)
def in_the_person(rows: FromClause, case_id: UUID, _: datetime) -> ColumnElement[bool]:
    """A case is of one person for good."""
    cases = table(Case)
    return rows.c.person_id.in_(select(cases.c.person_id).where(cases.c.id == case_id))


@sets_bars
def bars_of_interests(case_id: UUID) -> Select[Any]:
    """Who is close to the person of a case, for as long as that was not ended."""
    rows, cases = table(Interest), table(Case)
    close = and_(rows.c.person_id == cases.c.person_id, rows.c.ended_at.is_(None))
    found = select(cases.c.id, rows.c.user_id, rows.c.id)
    return found.select_from(cases.join(rows, close)).where(cases.c.id == case_id)
