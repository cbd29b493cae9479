from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.registry.notices.models import Notice
from app.safeguards.guard.shown import Out


class NoticeOut(Out):
    """`topic` is a code; what it is about is read where it is, by who may.

    Of readings (`reading.…`) `about_id` is who read; `count` how often from `first_at` to
    `last_at`, or in bulk how many files.
    """

    of: ClassVar = Notice

    topic: str
    case_id: UUID | None
    about_id: UUID | None
    seen_at: datetime | None
    count: int | None
    first_at: datetime | None
    last_at: datetime | None
