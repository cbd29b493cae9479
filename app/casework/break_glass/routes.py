from typing import Annotated
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause

from app.casework.break_glass import service
from app.casework.break_glass.schemas import BreakGlassIn, BreakGlassOut, ReviewIn
from app.core.paging import Paged
from app.registry.cases.on_case import OnCase
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(tags=["break-glass"])


@router.get("/break-glass")
def list_break_glass(
    work: Annotated[UnitOfWork, Permit("break_glass.read")], page: Paged, unreviewed: bool = False
) -> Shown[Page[BreakGlassOut]]:
    """Your own, or all that you review; first due first."""

    def waits(rows: FromClause) -> ColumnElement[bool]:
        return rows.c.reviewed_at.is_(None)

    return work.page(BreakGlassOut, page, waits if unreviewed else None)


@router.post("/cases/{case_id}/break-glass", status_code=201)
def break_glass(
    given: BreakGlassIn, work: Annotated[UnitOfWork, OnCase("glass.open")]
) -> Shown[BreakGlassOut]:
    """For life and safety: one class of this case, to read, for 60 minutes or at most 240.

    Needs a sign-in of the last 5 minutes. Those responsible are told at once, and somebody outside
    of your line reviews it within 72 hours; until then a late review suspends you from the next.
    One at a time, and 240 minutes in all until a review; what you end early is not counted.
    """
    return work.show(BreakGlassOut, service.break_glass(work, given))


@router.get("/cases/{case_id}/break-glass")
def list_break_glass_of_case(
    work: Annotated[UnitOfWork, OnCase("break_glass.read")], page: Paged
) -> Shown[Page[BreakGlassOut]]:
    return work.page(BreakGlassOut, page)


@router.get("/cases/{case_id}/break-glass/{glass_id}")
def read_break_glass(
    glass_id: UUID, work: Annotated[UnitOfWork, OnCase("break_glass.read")]
) -> Shown[BreakGlassOut]:
    return work.read(BreakGlassOut, glass_id)


@router.post("/cases/{case_id}/break-glass/{glass_id}/end")
def end_break_glass(
    glass_id: UUID, work: Annotated[UnitOfWork, OnCase("glass.open")]
) -> Shown[BreakGlassOut]:
    return work.show(BreakGlassOut, service.end(work, glass_id))


@router.post("/cases/{case_id}/break-glass/{glass_id}/review")
def review_break_glass(
    glass_id: UUID,
    given: ReviewIn,
    work: Annotated[UnitOfWork, OnCase("break_glass.review")],
) -> Shown[BreakGlassOut]:
    return work.show(BreakGlassOut, service.review(work, glass_id, given))
