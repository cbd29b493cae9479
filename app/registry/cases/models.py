"""The case: its cover, who works on it, its tracks, and what it has reached."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.safeguards.guard.protected import Protected
from app.safeguards.vault.sealed import sealed


class Case(Protected):
    """One episode of one person; a second return opens a second case."""

    __tablename__ = "cases"
    record: ClassVar[str] = "case"
    file_kind: ClassVar[str] = "case"
    record_class: ClassVar[str | None] = "case"

    number: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    programme: Mapped[str]
    jurisdiction: Mapped[str] = mapped_column(index=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"), index=True)
    operation_id: Mapped[UUID | None] = mapped_column(ForeignKey("operations.id"), index=True)
    status: Mapped[str] = mapped_column(default="open")
    phase: Mapped[str]
    lead_worker_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]
    closure_reason: Mapped[str | None]
    closure_outcome: Mapped[str | None]
    closure_proposed_by: Mapped[UUID | None]
    closure_proposed_at: Mapped[datetime | None]


class CaseRecord(Protected):
    """Base of everything that hangs on a case."""

    __abstract__ = True
    file: ClassVar[str] = "case_id"
    open_while: ClassVar[Any] = None  # a clause on its rows that keeps the case from closing
    open_title: ClassVar[str] = ""

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)


class TeamMember(CaseRecord):
    """The only fact that opens a case to a person: a dated row you can point at.

    From `since` to the day before `until`; on one track, or on all where `track` is null.
    """

    __tablename__ = "team_members"
    __table_args__ = (Index("ix_team_members_user_id_case_id", "user_id", "case_id"),)
    record: ClassVar[str] = "team"
    record_class: ClassVar[str | None] = "case"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    track: Mapped[str | None]
    part: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]
    reason: Mapped[str]


class Milestone(CaseRecord):
    """A fact without content that gates read: that it was reached, when, and who said so."""

    __tablename__ = "milestones"
    record: ClassVar[str] = "milestone"
    record_class: ClassVar[str | None] = "case"

    code: Mapped[str]
    reached_on: Mapped[date]
    by_id: Mapped[UUID]


class Track(CaseRecord):
    """One strand of work with a state and a wall of its own."""

    __tablename__ = "tracks"
    __table_args__ = (UniqueConstraint("case_id", "code"),)
    record: ClassVar[str] = "track"

    class_of_row: Mapped[str] = mapped_column("record_class")
    code: Mapped[str]
    practice: Mapped[int]  # the version of the track's definition that judges it
    pillar: Mapped[str]
    state: Mapped[str]
    since: Mapped[date]
    due_on: Mapped[date | None]
    decided_by: Mapped[UUID | None]
    reason: Mapped[str | None] = sealed(nullable=True)


class PathwayAssignment(CaseRecord):
    """Which pathway somebody decided on, for whom, from when; several may run at once."""

    __tablename__ = "pathway_assignments"
    record: ClassVar[str] = "pathway"
    record_class: ClassVar[str | None] = "plan"

    code: Mapped[str]
    practice: Mapped[int]
    since: Mapped[date]
    until: Mapped[date | None]
    decided_by: Mapped[str]
    decided_on: Mapped[date]
    reason: Mapped[str] = sealed()
