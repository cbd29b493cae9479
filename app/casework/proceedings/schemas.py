from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import StrictBool

from app.casework.proceedings.models import Party, Proceeding
from app.registry.cases.track_schemas import Text
from app.safeguards.guard.shown import Day, In, Out, words

Kind = Literal["criminal", "child_justice", "civil", "administrative"]
State = Literal["open", "suspended", "appealed", "closed"]
Line = Annotated[str, words(2, 200)]


class ProceedingIn(In):
    id: UUID | None = None
    kind: Kind
    authority: Line
    reference: Line
    opened_on: Day | None = None


class ProceedingMoveIn(In):
    """`outcome`: needed to close it."""

    to: State
    outcome: Text | None = None


class ProceedingOut(Out):
    of: ClassVar = Proceeding

    case_id: UUID
    kind: Kind
    state: State
    authority: str
    reference: str
    opened_on: date
    closed_on: date | None
    outcome: str | None
    author_id: UUID


class PartyIn(In):
    """`until`: every mandate has an end from the start; a longer one is entered anew.

    `juvenile`: the mandate says that this prosecutor is specialised in child justice.
    """

    id: UUID | None = None
    user_id: UUID
    mandate: Line
    mandate_dated_on: Day
    juvenile: StrictBool = False
    since: Day | None = None
    until: Day


class PartyEndIn(In):
    reason: Text


class PartyOut(Out):
    of: ClassVar = Party

    case_id: UUID
    proceeding_id: UUID
    user_id: UUID
    role: str
    juvenile: bool
    mandate: str
    mandate_dated_on: date
    since: date
    until: date
    ended_reason: str | None
    author_id: UUID
