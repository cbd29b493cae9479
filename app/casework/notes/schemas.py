from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from app.casework.notes.models import Note
from app.safeguards.guard.shown import Day, In, Out, words

Kind = Literal["social_work", "psychosocial", "therapy", "counselling", "legal"]


class NoteIn(In):
    id: UUID | None = None
    kind: Kind
    occurred_on: Day
    text: Annotated[str, words(1, 20_000)]
    corrects_id: UUID | None = None


class NoteOut(Out):
    of: ClassVar = Note
    order: ClassVar = ("occurred_on", "id")

    kind: Kind
    occurred_on: date
    text: str
    author_id: UUID
    corrects_id: UUID | None
