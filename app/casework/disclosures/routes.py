from dataclasses import replace
from typing import Annotated
from uuid import UUID

from app.casework.disclosures import service
from app.casework.disclosures.extracts import collect
from app.casework.disclosures.schemas import (
    ApprovalIn,
    DenialIn,
    DisclosureIn,
    DisclosureOut,
    ExtractOut,
    InformedIn,
    Status,
)
from app.core.paging import Paged
from app.registry.cases.on_case import OnCase
from app.registry.people.models import Person
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(tags=["disclosures"])
OF_CASE = "/cases/{case_id}/disclosures"
LEDGER = Mark("disclosure.read", Person, "person_id", "person.read")


@router.get(OF_CASE)
def list_disclosures(
    work: Annotated[UnitOfWork, OnCase("disclosure.read")],
    page: Paged,
    status: Status | None = None,
) -> Shown[Page[DisclosureOut]]:
    return work.page(DisclosureOut, page, status=status)


@router.post(OF_CASE, status_code=201)
def propose_disclosure(
    given: DisclosureIn, work: Annotated[UnitOfWork, OnCase("disclosure.propose")]
) -> Shown[DisclosureOut]:
    """Nothing leaves before two people have approved, one of whom checks the law."""
    return work.show(DisclosureOut, service.propose(work, given))


@router.get(OF_CASE + "/{disclosure_id}")
def read_disclosure(
    disclosure_id: UUID, work: Annotated[UnitOfWork, OnCase("disclosure.read")]
) -> Shown[DisclosureOut]:
    return work.read(DisclosureOut, disclosure_id)


@router.post(OF_CASE + "/{disclosure_id}/approve")
def approve_disclosure(
    disclosure_id: UUID,
    given: ApprovalIn,
    work: Annotated[UnitOfWork, OnCase("disclosure.approve")],
) -> Shown[DisclosureOut]:
    """The second approval freezes the extract; later changes of the records do not reach it."""
    return work.show(DisclosureOut, service.approve(work, disclosure_id, given))


@router.post(OF_CASE + "/{disclosure_id}/deny")
def deny_disclosure(
    disclosure_id: UUID,
    given: DenialIn,
    work: Annotated[UnitOfWork, OnCase("disclosure.deny")],
) -> Shown[DisclosureOut]:
    return work.show(DisclosureOut, service.deny(work, disclosure_id, given.reason))


@router.post(OF_CASE + "/{disclosure_id}/inform")
def note_that_person_is_informed(
    disclosure_id: UUID,
    given: InformedIn,
    work: Annotated[UnitOfWork, OnCase("disclosure.inform")],
) -> Shown[DisclosureOut]:
    """Or why not yet, with the day on which this is looked at again."""
    return work.show(DisclosureOut, service.inform(work, disclosure_id, given))


@router.get(OF_CASE + "/{disclosure_id}/extract")
def collect_extract(
    disclosure_id: UUID, work: Annotated[UnitOfWork, OnCase("extract.read")]
) -> Shown[ExtractOut]:
    """For its recipient; what is for somebody outside, for who hands it over. Until its end.

    Who hands it over neither asked nor agreed, and reads such records, or is the data protection
    officer.
    """
    row = collect(work, disclosure_id)
    told = {name: row[name] for name in ExtractOut.model_fields}
    return replace(work.tell(ExtractOut, **told), record_id=row["id"], etag=True)


@router.get("/people/{person_id}/disclosures")
def read_ledger(work: Annotated[UnitOfWork, LEDGER], page: Paged) -> Shown[Page[DisclosureOut]]:
    """All that was asked for and disclosed about a person, over the cases within reach."""
    person_id = work.file_id
    return work.page(DisclosureOut, page, lambda d: d.c.person_id == person_id, anywhere=True)
