from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, FromClause, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import table
from app.registry.staff.models import User
from app.safeguards.guard.protected import Protected, Sight, row_filter, rule_of
from app.safeguards.guard.second_wall import stands_outside
from app.safeguards.vault.sealed import sealed


class Certificate(Protected):
    """That somebody may use this tool or instrument; kept in the file of the member of staff.

    Never edited: a renewal is another one, and what was withdrawn stays on record.
    """

    __tablename__ = "certificates"
    record: ClassVar[str] = "certificate"
    file: ClassVar[str] = "user_id"
    record_class: ClassVar[str | None] = "certificate"
    barrable: ClassVar[bool] = False

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    code: Mapped[str]
    number: Mapped[str] = sealed()
    issued_on: Mapped[date]
    expires_on: Mapped[date]  # the last day that it covers
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    withdrawn_on: Mapped[date | None]  # the first day that it does not cover any more
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    withdrawal: Mapped[str | None] = sealed(nullable=True)


stands_outside(Certificate)  # as the user


@row_filter(Certificate)
def certificates_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """As the member of staff is."""
    users = table(User).alias()
    reached = select(users.c.id).where(rule_of(User)(users, sight))
    return rows.c.user_id.in_(reached)
