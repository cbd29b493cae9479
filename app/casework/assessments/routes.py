from typing import Annotated
from uuid import UUID

from fastapi import Header

from app.casework.assessments import service, trending
from app.casework.assessments.schemas import (
    AmendmentIn,
    AssessmentChange,
    AssessmentIn,
    AssessmentOut,
    Given,
    Respondent,
    Status,
    TrendOut,
    TrendPicture,
    VoidIn,
)
from app.casework.assessments.scoring.catalogue import catalogue
from app.core.paging import Paged
from app.registry.cases.on_case import OnCase
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/cases/{case_id}/assessments", tags=["assessments"])


@router.get("")
def list_assessments(
    work: Annotated[UnitOfWork, OnCase("assessment.read")],
    page: Paged,
    instrument: Given | None = None,
    respondent: Respondent | None = None,
    status: Status | None = None,
) -> Shown[Page[AssessmentOut]]:
    """`instrument`: of a module (`cfm`) all of its forms."""
    module = instrument if instrument in catalogue().modules else None
    return work.page(
        AssessmentOut,
        page,
        form_of=module,
        instrument=None if module else instrument,
        respondent=respondent,
        status=status,
    )


@router.post("", status_code=201)
def add_assessment(
    given: AssessmentIn, work: Annotated[UnitOfWork, OnCase("assessment.submit")]
) -> Shown[AssessmentOut]:
    """Scored by the server; what is critical becomes an alert without content at once."""
    return work.show(AssessmentOut, service.add(work, given))


@router.get("/trend")
def read_trend(
    work: Annotated[UnitOfWork, OnCase("assessment.read")],
    instrument: Given,
    respondent: Respondent | None = None,
) -> Shown[TrendOut]:
    """Of what stands: neither drafts, nor what was amended or voided.

    Of a module all of its forms, none of which is compared to another.
    """
    return work.tell(TrendOut, **trending.told(work, instrument, respondent))


@router.get("/trend.svg")
def draw_trend(
    work: Annotated[UnitOfWork, OnCase("assessment.read")],
    instrument: Given,
    respondent: Respondent | None = None,
    accept_language: Annotated[str | None, Header()] = None,
) -> Shown[TrendPicture]:
    """Of one respondent and form: of who is named, or else who answered last."""
    drawn = trending.drawn(work, instrument, respondent, accept_language)
    return Shown(drawn.encode())


@router.get("/{assessment_id}")
def read_assessment(
    assessment_id: UUID, work: Annotated[UnitOfWork, OnCase("assessment.read")]
) -> Shown[AssessmentOut]:
    return work.read(AssessmentOut, assessment_id)


@router.patch("/{assessment_id}")
def resume_assessment(
    assessment_id: UUID,
    given: AssessmentChange,
    work: Annotated[UnitOfWork, OnCase("assessment.resume")],
) -> Shown[AssessmentOut]:
    """A draft, by its author, item by item."""
    return work.show(AssessmentOut, service.resume(work, assessment_id, given))


@router.post("/{assessment_id}/submit")
def submit_assessment(
    assessment_id: UUID, work: Annotated[UnitOfWork, OnCase("assessment.submit")]
) -> Shown[AssessmentOut]:
    return work.show(AssessmentOut, service.submit(work, assessment_id))


@router.post("/{assessment_id}/sign")
def sign_assessment(
    assessment_id: UUID, work: Annotated[UnitOfWork, OnCase("assessment.sign")]
) -> Shown[AssessmentOut]:
    return work.show(AssessmentOut, service.sign(work, assessment_id))


@router.post("/{assessment_id}/amend", status_code=201)
def amend_assessment(
    assessment_id: UUID,
    given: AmendmentIn,
    work: Annotated[UnitOfWork, OnCase("assessment.amend")],
) -> Shown[AssessmentOut]:
    """Answers with the new one, which says what it amends; the old one says by what."""
    return work.show(AssessmentOut, service.amend(work, assessment_id, given), beside=True)


@router.post("/{assessment_id}/void")
def void_assessment(
    assessment_id: UUID,
    given: VoidIn,
    work: Annotated[UnitOfWork, OnCase("assessment.void")],
) -> Shown[AssessmentOut]:
    return work.show(AssessmentOut, service.void(work, assessment_id, given.reason))
