"""What the published models say of a resource, and what they leave to value sets."""

import json
from typing import Any
from uuid import UUID

from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.questionnaire import Questionnaire
from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from app.casework.assessments.fhir.assessed import Assessed
from app.casework.assessments.scoring.catalogue import catalogue
from app.casework.assessments.scoring.told import told
from tests.casework.assessments.filling import filled
from tests.making import today

MODELS: dict[str, Any] = {
    "Bundle": Bundle,
    "Observation": Observation,
    "Questionnaire": Questionnaire,
    "QuestionnaireResponse": QuestionnaireResponse,
}
# The value sets that FHIR R4 requires (binding `required`) of these elements.
STATUSES = {
    "Questionnaire": {"draft", "active", "retired", "unknown"},
    "QuestionnaireResponse": {
        *("in-progress", "completed", "amended", "entered-in-error", "stopped"),
    },
    "Observation": {
        *("registered", "preliminary", "final", "amended", "corrected", "cancelled"),
        *("entered-in-error", "unknown"),
    },
}
CASE, ASSESSMENT = UUID(int=7), UUID(int=8)


def judged(resource: dict[str, Any]) -> Any:
    """The model of a resource, which says the same as it."""
    model = MODELS[resource["resourceType"]].model_validate(resource)
    assert json.loads(model.model_dump_json()) == resource
    if statuses := STATUSES.get(resource["resourceType"]):
        assert resource["status"] in statuses
    return model


def assessed(code: str, respondent: str | None = None, **more: Any) -> Assessed:
    """One that was signed, with the lowest answers where none are given."""
    shipped = catalogue().current(code)
    kind = respondent or next(iter(shipped.instrument.respondents))
    answers = more.pop("answers", None)
    if answers is None:
        answers = filled(shipped.instrument, kind)
    facts = more.pop("facts", {})
    result = told(shipped.instrument, shipped.score(answers, kind, facts))
    fields = {
        "id": ASSESSMENT,
        "case_id": CASE,
        "instrument": shipped.instrument,
        "respondent": kind,
        "status": "signed",
        "administered_on": today(),
        "language": "ru",
        "answers": answers,
        "facts": facts,
        "result": dict(result),
    }
    return Assessed(**(fields | more))
