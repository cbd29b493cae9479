from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, RootModel

from app.casework.assessments import fhir_service
from app.casework.assessments.instrument_schemas import ResourceOut
from app.casework.assessments.schemas import AssessmentOut
from app.registry.cases.on_case import OnCase
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/cases/{case_id}/assessments", tags=["assessments"])


class ResponseIn(RootModel[Annotated[dict[str, Any], Field(max_length=100)]]):
    """A completed QuestionnaireResponse of FHIR R4 (4.0.1).

    `questionnaire` is url and version of a form, `urn:casework:instrument:phq9:self|1`; `authored`
    and `language` are needed; `subject`, if it is there, is the `urn:uuid:` of the case. Why it is
    given again too soon is an extension (`urn:casework:too-soon-reason`, valueString).
    """


@router.post("/fhir", status_code=201)
def take_response(
    given: ResponseIn, work: Annotated[UnitOfWork, OnCase("assessment.submit")]
) -> Shown[AssessmentOut]:
    """Answers that another system asked: submitted, scored and acted on like any others."""
    return work.show(AssessmentOut, fhir_service.taken_in(work, given.root), beside=True)


@router.get("/{assessment_id}/fhir")
def hand_out_assessment(
    assessment_id: UUID, work: Annotated[UnitOfWork, OnCase("assessment.read")]
) -> Shown[ResourceOut]:
    """As a FHIR R4 Bundle: a QuestionnaireResponse, and Observations of what it scores to."""
    return work.tell(ResourceOut, **fhir_service.handed_out(work, assessment_id))
