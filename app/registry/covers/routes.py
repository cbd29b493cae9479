from typing import Annotated
from uuid import UUID

from app.core.paging import Paged
from app.registry.covers import service
from app.registry.covers.models import Cover
from app.registry.covers.schemas import CoverAnswerIn, CoverIn, CoverOut
from app.safeguards.guard.mark import Mark, Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/covers", tags=["covers"])


def OnCover(action: str) -> Mark:
    return Mark(action, Cover, "cover_id", "cover.read")


@router.get("")
def list_covers(
    work: Annotated[UnitOfWork, Permit("cover.read")],
    page: Paged,
    grantor_id: UUID | None = None,
    holder_id: UUID | None = None,
) -> Shown[Page[CoverOut]]:
    return work.page(CoverOut, page, grantor_id=grantor_id, holder_id=holder_id)


@router.post("", status_code=201)
def propose_cover(
    given: CoverIn, work: Annotated[UnitOfWork, Permit("cover.propose")]
) -> Shown[CoverOut]:
    """A colleague of the same role stands in on the grantor's own cases, for 30 days at most.

    What the grantor loses meanwhile, the holder loses too; nothing is handed on a second time.
    """
    return work.show(CoverOut, service.propose(work, given))


@router.get("/{cover_id}")
def read_cover(work: Annotated[UnitOfWork, OnCover("cover.read")]) -> Shown[CoverOut]:
    return work.read(CoverOut)


@router.post("/{cover_id}/approve")
def approve_cover(
    given: CoverAnswerIn, work: Annotated[UnitOfWork, OnCover("cover.approve")]
) -> Shown[CoverOut]:
    return work.show(CoverOut, service.answer(work, "in_force", given.reason))


@router.post("/{cover_id}/decline")
def decline_cover(
    given: CoverAnswerIn, work: Annotated[UnitOfWork, OnCover("cover.approve")]
) -> Shown[CoverOut]:
    return work.show(CoverOut, service.answer(work, "declined", given.reason))


@router.post("/{cover_id}/end")
def end_cover(
    given: CoverAnswerIn, work: Annotated[UnitOfWork, OnCover("cover.end")]
) -> Shown[CoverOut]:
    return work.show(CoverOut, service.end(work, given.reason))
