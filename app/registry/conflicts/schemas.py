from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from app.registry.cases.track_schemas import Text
from app.registry.conflicts.models import Interest
from app.safeguards.guard.shown import In, Out

Relation = Literal["kin", "neighbour", "friend", "dispute", "business", "other"]


class InterestIn(In):
    id: UUID | None = None
    person_id: UUID
    relation: Relation
    reason: Text | None = None


class InterestEndIn(In):
    reason: Text


class InterestOut(Out):
    """In force until `ended_at`; who has proposed its end waits for another's word."""

    of: ClassVar = Interest

    user_id: UUID
    person_id: UUID
    relation: Relation
    reason: str | None
    declared_by: UUID
    end_proposed_by: UUID | None
    end_proposed_at: datetime | None
    end_reason: str | None
    ended_at: datetime | None
    ended_by: UUID | None
    end_answer: str | None
