from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.registry.cases.models import CaseRecord
from app.safeguards.vault.sealed import sealed


class Sealing(CaseRecord):
    """One order to seal the case or to unseal it: who asked, on what ground, and who decided."""

    __tablename__ = "sealings"
    record: ClassVar[str] = "sealing"
    record_class: ClassVar[str | None] = "sealing"

    act: Mapped[str]  # seal | unseal
    status: Mapped[str] = mapped_column(default="proposed")  # proposed | done | declined
    ground: Mapped[str]
    authority: Mapped[str] = sealed()  # whose order or decision it is
    reference: Mapped[str] = sealed()
    dated_on: Mapped[date]
    reason: Mapped[str] = sealed()
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    answer: Mapped[str | None] = sealed(nullable=True)  # why so
