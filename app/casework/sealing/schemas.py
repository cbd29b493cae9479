from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from app.casework.sealing.models import Sealing
from app.registry.cases.track_schemas import Text
from app.safeguards.guard.shown import Day, In, Out, words

Ground = Literal["juvenile_justice", "expungement", "court_order", "protection"]


class Document(In):
    """The paper that the step stands on."""

    authority: Annotated[str, words(2, 200)]
    reference: Annotated[str, words(1, 100)]
    dated_on: Day


class SealIn(Document):
    id: UUID | None = None
    ground: Ground
    reason: Text


class UnsealIn(Document):
    """`authority` is the court, `reference` the number of its order."""

    id: UUID | None = None
    reason: Text


class SealingAnswerIn(In):
    reason: Text


class SealingOut(Out):
    of: ClassVar = Sealing

    case_id: UUID
    act: Literal["seal", "unseal"]
    status: Literal["proposed", "done", "declined"]
    ground: Ground
    authority: str
    reference: str
    dated_on: date
    reason: str
    proposed_by: UUID
    decided_by: UUID | None
    decided_at: datetime | None
    answer: str | None
