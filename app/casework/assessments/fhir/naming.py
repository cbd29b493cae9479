"""By which names instruments, answers, results and cases are known outside."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.casework.assessments.scoring.instrument import Instrument

Resource = dict[str, Any]
INSTRUMENT = "urn:casework:instrument"  # codes of results, and the beginning of each form's url
ANSWER = "urn:casework:instrument:answer"  # the codes of answers are the numbers that are allowed
URI = "urn:ietf:rfc:3986"
# Of what answers score to, where LOINC has a term for just that: as loinc.org lists it (2.77).
LOINC: Mapping[tuple[str, str], tuple[str, str]] = {
    ("phq9", "total"): (
        "44261-6",
        "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]",
    ),
    ("gad7", "total"): (
        "70274-6",
        "Generalized anxiety disorder 7 item (GAD-7) total score [Reported.PHQ]",
    ),
    ("moca", "total"): ("72172-0", "Total score [MoCA]"),
}


def url(instrument: Instrument, respondent: str) -> str:
    """Of the form that one kind of respondent is given, whatever its version."""
    return f"{INSTRUMENT}:{instrument.code}:{respondent}"


def canonical(instrument: Instrument, respondent: str) -> str:
    return f"{url(instrument, respondent)}|{instrument.version}"


def urn(record_id: UUID) -> str:
    return f"urn:uuid:{record_id}"


def subject(case_id: UUID) -> Resource:
    """The person of a case, whom nothing but the case's id tells apart."""
    return {"type": "Patient", "identifier": {"system": URI, "value": urn(case_id)}}
