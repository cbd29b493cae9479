from typing import Annotated
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause

from app.core.paging import Paged
from app.registry.notices import service
from app.registry.notices.schemas import NoticeOut
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/me/notices", tags=["notices"])


@router.get("")
def list_notices(
    work: Annotated[UnitOfWork, Permit("notice.read")], page: Paged, unseen: bool = False
) -> Shown[Page[NoticeOut]]:
    """What you must know of, oldest first."""

    def not_seen(rows: FromClause) -> ColumnElement[bool]:
        return rows.c.seen_at.is_(None)

    return work.page(NoticeOut, page, not_seen if unseen else None)


@router.post("/{notice_id}/seen")
def see_notice(
    notice_id: UUID, work: Annotated[UnitOfWork, Permit("notice.see")]
) -> Shown[NoticeOut]:
    return work.show(NoticeOut, service.see(work, notice_id))
