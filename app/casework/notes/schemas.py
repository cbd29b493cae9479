from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from app.casework.notes.models import Note
from app.safeguards.guard.shown import Day, In, Out, Summary, words

Kind = Literal["social_work", "psychosocial", "therapy", "counselling", "legal"]


class NoteIn(In):
    id: UUID | None = None
    kind: Kind
    occurred_on: Day
    text: Annotated[str, words(1, 20_000)]
    corrects_id: UUID | None = None


class NoteSummary(Summary):
    """That there is a note, and when: not by whom, and no word of it."""

    of: ClassVar = Note
    order: ClassVar = ("occurred_on", "id")

    kind: Kind
    occurred_on: date
    created_at: datetime


class NoteOut(Out):
    of: ClassVar = Note
    order: ClassVar = ("occurred_on", "id")
    summary: ClassVar = NoteSummary

    kind: Kind
    occurred_on: date
    text: str
    author_id: UUID
    corrects_id: UUID | None
