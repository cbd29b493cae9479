"""Households: who lived with whom, from when to when. A household is not a case."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, FromClause, and_, exists, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import table
from app.registry.people.models import Person, within_persons
from app.safeguards.access.bars import barred
from app.safeguards.guard.protected import Protected, Sight, of_open_rows, openness, row_filter
from app.safeguards.guard.second_wall import belongs, is_stated, with_the
from app.safeguards.identity.caller import Caller
from app.safeguards.vault.sealed import sealed


class Household(Protected):
    """Its version does not move with its members, so it tells nobody of one they cannot see."""

    __tablename__ = "households"
    record: ClassVar[str] = "household"
    file_kind: ClassVar[str] = "household"
    record_class: ClassVar[str | None] = "family"
    barrable: ClassVar[bool] = False  # whom it shows is judged by person

    label: Mapped[str | None] = sealed(nullable=True)
    formed_on: Mapped[date]
    operation_id: Mapped[UUID | None] = mapped_column(ForeignKey("operations.id"), index=True)


class HouseholdMember(Protected):
    """From `since` to the day before `until`; who left and came back has two rows."""

    __tablename__ = "household_members"
    record: ClassVar[str] = "household_member"
    file: ClassVar[str] = "household_id"
    record_class: ClassVar[str | None] = "family"
    barrable: ClassVar[bool] = False

    household_id: Mapped[UUID] = mapped_column(ForeignKey("households.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    part: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]
    reason: Mapped[str] = sealed()
    left_reason: Mapped[str | None] = sealed(nullable=True)


@row_filter(Household)
def households_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """Through any member within reach, past ones too."""
    members = table(HouseholdMember).alias()
    reached = select(members.c.household_id).where(within_persons(members.c.person_id, sight))
    return rows.c.id.in_(reached)


@belongs(Household, takes=is_stated)
def households_here(rows: FromClause) -> ColumnElement[bool]:
    """With a member of theirs; whoever forms one has yet to say who lives there."""
    members = table(HouseholdMember)
    member = select(literal(1)).where(members.c.household_id == rows.c.id)
    return member.exists()


@belongs(HouseholdMember)
def members_here(rows: FromClause) -> ColumnElement[bool]:
    return with_the(table(Person), rows.c.person_id)


@openness
def tells_of_no_barred_member(events: FromClause, caller: Caller) -> ColumnElement[bool]:
    """Of a membership its person counts, of a household that somebody in it is open."""
    rows, event = table(HouseholdMember).alias(), events.c
    is_open = ~barred(rows.c.person_id, caller)
    somebody = select(literal(1)).select_from(rows).where(is_open)
    elsewhere = event.record.is_(None) | event.record.not_in(
        (Household.record, HouseholdMember.record)
    )
    return and_(
        of_open_rows(events, HouseholdMember, rows, is_open),
        elsewhere
        | event.file_id.is_(None)
        | exists(somebody.where(rows.c.household_id == event.file_id)),
    )


@row_filter(HouseholdMember)
def members_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    return within_persons(rows.c.person_id, sight)
