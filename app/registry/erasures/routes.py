from typing import Annotated
from uuid import UUID

from app.core.paging import Paged
from app.registry.erasures import service
from app.registry.erasures.models import Erasure
from app.registry.erasures.schemas import ErasureAnswerIn, ErasureIn, ErasureOut
from app.safeguards.guard.mark import Mark, Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/erasures", tags=["erasures"])


def OnErasure(action: str) -> Mark:
    return Mark(action, Erasure, "erasure_id", "erasure.read")


@router.get("")
def list_erasures(
    work: Annotated[UnitOfWork, Permit("erasure.read")], page: Paged, person_id: UUID | None = None
) -> Shown[Page[ErasureOut]]:
    """Proposed, done and declined; who was erased shows here alone, by an id."""
    return work.page(ErasureOut, page, person_id=person_id)


@router.post("", status_code=201)
def propose_erasure(
    given: ErasureIn, work: Annotated[UnitOfWork, Permit("erasure.propose")]
) -> Shown[ErasureOut]:
    """Of a person with all their cases. Refused while one is open or under legal hold."""
    return work.show(ErasureOut, service.propose(work, given))


@router.get("/{erasure_id}")
def read_erasure(work: Annotated[UnitOfWork, OnErasure("erasure.read")]) -> Shown[ErasureOut]:
    return work.read(ErasureOut)


@router.post("/{erasure_id}/approve")
def approve_erasure(
    given: ErasureAnswerIn, work: Annotated[UnitOfWork, OnErasure("erasure.approve")]
) -> Shown[ErasureOut]:
    """By somebody of another reporting line. There is no way back."""
    return work.show(ErasureOut, service.approve(work, given.reason))


@router.post("/{erasure_id}/decline")
def decline_erasure(
    given: ErasureAnswerIn, work: Annotated[UnitOfWork, OnErasure("erasure.approve")]
) -> Shown[ErasureOut]:
    return work.show(ErasureOut, service.decline(work, given.reason))
