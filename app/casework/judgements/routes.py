from typing import Annotated
from uuid import UUID

from app.casework.judgements import service
from app.casework.judgements.schemas import (
    ConsensusIn,
    JudgementChange,
    JudgementIn,
    JudgementOut,
    SecondReadingIn,
    StatementIn,
    VoidIn,
)
from app.core.paging import Paged
from app.registry.cases.on_case import OnCase
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/cases/{case_id}/judgements", tags=["judgements"])


@router.get("")
def list_judgements(
    work: Annotated[UnitOfWork, OnCase("judgement.read")], page: Paged
) -> Shown[Page[JudgementOut]]:
    return work.page(JudgementOut, page)


@router.post("", status_code=201)
def draft_judgement(
    given: JudgementIn, work: Annotated[UnitOfWork, OnCase("judgement.draft")]
) -> Shown[JudgementOut]:
    """The assessor's own until it is submitted. No tool that ships is for children."""
    return work.show(JudgementOut, service.draft(work, given))


@router.get("/{judgement_id}")
def read_judgement(
    judgement_id: UUID, work: Annotated[UnitOfWork, OnCase("judgement.read")]
) -> Shown[JudgementOut]:
    return work.read(JudgementOut, judgement_id)


@router.patch("/{judgement_id}")
def change_judgement(
    judgement_id: UUID,
    given: JudgementChange,
    work: Annotated[UnitOfWork, OnCase("judgement.change")],
) -> Shown[JudgementOut]:
    """A draft alone: nothing is edited that was submitted."""
    return work.show(JudgementOut, service.change(work, judgement_id, given))


@router.post("/{judgement_id}/submit")
def submit_judgement(
    judgement_id: UUID, work: Annotated[UnitOfWork, OnCase("judgement.submit")]
) -> Shown[JudgementOut]:
    """Takes a certificate for the tool that covers the day of the assessment, and today."""
    return work.show(JudgementOut, service.submit(work, judgement_id))


@router.post("/{judgement_id}/second-reading")
def second_judgement(
    judgement_id: UUID,
    given: SecondReadingIn,
    work: Annotated[UnitOfWork, OnCase("judgement.second")],
) -> Shown[JudgementOut]:
    """By another who is certified. Until a dissent is settled the tier is `unknown`."""
    return work.show(JudgementOut, service.second(work, judgement_id, given))


@router.post("/{judgement_id}/consensus")
def settle_judgement(
    judgement_id: UUID,
    given: ConsensusIn,
    work: Annotated[UnitOfWork, OnCase("judgement.settle")],
) -> Shown[JudgementOut]:
    return work.show(JudgementOut, service.settle(work, judgement_id, given.text))


@router.post("/{judgement_id}/statements")
def add_statement(
    judgement_id: UUID,
    given: StatementIn,
    work: Annotated[UnitOfWork, OnCase("judgement.state")],
) -> Shown[JudgementOut]:
    """The person's own words, added to what is there."""
    return work.show(JudgementOut, service.add_statement(work, judgement_id, given.text))


@router.post("/{judgement_id}/void")
def void_judgement(
    judgement_id: UUID,
    given: VoidIn,
    work: Annotated[UnitOfWork, OnCase("judgement.void")],
) -> Shown[JudgementOut]:
    return work.show(JudgementOut, service.void(work, judgement_id, given.reason))
