from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from app.casework.supervision.models import Condition
from app.registry.cases.track_schemas import Text
from app.safeguards.guard.shown import Day, In, Out, words

Kind = Literal[
    "reporting",
    "residence",
    "curfew",
    "no_travel",
    "no_contact",
    "monitoring",
    "programme",
    "community_work",
    "other",
]


class ConditionIn(In):
    id: UUID | None = None
    kind: Kind
    authority: Annotated[str, words(2, 200)]
    text: Text
    since: Day | None = None
    until: Day | None = None
    officer_id: UUID | None = None


class OfficerIn(In):
    officer_id: UUID


class ConditionEndIn(In):
    reason: Text


class ConditionOut(Out):
    of: ClassVar = Condition

    case_id: UUID
    kind: Kind
    authority: str
    text: str
    since: date
    until: date | None
    officer_id: UUID | None
    ended_reason: str | None
    author_id: UUID
