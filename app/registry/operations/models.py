"""Return operations: a mission that brings a group home."""

from datetime import date
from typing import ClassVar

from sqlalchemy import ColumnElement, FromClause, false, true
from sqlalchemy.orm import Mapped, mapped_column

from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Protected, row_filter
from app.safeguards.identity.caller import Caller


class Operation(Protected):
    __tablename__ = "operations"
    record: ClassVar[str] = "operation"
    file_kind: ClassVar[str] = "operation"
    record_class: ClassVar[str | None] = "operation"

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    programme: Mapped[str]
    jurisdiction: Mapped[str] = mapped_column(index=True)
    arrives_on: Mapped[date]
    status: Mapped[str] = mapped_column(default="planned")


@row_filter(Operation)
def operations_within(
    rows: FromClause, caller: Caller, reach: Reach, _: object
) -> ColumnElement[bool]:
    if reach is Reach.ANY:
        return true()
    in_jurisdiction = rows.c.jurisdiction == caller.jurisdiction
    return in_jurisdiction if reach is Reach.JURISDICTION else false()
