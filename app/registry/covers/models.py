from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    FromClause,
    Index,
    Select,
    and_,
    exists,
    false,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import other, table
from app.registry.staff.models import Unit, User
from app.registry.staff.proposal_models import Proposal
from app.safeguards.access.policy import Reach
from app.safeguards.guard.as_it_was import bears
from app.safeguards.guard.protected import Protected, Sight, When, rarely, row_filter, rule_of
from app.safeguards.guard.second_wall import belongs, of_their_own
from app.safeguards.identity.caller import Caller
from app.safeguards.vault.sealed import sealed


class Cover(Proposal, Protected):
    """The holder stands in for the grantor on the grantor's own cases; `until` is the last day.

    Its `status`: proposed, in_force, declined or ended.
    """

    __tablename__ = "covers"
    # All that the wall asks of a row stands in the index.
    __table_args__ = (
        Index("ix_covers_wall", "holder_id", "status", "role", "jurisdiction", "since", "until"),
    )
    record: ClassVar[str] = "cover"
    file_kind: ClassVar[str] = "cover"
    record_class: ClassVar[str | None] = "cover"
    opens: ClassVar[bool] = True
    barrable: ClassVar[bool] = False

    grantor_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str]  # absence | delegation
    role: Mapped[str]  # of both: in another role or jurisdiction of either it opens nothing
    jurisdiction: Mapped[str]
    since: Mapped[date]
    until: Mapped[date]
    reason: Mapped[str] = sealed()
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = sealed(nullable=True)


belongs(Cover)(of_their_own)


@row_filter(Cover)
def covers_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """One's own, on either side; whoever leads, those of the grantors whom they reach."""
    if sight.reach is Reach.SELF:
        mine = sight.caller.id
        return or_(rows.c.grantor_id == mine, rows.c.holder_id == mine)
    if sight.reach is Reach.JURISDICTION:
        return rows.c.jurisdiction == sight.caller.jurisdiction
    if sight.reach not in (Reach.UNIT, Reach.LINE):
        return false()
    users = table(User).alias()
    reached = select(users.c.id).where(rule_of(User)(users, sight))
    return rows.c.grantor_id.in_(reached)


@bears(Cover)
def of_that_day(rows: FromClause, _: UUID, then: datetime) -> ColumnElement[bool]:
    """Ended before its day or not: its days are never edited."""
    return and_(rows.c.since <= then.date(), rows.c.until >= then.date())


@rarely
def stands_in(caller: Caller, when: When) -> ColumnElement[bool]:
    """For anybody, today."""
    covers = other(Cover, "some_cover")
    mine = select(literal(1)).where(
        covers.c.holder_id == caller.id,
        covers.c.status == "in_force",
        covers.c.since <= when.today,
        covers.c.until >= when.today,
    )
    return exists(mine)


def covered_by(caller: Caller, when: When) -> Select[Any]:
    """Ids of those in whose place the caller stands now: who are what they were, and still here.

    Only what is a grantor's own follows from it, never what the grantor has by another cover.
    """
    return covers_of(caller, when, "grantor_id")


def covers_of(caller: Caller, when: When, *names: str) -> Select[Any]:
    """These columns of the covers that are good now."""
    covers, grantors = other(Cover, "cover"), other(User, "grantor")
    units = other(Unit, "grantor_unit")
    source = covers.join(grantors, grantors.c.id == covers.c.grantor_id).join(
        units, units.c.id == grantors.c.unit_id
    )
    return (
        select(*(covers.c[name] for name in names))
        .select_from(source)
        .where(
            and_(
                covers.c.holder_id == caller.id,
                covers.c.status == "in_force",
                covers.c.role == caller.role,
                covers.c.jurisdiction == caller.jurisdiction,
                covers.c.since <= when.today,
                covers.c.until >= when.today,
                grantors.c.disabled_at.is_(None),
                grantors.c.role == covers.c.role,
                units.c.jurisdiction == covers.c.jurisdiction,
            )
        )
    )
