from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.safeguards.vault.sealed import sealed


class Proposal:
    """Of a kind of record that one person proposes and another answers; see `deciding.answer`."""

    status: Mapped[str] = mapped_column(default="proposed")
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    answer: Mapped[str | None] = sealed(nullable=True)
