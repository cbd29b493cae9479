from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, FromClause, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import table
from app.registry.staff.models import User
from app.registry.staff.proposal_models import Proposal
from app.safeguards.guard.protected import Protected, Sight, row_filter, rule_of
from app.safeguards.guard.second_wall import stands_outside
from app.safeguards.vault.sealed import sealed


class Appointment(Proposal, Protected):
    """Who is to be what: role, unit, superior, or here again; one proposes, another decides.

    `named`: the columns that it is about; of the others it says nothing. Its `status`: proposed,
    done or declined.
    """

    __tablename__ = "appointments"
    record: ClassVar[str] = "appointment"
    file: ClassVar[str] = "user_id"
    record_class: ClassVar[str | None] = "appointment"
    barrable: ClassVar[bool] = False

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    named: Mapped[list[str]]
    role: Mapped[str | None]
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    supervisor_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    enabled: Mapped[bool | None]  # true, where an account that was disabled is to open again
    renewed: Mapped[bool | None]  # true, where a sign-in that was made anew is to be good
    reason: Mapped[str] = sealed()


stands_outside(Appointment)  # as the user


@row_filter(Appointment)
def appointments_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """As the user is."""
    users = table(User).alias()
    reached = select(users.c.id).where(rule_of(User)(users, sight))
    return rows.c.user_id.in_(reached)
