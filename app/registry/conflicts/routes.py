from typing import Annotated
from uuid import UUID

from app.core.paging import Paged
from app.registry.conflicts import service
from app.registry.conflicts.schemas import InterestEndIn, InterestIn, InterestOut
from app.registry.staff.models import User
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/users/{user_id}/conflicts", tags=["conflicts of interest"])


def OnUser(action: str) -> Mark:
    return Mark(action, User, "user_id", "interest.read")


@router.get("")
def list_interests(
    work: Annotated[UnitOfWork, OnUser("interest.read")], page: Paged
) -> Shown[Page[InterestOut]]:
    return work.page(InterestOut, page)


@router.post("", status_code=201)
def declare_interest(
    given: InterestIn, work: Annotated[UnitOfWork, OnUser("interest.declare")]
) -> Shown[InterestOut]:
    """By the member of staff, or by who leads them; it holds from the next request on.

    What others declared is not shown to the one concerned.
    """
    return work.show(InterestOut, service.declare(work, given))


@router.get("/{interest_id}")
def read_interest(
    interest_id: UUID, work: Annotated[UnitOfWork, OnUser("interest.read")]
) -> Shown[InterestOut]:
    return work.read(InterestOut, interest_id)


@router.post("/{interest_id}/end")
def end_interest(
    interest_id: UUID,
    given: InterestEndIn,
    work: Annotated[UnitOfWork, OnUser("interest.end")],
) -> Shown[InterestOut]:
    """Proposes it, by who leads or the data protection officer; never by the one concerned."""
    return work.show(InterestOut, service.propose_end(work, interest_id, given.reason))


@router.post("/{interest_id}/end/approve")
def approve_end(
    interest_id: UUID,
    given: InterestEndIn,
    work: Annotated[UnitOfWork, OnUser("interest.end")],
) -> Shown[InterestOut]:
    """By another one of them; the files are open again from the next request on."""
    return work.show(InterestOut, service.end(work, interest_id, given.reason))


@router.post("/{interest_id}/end/decline")
def decline_end(
    interest_id: UUID,
    given: InterestEndIn,
    work: Annotated[UnitOfWork, OnUser("interest.end")],
) -> Shown[InterestOut]:
    """It goes on as before."""
    return work.show(InterestOut, service.decline_end(work, interest_id, given.reason))
