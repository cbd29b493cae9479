from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.registry.notices.models import Notice
from app.safeguards.guard.shown import Out


class NoticeOut(Out):
    """`topic` is a code; what it is about is read where it is, by who may."""

    of: ClassVar = Notice

    topic: str
    case_id: UUID | None
    about_id: UUID | None
    seen_at: datetime | None
