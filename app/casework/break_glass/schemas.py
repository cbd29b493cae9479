from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from app.casework.break_glass.models import BrokenGlass
from app.casework.break_glass.rules import LONGEST, USUAL
from app.registry.cases.track_schemas import Text
from app.safeguards.guard.shown import COUNTED, In, Out

Reason = Literal[
    "danger_to_life",
    "risk_of_suicide",
    "medical_emergency",
    "child_in_danger",
    "threat_of_violence",
    "person_missing",
]
Verdict = Literal["justified", "unjustified"]


class BreakGlassIn(In):
    id: UUID | None = None
    record_class: Annotated[str, Field(pattern=r"^[a-z_]{2,40}$")]
    reason_code: Reason
    text: Text
    minutes: Annotated[int, Field(ge=1, le=LONGEST), COUNTED] = USUAL


class ReviewIn(In):
    verdict: Verdict
    text: Text


class BreakGlassOut(Out):
    of: ClassVar = BrokenGlass
    order: ClassVar = ("review_due_at", "id")

    case_id: UUID
    author_id: UUID
    opened_class: str
    reason_code: Reason
    text: str
    until: datetime
    ended_at: datetime | None
    review_due_at: datetime
    reviewed_by: UUID | None
    reviewed_at: datetime | None
    verdict: Verdict | None
    review: str | None
