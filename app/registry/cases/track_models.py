"""The strands of work on a case: pathways, tracks and their moves, milestones, deadlines."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.registry.cases.models import OF_THE_TEAM, CaseRecord
from app.safeguards.vault.sealed import sealed


class Milestone(CaseRecord):
    """A fact without content that gates read: that it was reached, when, and who said so."""

    __tablename__ = "milestones"
    __table_args__ = OF_THE_TEAM
    record: ClassVar[str] = "milestone"

    class_of_row: Mapped[str] = mapped_column("record_class")
    code: Mapped[str]
    reached_on: Mapped[date]
    by_id: Mapped[UUID]


class Track(CaseRecord):
    """One strand of work with a state and a wall of its own."""

    __tablename__ = "tracks"
    __table_args__ = (UniqueConstraint("case_id", "code"), OF_THE_TEAM)
    record: ClassVar[str] = "track"

    class_of_row: Mapped[str] = mapped_column("record_class")
    code: Mapped[str]
    practice: Mapped[int]  # the version of the track's definition that judges it
    pillar: Mapped[str]
    state: Mapped[str]
    since: Mapped[date]
    due_on: Mapped[date | None]  # of the first deadline that is still running
    attending: Mapped[bool | None]  # what a summary says of the state


class TrackMove(CaseRecord):
    """One move of a track from state to state: who decided, who recorded, from when, why."""

    __tablename__ = "track_moves"
    record: ClassVar[str] = "transition"

    class_of_row: Mapped[str] = mapped_column("record_class")
    track: Mapped[str]
    practice: Mapped[int]
    from_state: Mapped[str | None]  # null: the track was opened
    to_state: Mapped[str]
    effective_on: Mapped[date]
    decided_by: Mapped[str] = sealed()
    reason: Mapped[str | None] = sealed(nullable=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))


class PathwayAssignment(CaseRecord):
    """Which pathway a body decided on for a person, from when; several may run at once."""

    __tablename__ = "pathway_assignments"
    record: ClassVar[str] = "pathway"
    record_class: ClassVar[str | None] = "pathway"

    code: Mapped[str]
    practice: Mapped[int]
    since: Mapped[date]
    until: Mapped[date | None]
    act_on: Mapped[date | None]  # the day of the alleged act, by which the law of age judges
    grave: Mapped[bool] = mapped_column(default=False)
    decided_on: Mapped[date]
    decided_by: Mapped[str] = sealed()
    members: Mapped[list[str]] = sealed()
    reason: Mapped[str] = sealed()
    ended_reason: Mapped[str | None] = sealed(nullable=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))


class Deadline(CaseRecord):
    """A timer that runs for this case, with the rule and version by which it was computed."""

    __tablename__ = "deadlines"
    __table_args__ = (Index("ix_deadlines_due_at", "due_at"), OF_THE_TEAM)
    record: ClassVar[str] = "deadline"

    class_of_row: Mapped[str] = mapped_column("record_class")
    track: Mapped[str | None]
    rule: Mapped[str]
    practice: Mapped[int]
    place: Mapped[str]  # jurisdiction and version whose calendar and law it follows
    started_at: Mapped[datetime]
    not_before: Mapped[datetime | None]
    due_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default="running")  # running | met | ended
    settled_on: Mapped[date | None]
    settled_note: Mapped[Any] = sealed(nullable=True)
