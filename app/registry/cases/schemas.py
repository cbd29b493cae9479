from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from app.registry.cases.models import Case, Milestone, TeamMember, Track
from app.safeguards.guard.shown import Children, In, Out

Text = Annotated[str, Field(min_length=3, max_length=2000)]
Phase = Literal["pre_arrival", "reception", "rehabilitation", "reintegration", "aftercare"]
ClosureReason = Literal[
    "goals_met",
    "declined_further_support",
    "moved_abroad",
    "transferred",
    "deceased",
    "not_eligible",
    "duplicate",
    "lost_contact",
    "re_departed",
]


class CaseIn(In):
    id: UUID | None = None
    person_id: UUID
    programme: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{1,40}$")]
    phase: Phase = "reception"
    lead_worker_id: UUID | None = None
    opened_on: date | None = None


class CaseChange(In):
    lead_worker_id: UUID


class PhaseIn(In):
    to: Phase
    reason: Text


class ClosureIn(In):
    reason: ClosureReason
    outcome: Text


class ReasonIn(In):
    reason: Text


class TrackOut(Out):
    of: ClassVar = Track
    order: ClassVar = ("code",)

    code: str
    pillar: str
    state: str
    since: date
    due_on: date | None


class CaseOut(Out):
    """What a role may not see of the tracks is not in the list."""

    of: ClassVar = Case

    number: str
    person_id: UUID
    programme: str
    status: Literal["open", "closing", "closed"]
    phase: str
    lead_worker_id: UUID
    opened_on: date
    closed_on: date | None
    closure_reason: str | None
    closure_proposed_at: datetime | None
    tracks: Annotated[list[TrackOut], Children("case_id")]


class TeamMemberIn(In):
    id: UUID | None = None
    user_id: UUID
    track: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    part: Annotated[str, Field(min_length=2, max_length=100)]
    since: date | None = None
    until: date | None = None
    reason: Text


class ReleaseIn(In):
    until: date | None = None
    reason: Text


class TeamMemberOut(Out):
    of: ClassVar = TeamMember

    user_id: UUID
    track: str | None
    part: str
    since: date
    until: date | None
    reason: str


class MilestoneIn(In):
    id: UUID | None = None
    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,60}$")]
    reached_on: date | None = None


class MilestoneOut(Out):
    of: ClassVar = Milestone

    code: str
    reached_on: date
    by_id: UUID
