from typing import Annotated
from uuid import UUID

from app.casework.consents import service
from app.casework.consents.schemas import ConsentIn, ConsentOut, Scope, WithdrawalIn
from app.core.paging import Paged
from app.registry.cases.on_case import OnCase
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/cases/{case_id}/consents", tags=["consents"])


@router.get("")
def list_consents(
    work: Annotated[UnitOfWork, OnCase("consent.read")], page: Paged, scope: Scope | None = None
) -> Shown[Page[ConsentOut]]:
    return work.page(ConsentOut, page, scope=scope)


@router.post("", status_code=201)
def record_consent(
    given: ConsentIn, work: Annotated[UnitOfWork, OnCase("consent.record")]
) -> Shown[ConsentOut]:
    """Who may give it follows from the age and from the law of the jurisdiction."""
    return work.show(ConsentOut, service.record(work, given))


@router.get("/{consent_id}")
def read_consent(
    consent_id: UUID, work: Annotated[UnitOfWork, OnCase("consent.read")]
) -> Shown[ConsentOut]:
    return work.read(ConsentOut, consent_id)


@router.post("/{consent_id}/withdraw")
def withdraw_consent(
    consent_id: UUID,
    given: WithdrawalIn,
    work: Annotated[UnitOfWork, OnCase("consent.withdraw")],
) -> Shown[ConsentOut]:
    """From the next request on nothing is shown by it."""
    return work.show(ConsentOut, service.withdraw(work, consent_id, given))
