from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from app.casework.notes.models import Note
from app.safeguards.guard.shown import In, Out

Kind = Literal["social_work", "psychosocial", "therapy", "counselling", "legal"]


class NoteIn(In):
    id: UUID | None = None
    kind: Kind
    occurred_on: date
    text: Annotated[str, Field(min_length=1, max_length=20_000)]
    corrects_id: UUID | None = None


class NoteOut(Out):
    of: ClassVar = Note
    order: ClassVar = ("occurred_on", "id")

    kind: Kind
    occurred_on: date
    text: str
    author_id: UUID
    corrects_id: UUID | None
