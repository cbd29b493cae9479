from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from app.registry.cases.models import Case, Decision, TeamMember
from app.registry.cases.track_schemas import Decider, Text, TrackOut, TrackSummary
from app.safeguards.guard.shown import Children, Day, In, Kept, Out, words

Phase = Annotated[str, Field(pattern=r"^[a-z_]{3,40}$", description="of phases.v1.toml")]
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
Need = Literal["low", "medium", "high"]
Retention = Literal["adult", "child", "relative", "legal_hold"]


class CaseIn(In):
    id: UUID | None = None
    person_id: UUID
    programme: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{1,40}$")]
    phase: Phase = "reception"
    lead_worker_id: UUID | None = None
    opened_on: Day | None = None
    arrived_on: Day | None = None
    returnee: Annotated[
        bool, Field(description="false for relatives who never left: no track opens by itself")
    ] = True


class CaseChange(In):
    """Whom to hand the case over to, or another level of need."""

    lead_worker_id: Annotated[UUID | None, Kept()] = None
    need_level: Need | None = None
    reason: Text | None = None


class PhaseIn(In):
    to: Phase
    reason: Text | None = None
    decided_by: Decider | None = None


class ExceptionIn(In):
    """Why an item of the checklist is not met; only some items take a reason instead."""

    item: Annotated[str, Field(pattern=r"^[a-z_]{3,60}$")]
    reason: Text


class ClosureIn(In):
    reason: ClosureReason
    outcome: Text
    decided_by: Decider | None = None
    retention_class: Retention | None = None
    exceptions: Annotated[list[ExceptionIn], Field(max_length=20, default_factory=list)]


class ClosureAnswerIn(In):
    reason: Text


class ReopenIn(In):
    reason: Text
    decided_by: Decider | None = None


class CaseOut(Out):
    """What a role may not see of the tracks is not in the list."""

    of: ClassVar = Case

    number: str
    person_id: UUID
    programme: str
    status: Literal["open", "closed"]
    phase: str
    need_level: Need | None
    lead_worker_id: UUID
    unit_id: UUID
    operation_id: UUID | None
    opened_on: date
    closed_on: date | None
    closure_reason: str | None
    closure_proposed_by: UUID | None
    closure_proposed_at: datetime | None
    tracks: Annotated[list[TrackOut | TrackSummary], Children("case_id")]


class DecisionOut(Out):
    of: ClassVar = Decision

    about: Literal["phase", "closure-proposal", "closure", "closure-refusal", "reopening", "lead"]
    value: str
    decided_on: date
    decided_by: str
    reason: str | None
    author_id: UUID


class TeamMemberIn(In):
    id: UUID | None = None
    user_id: UUID
    track: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    part: Annotated[str, words(2, 100)]
    since: Day | None = None
    until: Day | None = None
    reason: Text


class ReleaseIn(In):
    until: Day | None = None
    reason: Text


class TeamMemberOut(Out):
    """`part` and `reason` are null for who may not read the plan."""

    of: ClassVar = TeamMember

    user_id: UUID
    role: str
    track: str | None
    part: str | None
    since: date
    until: date | None
    reason: str | None
