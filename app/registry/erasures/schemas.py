from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from app.registry.cases.track_schemas import Text
from app.registry.erasures.models import Erasure
from app.safeguards.guard.shown import Day, In, Out, words

Ground = Literal["retention_expired", "request", "court_order", "unlawful"]


class ErasureIn(In):
    """`authority`, `reference` and `dated_on`: of the paper that it stands on."""

    id: UUID | None = None
    person_id: UUID
    ground: Ground
    authority: Annotated[str, words(2, 200)]
    reference: Annotated[str, words(1, 100)]
    dated_on: Day
    reason: Text


class ErasureAnswerIn(In):
    reason: Text


class ErasureOut(Out):
    """`cases`: how many files of cases went with the person's own, once it is done."""

    of: ClassVar = Erasure

    person_id: UUID
    status: Literal["proposed", "done", "declined"]
    ground: Ground
    authority: str
    reference: str
    dated_on: date
    reason: str
    cases: int | None
    proposed_by: UUID
    decided_by: UUID | None
    decided_at: datetime | None
    answer: str | None
