from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from app.registry.covers.models import Cover
from app.registry.staff.schemas import Reason
from app.safeguards.guard.shown import Day, In, Out

Kind = Literal["absence", "delegation"]


class CoverIn(In):
    """Without `grantor_id`, your own; `until` is its last day."""

    id: UUID | None = None
    grantor_id: UUID | None = None
    holder_id: UUID
    kind: Kind
    since: Day | None = None
    until: Day
    reason: Reason


class CoverAnswerIn(In):
    reason: Reason


class CoverOut(Out):
    of: ClassVar = Cover

    grantor_id: UUID
    holder_id: UUID
    kind: Kind
    role: str
    since: date
    until: date
    status: Literal["proposed", "in_force", "declined", "ended"]
    reason: str
    proposed_by: UUID
    decided_by: UUID | None
    decided_at: datetime | None
    answer: str | None
    ended_by: UUID | None
    ended_at: datetime | None
    end_reason: str | None
