"""What answers score to goes out as Observations, and what cannot be told says so."""

import json
from typing import Any
from uuid import UUID

import pytest

from app.casework.assessments.fhir.bundle import bundle
from app.casework.assessments.fhir.observations import observations
from app.casework.assessments.scoring.instrument import Instrument
from tests.casework.assessments.fhir.judging import ASSESSMENT, CASE, assessed, judged
from tests.casework.assessments.fhir.test_questionnaire import each
from tests.casework.assessments.filling import filled, sheet_of

UNKNOWN = "unknown"


def by_code(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By the code that is our own, of which each has one."""
    return {
        coding["code"]: one
        for one in found
        for coding in one["code"]["coding"]
        if coding["system"] == "urn:casework:instrument"
    }


def why_absent(one: dict[str, Any]) -> str:
    values = [name for name in one if name.startswith("value")]
    assert not values, one
    return str(one["dataAbsentReason"]["coding"][0]["code"])


@each
def test_every_result_fits_the_model(instrument: Instrument, respondent: str) -> None:
    for answers in ({}, filled(instrument, respondent), filled(instrument, respondent, -1)):
        given = assessed(instrument.code, respondent, answers=answers)
        assert given.result is not None
        found = by_code(observations(given))
        for one in found.values():
            judged(one)
            assert one["status"] == "final"
            assert ("dataAbsentReason" in one) != any(name.startswith("value") for name in one)
        scales = {f"{instrument.code}/scale/{name}" for name in instrument.scales}
        assert scales <= found.keys()
        cutoffs = {f"{instrument.code}/cutoff/{one.name}" for one in instrument.cutoffs}
        outcomes = {f"{instrument.code}/outcome/{one.name}" for one in instrument.outcomes}
        flags = {f"{instrument.code}/critical/{one['code']}" for one in given.result["flags"]}
        assert found.keys() == scales | cutoffs | outcomes | flags


def test_a_score_has_its_number_its_band_and_its_term() -> None:
    phq9 = assessed("phq9").instrument
    answers = sheet_of(phq9, "self", "total", 17)
    found = by_code(observations(assessed("phq9", answers=answers)))
    total = found["phq9/scale/total"]
    assert total["valueQuantity"] == {
        "value": 17,
        "unit": "score",
        "system": "http://unitsofmeasure.org",
        "code": "{score}",
    }
    assert total["code"]["coding"][0] == {
        "system": "http://loinc.org",
        "code": "44261-6",
        "display": "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]",
    }
    assert [one["text"] for one in total["interpretation"]] == ["moderately_severe"]
    assert total["derivedFrom"] == [{"reference": f"urn:uuid:{ASSESSMENT}"}]
    assert total["subject"]["identifier"]["value"] == f"urn:uuid:{CASE}"
    assert [one["text"] for one in total["note"]] == ["A screen, not a diagnosis."]
    assert found["phq9/cutoff/positive"]["valueBoolean"] is True
    assert found["phq9/outcome/algorithm"]["valueCodeableConcept"]["text"] in {"major", "other"}


@pytest.mark.parametrize(("code", "term"), [("gad7", "70274-6"), ("moca", "72172-0")])
def test_terms_are_those_of_loinc(code: str, term: str) -> None:
    total = by_code(observations(assessed(code)))[f"{code}/scale/total"]
    assert total["code"]["coding"][0]["code"] == term


def test_where_loinc_has_no_such_term_there_is_our_own_alone() -> None:
    for name, one in by_code(observations(assessed("sdq", "parent"))).items():
        assert [coding["code"] for coding in one["code"]["coding"]] == [name]


def test_percent_and_decimals_are_told_as_such() -> None:
    who5 = by_code(observations(assessed("who5", answers={str(n): 3 for n in range(1, 6)})))
    percents = [one for one in who5.values() if one.get("valueQuantity", {}).get("code") == "%"]
    assert [one["valueQuantity"]["value"] for one in percents] == [60]
    given = assessed("phq9")
    assert given.result is not None
    by_hand = {**given.result, "total": 13.09}
    (total, *_) = observations(assessed("phq9", result=by_hand))
    assert total["valueQuantity"]["value"] == 13.09


def test_what_is_missing_is_neither_zero_nor_no() -> None:
    found = by_code(observations(assessed("phq9", answers={"1": 3})))
    for name in ("scale/total", "cutoff/positive", "outcome/algorithm", "critical/SAFETY_SELF"):
        assert why_absent(found[f"phq9/{name}"]) == UNKNOWN
    assert "interpretation" not in found["phq9/scale/total"]
    notes = [one["text"] for one in found["phq9/scale/total"]["note"]]
    assert notes == ["A screen, not a diagnosis.", "Not all was answered."]


def test_what_is_critical_is_told_though_there_is_no_score() -> None:
    found = by_code(observations(assessed("phq9", answers={"9": 1})))
    assert why_absent(found["phq9/scale/total"]) == UNKNOWN
    assert found["phq9/critical/SAFETY_SELF"]["valueBoolean"] is True


def test_a_mean_that_stands_in_is_told() -> None:
    answers: dict[str, int | None] = {str(n): 2 for n in range(1, 9)}
    total = by_code(observations(assessed("phq9", answers=answers)))["phq9/scale/total"]
    assert total["valueQuantity"]["value"] == 18
    assert "A mean stands in" in total["note"][-1]["text"]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("submitted", "preliminary"),
        ("signed", "final"),
        ("amended", "entered-in-error"),
        ("amending", "corrected"),
        ("void", "entered-in-error"),
    ],
)
def test_what_is_not_signed_is_not_final(status: str, told: str) -> None:
    found = observations(assessed("phq9", status=status))
    assert {one["status"] for one in found} == {told}
    for one in found:
        judged(one)


def test_a_draft_has_answers_and_nothing_that_was_found() -> None:
    found = bundle(assessed("phq9", status="draft", result=None))
    judged(found)
    (entry,) = found["entry"]
    assert entry["resource"]["resourceType"] == "QuestionnaireResponse"


@each
def test_a_bundle_holds_together(instrument: Instrument, respondent: str) -> None:
    given = assessed(instrument.code, respondent)
    found = bundle(given)
    judged(found)
    urls = [one["fullUrl"] for one in found["entry"]]
    assert len(set(urls)) == len(urls)
    for entry in found["entry"]:
        resource = entry["resource"]
        assert entry["fullUrl"] == f"urn:uuid:{UUID(resource['id'])}"
        for one in resource.get("derivedFrom", []):
            assert one["reference"] == urls[0]
    assert json.dumps(bundle(given)) == json.dumps(found), "the same ids each time"
