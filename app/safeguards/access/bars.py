"""Bars: files that are closed to one person, or to everybody, whatever else would open them.

What sets and lifts them (a seal, a conflict of interest) is a record of its own; a bar is what the
predicate looks up.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, literal, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identifier, other
from app.safeguards.identity.caller import Caller

EVERYBODY = UUID(int=0)  # nobody's id


class Bar(Base):
    """One file, closed to one person, for one reason; it is gone when the reason is."""

    __tablename__ = "file_bars"

    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(primary_key=True)  # the record that set it


def barred(
    file_id: ColumnElement[object], caller: Caller, *, sealed: bool = False
) -> ColumnElement[bool]:
    """Whether this file is closed to the caller. `sealed`: what bars everybody does not count."""
    bars = other(Bar, "bars")
    whom = bars.c.user_id == caller.id
    if not sealed:
        whom = or_(whom, bars.c.user_id == literal(EVERYBODY, Identifier()))
    return exists(select(literal(1)).select_from(bars).where(bars.c.file_id == file_id, whom))


def sealed_off(file_id: ColumnElement[object]) -> ColumnElement[bool]:
    """Whether this file is closed to everybody."""
    bars = other(Bar, "bars")
    everybody = bars.c.user_id == literal(EVERYBODY, Identifier())
    return exists(select(literal(1)).select_from(bars).where(bars.c.file_id == file_id, everybody))
