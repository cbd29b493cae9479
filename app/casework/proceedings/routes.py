from typing import Annotated
from uuid import UUID

from app.casework.proceedings import service
from app.casework.proceedings.models import Proceeding
from app.casework.proceedings.schemas import (
    Kind,
    PartyEndIn,
    PartyIn,
    PartyOut,
    ProceedingIn,
    ProceedingMoveIn,
    ProceedingOut,
)
from app.core.paging import Paged
from app.registry.cases.on_case import OnCase
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/cases/{case_id}/proceedings", tags=["proceedings"])


@router.get("")
def list_proceedings(
    work: Annotated[UnitOfWork, OnCase("proceeding.read")], page: Paged, kind: Kind | None = None
) -> Shown[Page[ProceedingOut]]:
    return work.page(ProceedingOut, page, kind=kind)


@router.post("", status_code=201)
def open_proceeding(
    given: ProceedingIn, work: Annotated[UnitOfWork, OnCase("proceeding.open")]
) -> Shown[ProceedingOut]:
    """Of who may have been under age on the day of the act, it is child justice by itself."""
    return work.show(ProceedingOut, service.open_proceeding(work, given))


@router.get("/{proceeding_id}")
def read_proceeding(
    proceeding_id: UUID, work: Annotated[UnitOfWork, OnCase("proceeding.read")]
) -> Shown[ProceedingOut]:
    return work.read(ProceedingOut, proceeding_id)


@router.post("/{proceeding_id}/transitions")
def move_proceeding(
    proceeding_id: UUID,
    given: ProceedingMoveIn,
    work: Annotated[UnitOfWork, OnCase("proceeding.move")],
) -> Shown[ProceedingOut]:
    return work.show(ProceedingOut, service.move(work, proceeding_id, given))


@router.get("/{proceeding_id}/parties")
def list_parties(
    proceeding_id: UUID, work: Annotated[UnitOfWork, OnCase("party.read")], page: Paged
) -> Shown[Page[PartyOut]]:
    work.reachable(Proceeding, proceeding_id)
    return work.page(PartyOut, page, proceeding_id=proceeding_id)


@router.post("/{proceeding_id}/parties", status_code=201)
def enter_party(
    proceeding_id: UUID,
    given: PartyIn,
    work: Annotated[UnitOfWork, OnCase("party.enter")],
) -> Shown[PartyOut]:
    """Opens to them what the proceeding is about, by a mandate that is on record."""
    return work.show(PartyOut, service.enter(work, proceeding_id, given))


@router.get("/{proceeding_id}/parties/{entry_id}")
def read_party(
    proceeding_id: UUID,
    entry_id: UUID,
    work: Annotated[UnitOfWork, OnCase("party.read")],
) -> Shown[PartyOut]:
    service.the_entry(work, proceeding_id, entry_id)
    return work.read(PartyOut, entry_id)


@router.post("/{proceeding_id}/parties/{entry_id}/end")
def end_party(
    proceeding_id: UUID,
    entry_id: UUID,
    given: PartyEndIn,
    work: Annotated[UnitOfWork, OnCase("party.end")],
) -> Shown[PartyOut]:
    return work.show(PartyOut, service.end_entry(work, proceeding_id, entry_id, given.reason))
