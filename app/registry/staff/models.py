"""Who works here: units, and the users and service clients in them."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    FromClause,
    Select,
    false,
    literal,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Identifier, other, table
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Protected, Sight, row_filter
from app.safeguards.guard.second_wall import stands_outside
from app.safeguards.identity.caller import Caller
from app.safeguards.vault.sealed import sealed


class Unit(Protected):
    """A district office, reception centre or agency; the unit decides which cases it sees."""

    __tablename__ = "units"
    record: ClassVar[str] = "unit"
    file_kind: ClassVar[str] = "unit"
    record_class: ClassVar[str | None] = "staff"
    opens: ClassVar[bool] = True
    barrable: ClassVar[bool] = False

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    jurisdiction: Mapped[str]


class User(Protected):
    """A person on the staff, or a partner's system (`kind` client)."""

    __tablename__ = "users"
    record: ClassVar[str] = "user"
    file_kind: ClassVar[str] = "user"
    record_class: ClassVar[str | None] = "staff"
    opens: ClassVar[bool] = True
    barrable: ClassVar[bool] = False

    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="person")
    role: Mapped[str]
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"), index=True)
    supervisor_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    pending: Mapped[bool] = mapped_column(default=False)  # hired by one, not yet agreed by another
    disabled_at: Mapped[datetime | None]
    unlocked_at: Mapped[datetime | None]  # after it had not been used for long
    credentials_reset_at: Mapped[datetime | None]  # or made first, by an administrator or operator
    reason: Mapped[str | None] = sealed(nullable=True)  # of the last change; may tell of illness


stands_outside(User)
stands_outside(Unit)


DEEPEST = 4  # district, region, country, ministry: further up nobody works on single cases


def below(caller: Caller) -> Select[Any]:
    """Ids of those who report to the caller, directly or through others.

    Steps of one index each, not rows kept beside: a line changes with its one fact, and is short.
    """
    me = caller.id if isinstance(caller.id, ColumnElement) else literal(caller.id, Identifier())
    rows = other(User, "below_1")
    found = select(rows.c.id).where(rows.c.supervisor_id == me)
    for step in range(2, DEEPEST + 1):
        rows = other(User, f"below_{step}")
        found = select(rows.c.id).where(rows.c.supervisor_id.in_(union_all(select(me), found)))
    return found


@row_filter(User)
def users_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    caller, reach = sight.caller, sight.reach
    if reach is Reach.ANY:
        return true()
    if reach is Reach.SELF:
        return rows.c.id == caller.id
    if reach is Reach.UNIT:
        return rows.c.unit_id == caller.unit_id
    if reach is Reach.LINE:
        return rows.c.id.in_(below(caller))
    if reach is Reach.JURISDICTION:
        units = table(Unit)
        same = select(units.c.id).where(units.c.jurisdiction == caller.jurisdiction)
        return rows.c.unit_id.in_(same)
    return false()


@row_filter(Unit)
def units_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    caller, reach = sight.caller, sight.reach
    if reach is Reach.ANY:
        return true()
    if reach is Reach.JURISDICTION:
        return rows.c.jurisdiction == caller.jurisdiction
    return rows.c.id == caller.unit_id if reach is Reach.UNIT else false()
