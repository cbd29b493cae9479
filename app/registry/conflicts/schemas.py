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
    of: ClassVar = Interest

    user_id: UUID
    person_id: UUID
    relation: Relation
    reason: str | None
    declared_by: UUID
    ended_at: datetime | None
    ended_by: UUID | None
    end_reason: str | None
