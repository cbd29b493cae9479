from typing import Annotated
from uuid import UUID

from app.casework.sealing import service
from app.casework.sealing.schemas import SealIn, SealingAnswerIn, SealingOut, UnsealIn
from app.core.paging import Paged
from app.registry.cases.on_case import OnCase, OnSealedCase
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/cases/{case_id}", tags=["sealing"])


@router.get("/sealings")
def list_sealings(
    work: Annotated[UnitOfWork, OnCase("sealing.read")], page: Paged
) -> Shown[Page[SealingOut]]:
    return work.page(SealingOut, page)


@router.post("/seal", status_code=201)
def propose_seal(
    given: SealIn, work: Annotated[UnitOfWork, OnCase("sealing.propose")]
) -> Shown[SealingOut]:
    """Nothing is closed before somebody of another reporting line approves.

    Keep the id of the case with the order: once sealed, no list and no search finds it.
    """
    return work.show(SealingOut, service.propose(work, "seal", given))


@router.get("/seal/{sealing_id}")
def read_seal(
    sealing_id: UUID, work: Annotated[UnitOfWork, OnCase("sealing.read")]
) -> Shown[SealingOut]:
    return work.read(SealingOut, sealing_id)


@router.post("/seal/{sealing_id}/approve")
def approve_seal(
    sealing_id: UUID,
    given: SealingAnswerIn,
    work: Annotated[UnitOfWork, OnCase("sealing.approve")],
) -> Shown[SealingOut]:
    """The case is closed to everybody from the next request on, to the approver too."""
    return work.show(SealingOut, service.approve(work, "seal", sealing_id, given.reason))


@router.post("/seal/{sealing_id}/decline")
def decline_seal(
    sealing_id: UUID,
    given: SealingAnswerIn,
    work: Annotated[UnitOfWork, OnCase("sealing.approve")],
) -> Shown[SealingOut]:
    return work.show(SealingOut, service.decline(work, "seal", sealing_id, given.reason))


@router.post("/unseal", status_code=201)
def propose_unsealing(
    given: UnsealIn, work: Annotated[UnitOfWork, OnSealedCase("sealing.unseal")]
) -> Shown[SealingOut]:
    """On the order of a court, which the body names."""
    return work.show(SealingOut, service.propose(work, "unseal", given))


@router.get("/unseal/{sealing_id}")
def read_unsealing(
    sealing_id: UUID, work: Annotated[UnitOfWork, OnSealedCase("sealing.unseal")]
) -> Shown[SealingOut]:
    """For who is to answer the proposal: the case itself stays closed."""
    return work.read(SealingOut, sealing_id)


@router.post("/unseal/{sealing_id}/approve")
def approve_unsealing(
    sealing_id: UUID,
    given: SealingAnswerIn,
    work: Annotated[UnitOfWork, OnSealedCase("sealing.unseal")],
) -> Shown[SealingOut]:
    return work.show(SealingOut, service.approve(work, "unseal", sealing_id, given.reason))


@router.post("/unseal/{sealing_id}/decline")
def decline_unsealing(
    sealing_id: UUID,
    given: SealingAnswerIn,
    work: Annotated[UnitOfWork, OnSealedCase("sealing.unseal")],
) -> Shown[SealingOut]:
    return work.show(SealingOut, service.decline(work, "unseal", sealing_id, given.reason))
