"""What is done with assessments for systems that speak FHIR: handed out, and taken in."""

from typing import Any
from uuid import UUID

from pydantic import ValidationError

from app.casework.assessments import service
from app.casework.assessments.fhir.assessed import Assessed
from app.casework.assessments.fhir.bundle import bundle
from app.casework.assessments.fhir.naming import Resource
from app.casework.assessments.fhir.response import Reply, ResponseRefused, read_response
from app.casework.assessments.models import Assessment
from app.casework.assessments.schemas import AssessmentIn
from app.casework.assessments.scoring.catalogue import catalogue
from app.casework.assessments.scoring.instrument import Instrument
from app.core.errors import FieldFault, Invalid, invalid
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

# Where in a response stands what an assessment takes elsewhere.
MOST = 100  # items of a response
PLACES = {
    "administered_on": "/authored",
    "answers": "/item",
    "facts": "/item",
    "language": "/language",
    "too_soon_reason": "/extension",
}


def handed_out(work: UnitOfWork, assessment_id: UUID) -> Resource:
    """A Bundle of the answers and what they score to, by the version that judged them."""
    row = work.reachable(Assessment, assessment_id)
    instrument = catalogue().instruments[row["instrument"]][row["instrument_version"]].instrument
    names = ("id", "case_id", "respondent", "status", "administered_on", "language")
    told = {name: row[name] for name in (*names, "answers", "facts", "result")}
    if row["amends_id"] and row["status"] == "signed":  # before that it is preliminary
        told["status"] = "amending"
    return bundle(Assessed(instrument=instrument, **told))


def taken_in(work: UnitOfWork, resource: dict[str, Any]) -> Written:
    """As if it had been submitted here: it meets the same rules, and has the same consequences."""
    if isinstance(items := resource.get("item"), list) and len(items) > MOST:
        raise invalid("/item", "too-many", f"no form has more than {MOST} items")
    try:
        reply = read_response(resource, work.case_id, shipped)
    except ResponseRefused as refused:
        faults = [FieldFault(one.pointer, one.code, one.detail) for one in refused.faults]
        raise Invalid("is no response that can be taken", errors=faults) from None
    try:
        return service.add(work, as_submitted(reply), asked_here=False)
    except Invalid as refused:
        placed = [FieldFault(place(one.pointer), one.code, one.detail) for one in refused.errors]
        raise Invalid(refused.detail, code=refused.code, errors=placed) from None


def shipped(code: str, version: int) -> Instrument | None:
    found = catalogue().instruments.get(code, {}).get(version)
    return found.instrument if found else None


def as_submitted(reply: Reply) -> AssessmentIn:
    fields = {**vars(reply), "instrument": reply.instrument.code}
    try:
        return AssessmentIn(**fields, version=reply.instrument.version)
    except ValidationError as refused:
        faults = [
            FieldFault(f"/{error['loc'][0]}", "invalid", str(error["msg"]))
            for error in refused.errors(include_input=False, include_url=False)
        ]
        raise Invalid("is no response that can be taken", errors=faults) from None


def place(pointer: str) -> str:
    """All that is not about the answers, and how and when they were given, names the form."""
    return PLACES.get(pointer.split("/")[1], "/questionnaire")
