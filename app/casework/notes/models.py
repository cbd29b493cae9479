from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.registry.cases.models import CaseRecord
from app.safeguards.vault.sealed import sealed


class Note(CaseRecord):
    """Never edited: a correction is another note that points at this one."""

    __tablename__ = "notes"
    record: ClassVar[str] = "note"

    class_of_row: Mapped[str] = mapped_column("record_class")
    kind: Mapped[str]
    occurred_on: Mapped[date]
    text: Mapped[str] = sealed()
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("notes.id"))
