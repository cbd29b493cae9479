"""What answers score to, as FHIR R4 Observations: one for each thing that is told of them."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import uuid5

from app.casework.assessments.fhir.assessed import Assessed
from app.casework.assessments.fhir.naming import INSTRUMENT, LOINC, Resource, subject, urn

# What is not signed yet is not final. A draft has no result.
STATUS = {
    "submitted": "preliminary",
    "signed": "final",
    "amending": "corrected",
    "amended": "entered-in-error",
    "void": "entered-in-error",
}
SURVEY = {
    "system": "http://terminology.hl7.org/CodeSystem/observation-category",
    "code": "survey",
}
UNKNOWN = {
    "dataAbsentReason": {
        "coding": [
            {
                "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason",
                "code": "unknown",
            }
        ]
    }
}
SCREEN = "A screen, not a diagnosis."
INCOMPLETE = "Not all was answered."
PRORATED = "A mean stands in for what was not answered."


def observations(given: Assessed) -> list[Resource]:
    """Scales with their bands, cut-offs, outcomes and what is critical; none of a draft.

    What cannot be told has a reason in place of a value: it is never zero, and never no.
    """
    if given.result is None or given.status not in STATUS:
        return []
    result = given.result
    return [
        *(scale(given, result, name, value) for name, value in scales(given, result)),
        *(verdict(given, "cutoff", name, so) for name, so in result["cutoffs"].items()),
        *(outcome(given, name, gives) for name, gives in result["outcomes"].items()),
        *(
            verdict(given, "critical", flag["code"], True if flag["state"] == "raised" else None)
            for flag in result["flags"]
        ),
    ]


def scales(given: Assessed, result: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """By name: first that which is told first, then the others."""
    if given.instrument.headline.scale is not None:
        yield given.instrument.headline.scale, result["total"]
    yield from result["subscales"].items()


def scale(given: Assessed, result: Mapping[str, Any], name: str, value: Any) -> Resource:
    found = observation(given, "scale", name)
    if loinc := LOINC.get((given.instrument.code, name)):
        code, display = loinc
        term = {"system": "http://loinc.org", "code": code, "display": display}
        found["code"]["coding"].insert(0, term)
    found |= UNKNOWN if value is None else {"valueQuantity": quantity(given, name, value)}
    bands = [
        concept(f"{given.instrument.code}/band/{kind}/{band}", band)
        for kind, by_scale in result["bands"].items()
        if (band := by_scale.get(name)) is not None
    ]
    if bands:
        found["interpretation"] = bands
    if name in result["prorated"]:
        found["note"].append({"text": PRORATED})
    return found


def quantity(given: Assessed, name: str, value: Any) -> Resource:
    """A whole number, or a decimal one as it was rounded."""
    number = value if type(value) is int else float(Decimal(str(value)))
    percent = given.instrument.scales[name].percent is not None
    unit, code = ("%", "%") if percent else ("score", "{score}")
    return {"value": number, "unit": unit, "system": "http://unitsofmeasure.org", "code": code}


def verdict(given: Assessed, kind: str, name: str, so: bool | None) -> Resource:
    return observation(given, kind, name) | (UNKNOWN if so is None else {"valueBoolean": so})


def outcome(given: Assessed, name: str, gives: str | None) -> Resource:
    if gives is None:
        return observation(given, "outcome", name) | UNKNOWN
    code = f"{given.instrument.code}/outcome/{name}/{gives}"
    return observation(given, "outcome", name) | {"valueCodeableConcept": concept(code, gives)}


def observation(given: Assessed, kind: str, name: str) -> Resource:
    """All but what was found."""
    instrument = given.instrument
    code = f"{instrument.code}/{kind}/{name}"
    notes = [SCREEN] if given.result and given.result["complete"] else [SCREEN, INCOMPLETE]
    return {
        "resourceType": "Observation",
        "id": str(uuid5(given.id, code)),
        "status": STATUS[given.status],
        "category": [{"coding": [SURVEY]}],
        "code": concept(code, f"{instrument.name}: {name}"),
        "subject": subject(given.case_id),
        "effectiveDateTime": given.administered_on.isoformat(),
        "derivedFrom": [{"reference": urn(given.id)}],
        "note": [{"text": text} for text in notes],
    }


def concept(code: str, text: str) -> Resource:
    return {"coding": [{"system": INSTRUMENT, "code": code}], "text": text}
