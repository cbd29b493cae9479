from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    FromClause,
    Index,
    Select,
    and_,
    cast,
    exists,
    false,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Identifier, other
from app.registry.cases.models import Case, CaseRecord
from app.registry.cases.reach import cases_within, records_within, relation
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.guard.granted import granted
from app.safeguards.guard.protected import Sight, When, rarely, row_filter
from app.safeguards.guard.second_wall import belongs, here, open_to_anybody
from app.safeguards.identity.caller import Caller
from app.safeguards.vault.sealed import sealed


class BrokenGlass(CaseRecord):
    """One person, one record class of one case, until a moment; and what others thought of it."""

    __tablename__ = "broken_glass"
    __table_args__ = (Index("ix_broken_glass_wall", "author_id", "case_id", "until"),)
    record: ClassVar[str] = "break_glass"
    record_class: ClassVar[str | None] = "break_glass"
    opens: ClassVar[bool] = True
    for_oneself: ClassVar[bool] = True

    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str]  # as whom: in another role or jurisdiction it opens nothing
    opened_class: Mapped[str]
    reason_code: Mapped[str]
    text: Mapped[str] = sealed()
    until: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # before its time
    review_due_at: Mapped[datetime] = mapped_column(index=True)
    reviewed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    reviewed_at: Mapped[datetime | None]
    verdict: Mapped[str | None]  # justified | unjustified
    review: Mapped[str | None] = sealed(nullable=True)


def mine(glass: FromClause, caller: Caller) -> ColumnElement[bool]:
    """Broken by the caller, in the role and in the jurisdiction that they still have."""
    return and_(
        glass.c.author_id == caller.id,
        glass.c.role == caller.role,
        glass.c.case_jurisdiction == caller.jurisdiction,
    )


@belongs(BrokenGlass)
def glass_here(glass: FromClause) -> ColumnElement[bool]:
    """As any record of a case, but of no unit: who broke it may be of another one by now."""
    return and_(here(glass.c.case_jurisdiction), open_to_anybody(glass.c.case_id))


@row_filter(BrokenGlass)
def glass_within(glass: FromClause, sight: Sight) -> ColumnElement[bool]:
    """One's own; to who leads and oversees, as any record of the case."""
    if sight.reach is Reach.SELF:
        return mine(glass, sight.caller)
    return records_within(glass, sight)


@relation(Reach.SELF)
def opened_by_me(case_id: ColumnElement[object], sight: Sight) -> ColumnElement[bool]:
    """At the door of a case: what I did there is mine to read; each row says whose it is."""
    glass = other(BrokenGlass, "my_glass")
    return case_id.in_(select(glass.c.case_id).where(mine(glass, sight.caller)))


@relation(Reach.GLASS)
def behind_glass(case_id: ColumnElement[object], sight: Sight) -> ColumnElement[bool]:
    """As long as the relationship is there by which B let it be broken."""
    glass = other(BrokenGlass, "glass")
    found = select(literal(1)).where(
        mine(glass, sight.caller),
        glass.c.case_id == case_id,
        glass.c.until > sight.when.at,
        glass.c.ended_at.is_(None),
    )
    if sight.usual:
        return false()
    role, of = sight.caller.role, sight.record_class
    ways: list[ColumnElement[bool]] = []
    for name, by_role in POLICY.classes.items():
        reaches = [reach for reach, letters in by_role.get(role, {}).items() if "B" in letters]
        for reach in reaches:
            opened = exists(found.where(glass.c.opened_class == name))
            by = replace(sight, reach=reach, record_class=literal(name))
            true = [opened, reached(case_id, by)]
            ways.append(and_(*true) if of is None else and_(of == name, *true))
    return or_(false(), *ways)


@granted("break_glass")
def glass_broken(file_id: ColumnElement[Any], caller: Caller, when: When) -> Select[Any]:
    glass = other(BrokenGlass, "held_glass")
    here = mine(glass, caller), glass.c.case_id == file_id
    open_now = glass.c.until > when.at, glass.c.ended_at.is_(None)
    return select(glass.c.id, cast(null(), Identifier()).label("behalf")).where(*here, *open_now)


@rarely
def breaks_glass(caller: Caller, when: When) -> ColumnElement[bool]:
    """Anywhere, at this moment."""
    glass = other(BrokenGlass, "some_glass")
    open_now = glass.c.until > when.at, glass.c.ended_at.is_(None)
    theirs = select(literal(1)).select_from(glass).where(glass.c.author_id == caller.id, *open_now)
    return exists(theirs)


def reached(case_id: ColumnElement[object], sight: Sight) -> ColumnElement[bool]:
    """Whether the case is within this reach, whatever else opens it."""
    cases = other(Case, "glass_case")
    return case_id.in_(select(cases.c.id).where(cases_within(cases, sight)))
