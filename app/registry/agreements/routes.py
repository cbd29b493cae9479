from typing import Annotated
from uuid import UUID

from app.core.paging import Paged
from app.registry.agreements import service
from app.registry.agreements.models import Agreement
from app.registry.agreements.schemas import AgreementAnswerIn, AgreementIn, AgreementOut
from app.safeguards.guard.mark import Mark, Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/agreements", tags=["agreements"])


def OnAgreement(action: str) -> Mark:
    return Mark(action, Agreement, "agreement_id", "agreement.read")


@router.get("")
def list_agreements(
    work: Annotated[UnitOfWork, Permit("agreement.read")],
    page: Paged,
    client_id: UUID | None = None,
) -> Shown[Page[AgreementOut]]:
    return work.page(AgreementOut, page, client_id=client_id)


@router.post("", status_code=201)
def propose_agreement(
    given: AgreementIn, work: Annotated[UnitOfWork, Permit("agreement.propose")]
) -> Shown[AgreementOut]:
    return work.show(AgreementOut, service.propose(work, given))


@router.get("/{agreement_id}")
def read_agreement(
    work: Annotated[UnitOfWork, OnAgreement("agreement.read")],
) -> Shown[AgreementOut]:
    return work.read(AgreementOut)


@router.post("/{agreement_id}/approve")
def approve_agreement(
    given: AgreementAnswerIn, work: Annotated[UnitOfWork, OnAgreement("agreement.approve")]
) -> Shown[AgreementOut]:
    return work.show(AgreementOut, service.answer(work, "in_force", given.reason))


@router.post("/{agreement_id}/decline")
def decline_agreement(
    given: AgreementAnswerIn, work: Annotated[UnitOfWork, OnAgreement("agreement.approve")]
) -> Shown[AgreementOut]:
    return work.show(AgreementOut, service.answer(work, "declined", given.reason))


@router.post("/{agreement_id}/end")
def end_agreement(
    given: AgreementAnswerIn, work: Annotated[UnitOfWork, OnAgreement("agreement.end")]
) -> Shown[AgreementOut]:
    """From the next request on nothing is shown under it."""
    return work.show(AgreementOut, service.end(work, given.reason))
