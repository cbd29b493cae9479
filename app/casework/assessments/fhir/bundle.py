"""An assessment as a FHIR R4 Bundle: the answers, and what they score to."""

from uuid import UUID

from app.casework.assessments.fhir.assessed import Assessed
from app.casework.assessments.fhir.naming import Resource, urn
from app.casework.assessments.fhir.observations import observations
from app.casework.assessments.fhir.response import questionnaire_response


def bundle(given: Assessed) -> Resource:
    resources = [questionnaire_response(given), *observations(given)]
    entries = [{"fullUrl": urn(UUID(one["id"])), "resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}
