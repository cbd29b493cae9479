from typing import Annotated
from uuid import UUID

from app.core.paging import Paged
from app.registry.certificates import service
from app.registry.certificates.schemas import (
    CertificateIn,
    CertificateOut,
    CertificateWithdrawalIn,
)
from app.registry.staff.models import User
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/users/{user_id}/certificates", tags=["certificates"])


def OnUser(action: str) -> Mark:
    return Mark(action, User, "user_id", "certificate.read")


@router.get("")
def list_certificates(
    work: Annotated[UnitOfWork, OnUser("certificate.read")], page: Paged
) -> Shown[Page[CertificateOut]]:
    return work.page(CertificateOut, page)


@router.post("", status_code=201)
def record_certificate(
    given: CertificateIn, work: Annotated[UnitOfWork, OnUser("certificate.record")]
) -> Shown[CertificateOut]:
    """By who answers for staff, never by the holder; a renewal is another certificate."""
    return work.show(CertificateOut, service.record(work, given))


@router.get("/{certificate_id}")
def read_certificate(
    certificate_id: UUID, work: Annotated[UnitOfWork, OnUser("certificate.read")]
) -> Shown[CertificateOut]:
    return work.read(CertificateOut, certificate_id)


@router.post("/{certificate_id}/withdraw")
def withdraw_certificate(
    certificate_id: UUID,
    given: CertificateWithdrawalIn,
    work: Annotated[UnitOfWork, OnUser("certificate.withdraw")],
) -> Shown[CertificateOut]:
    """Nothing is done under it from that day on; what was done before stays as it is."""
    return work.show(CertificateOut, service.withdraw(work, certificate_id, given))
