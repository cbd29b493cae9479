from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.registry.cases.track_models import (
    Deadline,
    Milestone,
    PathwayAssignment,
    Track,
    TrackMove,
)
from app.registry.pathways.programme import PATHWAYS
from app.safeguards.guard.shown import SPOKEN, Day, In, Out, Summary, words

Text = Annotated[str, words(3, 2000), SPOKEN]
Decider = Annotated[
    str,
    words(2, 200),
    SPOKEN,
    Field(description="who decided: a named person or body; whoever sends this, if left out"),
]
PathwayCode = Literal[PATHWAYS]  # type: ignore[valid-type]


class TrackSummary(Summary):
    """Of mental health: whether the person attends, and not what for."""

    of: ClassVar = Track

    code: str
    pillar: str
    attending: bool | None


class TrackOut(Out):
    of: ClassVar = Track
    summary: ClassVar = TrackSummary
    order: ClassVar = ("code",)

    code: str
    pillar: str
    state: str
    since: date
    due_on: date | None


class TrackIn(In):
    code: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    since: Day | None = None
    reason: Text


class TransitionIn(In):
    to: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,60}$")]
    effective_on: Day | None = None
    reason: Text | None = None
    decided_by: Decider | None = None


class TransitionOut(Out):
    of: ClassVar = TrackMove
    order: ClassVar = ("effective_on", "id")

    track: str
    practice: int
    from_state: str | None
    to_state: str
    effective_on: date
    decided_by: str
    reason: str | None
    author_id: UUID


class MoveOut(BaseModel):
    to: str
    title: str
    reason_needed: bool
    decider_needed: bool
    own_choice: bool
    missing: list[str]


class MovesOut(BaseModel):
    """Where the caller could take a track from here, and which milestones each move misses."""

    state: str
    title: str
    items: list[MoveOut]
    next: None = None


class MilestoneIn(In):
    id: UUID | None = None
    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,60}$")]
    reached_on: Day | None = None


class MilestoneOut(Out):
    of: ClassVar = Milestone

    code: str
    reached_on: date
    by_id: UUID


class PathwayIn(In):
    id: UUID | None = None
    code: PathwayCode
    since: Day | None = None
    decided_on: Day | None = None
    decided_by: Decider
    members: Annotated[
        list[Annotated[str, words(2, 200), SPOKEN]],
        Field(max_length=30, default_factory=list),
    ]
    reason: Text
    act_on: Annotated[
        Day | None, Field(description="day of the alleged act, where the law of age asks")
    ] = None
    grave: Annotated[
        bool, Field(description="the act is among the grave offences that the jurisdiction lists")
    ] = False


class PathwayEndIn(In):
    until: Day | None = None
    reason: Text


class PathwayOut(Out):
    of: ClassVar = PathwayAssignment

    code: str
    practice: int
    since: date
    until: date | None
    act_on: date | None
    grave: bool
    decided_on: date
    decided_by: str
    members: list[str]
    reason: str
    ended_reason: str | None
    author_id: UUID


class SettlementIn(In):
    on: Day | None = None
    note: Text


class DeadlineOut(Out):
    of: ClassVar = Deadline
    order: ClassVar = ("due_at", "id")

    case_id: UUID
    track: str | None
    rule: str
    practice: int
    place: str
    started_at: datetime
    not_before: datetime | None
    due_at: datetime
    status: Literal["running", "met", "ended"]
    settled_on: date | None
