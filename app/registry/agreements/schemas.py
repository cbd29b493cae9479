from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from app.registry.agreements.models import Agreement
from app.registry.cases.track_schemas import Text
from app.safeguards.guard.shown import COUNTED, Day, In, Out, words

Direction = Literal["out", "in", "both"]
Name = Annotated[str, Field(pattern=r"^[a-z_]{2,40}$")]


class AgreementIn(In):
    """Onward transfer by the recipient is forbidden in every agreement.

    `fields`: class → the fields of it that flow. Of a class that it does not name, all flow that a
    partner is shown of it as this is proposed; they are listed in the answer.
    """

    id: UUID | None = None
    client_id: UUID
    party: Annotated[str, words(2, 200)]
    purpose: Text
    legal_basis: Text
    direction: Direction
    classes: Annotated[list[Name], Field(min_length=1, max_length=20)]
    fields: dict[Name, Annotated[list[Name], Field(min_length=1, max_length=50)]] = Field(
        default_factory=dict
    )
    retention_days: Annotated[int, Field(ge=1, le=36_500), COUNTED]
    contact: Annotated[str, words(2, 200)]
    since: Day
    until: Day
    review_on: Day


class AgreementAnswerIn(In):
    reason: Text


class AgreementOut(Out):
    of: ClassVar = Agreement

    client_id: UUID
    party: str
    purpose: str
    legal_basis: str
    direction: Direction
    classes: list[str]
    fields: dict[str, list[str]]
    retention_days: int
    contact: str
    status: Literal["proposed", "in_force", "declined", "ended"]
    since: date
    until: date
    review_on: date
    proposed_by: UUID
    decided_by: UUID | None
    decided_at: datetime | None
    answer: str | None
    ended_on: date | None
