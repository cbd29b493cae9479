"""Messages promised to the outside, committed with the unit of work that caused them."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Row


class Message(Row):
    """Identifiers only: what a message is about is read under the reader's own rights."""

    __tablename__ = "outbox_messages"

    file_id: Mapped[UUID | None]
    topic: Mapped[str]
    body: Mapped[dict[str, Any]]
    sent: Mapped[bool] = mapped_column(default=False)
