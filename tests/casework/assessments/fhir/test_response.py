"""Answers go out as a QuestionnaireResponse, and come back the same; each fault is told."""

from copy import deepcopy
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.casework.assessments.fhir.response import (
    Reply,
    ResponseRefused,
    questionnaire_response,
    read_response,
)
from app.casework.assessments.scoring.catalogue import catalogue
from app.casework.assessments.scoring.instrument import Instrument
from tests.casework.assessments.fhir.judging import CASE, assessed, judged
from tests.casework.assessments.fhir.test_questionnaire import IDS, each
from tests.casework.assessments.filling import filled

__all__ = ["IDS"]


def find(code: str, version: int) -> Instrument | None:
    found = catalogue().instruments.get(code, {}).get(version)
    return found.instrument if found else None


def read(resource: dict[str, Any]) -> Reply:
    return read_response(resource, CASE, find)


def faults(resource: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ResponseRefused) as refused:
        read(resource)
    return [(one.pointer, one.code) for one in refused.value.faults]


@each
def test_what_goes_out_comes_back(instrument: Instrument, respondent: str) -> None:
    for place in (0, -1):
        answers = filled(instrument, respondent, place)
        facts = dict.fromkeys(instrument.facts, place == 0)
        given = assessed(instrument.code, respondent, answers=answers, facts=facts)
        resource = questionnaire_response(given)
        judged(resource)
        found = read(resource)
        assert (found.instrument, found.respondent) == (instrument, respondent)
        assert (found.answers, found.facts) == (answers, facts)
        assert (found.administered_on, found.language) == (given.administered_on, "ru")


def test_what_is_missing_is_not_in_it_and_not_zero() -> None:
    given = assessed("moca", answers={}, facts={"education_at_most_12_years": None})
    resource = questionnaire_response(given)
    judged(resource)
    assert "item" not in resource
    assert (read(resource).answers, read(resource).facts) == ({}, {})
    one = questionnaire_response(assessed("phq9", answers={"1": 0, "2": None, "9": 3}))
    assert [item["linkId"] for item in one["item"]] == ["1", "9"]
    assert read(one).answers == {"1": 0, "9": 3}


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("draft", "in-progress"),
        ("submitted", "completed"),
        ("signed", "completed"),
        ("amended", "entered-in-error"),
        ("amending", "amended"),
        ("void", "entered-in-error"),
    ],
)
def test_its_status_is_that_of_the_assessment(status: str, told: str) -> None:
    resource = questionnaire_response(assessed("phq9", status=status))
    judged(resource)
    assert resource["status"] == told


def test_the_subject_is_the_case_and_has_no_name() -> None:
    resource = questionnaire_response(assessed("phq9"))
    assert resource["subject"] == {
        "type": "Patient",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{CASE}"},
    }


GOOD = questionnaire_response(
    assessed("moca", facts={"education_at_most_12_years": True})
)  # its items have several ranges, and it has a fact
FACT = len(GOOD["item"]) - 1
CODING = {"system": "urn:casework:instrument:answer", "code": "1"}


def changed(*path: str | int, to: Any = None, drop: bool = False) -> dict[str, Any]:
    resource = deepcopy(GOOD)
    place: Any = resource
    for key in path[:-1]:
        place = place[key]
    if drop:
        del place[path[-1]]
    elif isinstance(place, list) and path[-1] == len(place):
        place.append(to)
    else:
        place[path[-1]] = to
    return resource


def test_what_else_others_say_is_let_pass_and_not_kept() -> None:
    resource = deepcopy(GOOD) | {
        "meta": {"profile": ["http://example.org/x"]},
        "text": {"status": "generated", "div": "<div>narrative</div>"},
        "author": {"display": "somebody"},
        "identifier": {"value": "their own number"},
    }
    resource["item"][0] |= {"text": "as they word it", "definition": "urn:x"}
    resource["item"].append({"linkId": "instructions", "text": "shown, not answered"})
    judged(resource)
    assert read(resource) == read(GOOD)
    assert read(changed("item", 0, "answer", to=[{"valueInteger": 1}])).answers == (
        read(changed("item", 0, "answer", to=[{"valueCoding": CODING}])).answers
    )
    assert read(changed("subject", drop=True)) == read(GOOD)
    by_reference = {"reference": f"urn:uuid:{CASE}"}
    assert read(changed("subject", to=by_reference)) == read(GOOD)
    with_time = changed("authored", to="2026-03-01T23:59:59.5+06:00")
    assert read(with_time).administered_on == date(2026, 3, 1)


ITEM = GOOD["item"][0]["linkId"]
BROKEN: list[tuple[dict[str, Any], str, str]] = [
    (changed("resourceType", to="Questionnaire"), "/resourceType", "not-a-response"),
    (changed("status", to="in-progress"), "/status", "not-completed"),
    (changed("status", drop=True), "/status", "not-completed"),
    (changed("implicitRules", to="http://x"), "/implicitRules", "not-understood"),
    (changed("modifierExtension", to=[]), "/modifierExtension", "not-understood"),
    (changed("subject", to={"display": "A Name"}), "/subject", "another-subject"),
    (changed("subject", to={"reference": "Patient/1"}), "/subject", "another-subject"),
    (changed("subject", to="x"), "/subject", "another-subject"),
    (
        changed("subject", "identifier", "value", to=f"urn:uuid:{UUID(int=9)}"),
        "/subject",
        "another-subject",
    ),
    (changed("authored", drop=True), "/authored", "missing"),
    (changed("authored", to="2026-02-30"), "/authored", "date-parsing"),
    (changed("authored", to="2026-02"), "/authored", "date-parsing"),
    (changed("authored", to="0026-02-01"), "/authored", "date-parsing"),
    (changed("authored", to=20260201), "/authored", "date-parsing"),
    (changed("language", drop=True), "/language", "missing"),
    (changed("language", to="Russian"), "/language", "missing"),
    (changed("questionnaire", drop=True), "/questionnaire", "unknown-questionnaire"),
    *(
        (changed("questionnaire", to=one), "/questionnaire", "unknown-questionnaire")
        for one in (
            "urn:casework:instrument:moca:clinician",
            "urn:casework:instrument:moca:clinician|2",
            "urn:casework:instrument:moca:self|1",
            "urn:casework:instrument:nothing:self|1",
            "urn:casework:instrument:cfm:parent|1",
            "http://loinc.org/q/72133-2",
            1,
        )
    ),
    (changed("item", to={}), "/item", "unknown-item"),
    (changed("item", 0, to="1"), "/item/0", "unknown-item"),
    (changed("item", 0, "linkId", to="99"), "/item/0/linkId", "unknown-item"),
    (changed("item", 0, "linkId", to=1), "/item/0/linkId", "unknown-item"),
    (changed("item", 0, "linkId", drop=True), "/item/0/linkId", "unknown-item"),
    (changed("item", 1, "linkId", to=ITEM), "/item/1/linkId", "twice"),
    (changed("item", 0, "item", to=[]), "/item/0/item", "nested"),
    (
        changed("item", 0, "modifierExtension", to=[]),
        "/item/0/modifierExtension",
        "not-understood",
    ),
    (
        changed("item", 0, "answer", 1, to={"valueInteger": 1}),
        "/item/0/answer",
        "several",
    ),
    (changed("item", 0, "answer", to={"valueInteger": 1}), "/item/0/answer", "several"),
    *(
        (changed("item", 0, "answer", to=[one]), "/item/0/answer/0", "value-not-allowed")
        for one in (
            {},
            "1",
            {"valueInteger": 99},
            {"valueInteger": True},
            {"valueInteger": "1"},
            {"valueDecimal": 1},
            {"valueInteger": 1, "item": []},
            {"valueInteger": 1, "valueCoding": CODING},
            {"valueCoding": CODING | {"code": "99"}},
            {"valueCoding": CODING | {"code": "-1"}},
            {"valueCoding": CODING | {"code": 1}},
            {"valueCoding": CODING | {"system": "http://loinc.org"}},
            {"valueCoding": {"code": "1"}},
            {"valueBoolean": True},
        )
    ),
    (
        changed("item", FACT, "answer", to=[{"valueInteger": 1}]),
        f"/item/{FACT}/answer/0",
        "value-not-allowed",
    ),
    (
        changed("item", FACT, "answer", to=[{"valueBoolean": "true"}]),
        f"/item/{FACT}/answer/0",
        "value-not-allowed",
    ),
]


@pytest.mark.parametrize(("resource", "pointer", "code"), BROKEN)
def test_each_fault_is_told(resource: dict[str, Any], pointer: str, code: str) -> None:
    assert faults(resource) == [(pointer, code)]


def test_all_faults_are_told_at_once_by_the_name_of_the_item_and_without_values() -> None:
    resource = changed("item", 0, "answer", to=[{"valueInteger": 4711}])
    resource["item"][1]["answer"] = [{"valueString": "a secret"}]
    resource["status"] = "stopped"
    with pytest.raises(ResponseRefused) as refused:
        read(resource)
    told = [one.detail for one in refused.value.faults]
    assert len(told) == 3
    second = resource["item"][1]["linkId"]
    assert told[1:] == [
        f"item {ITEM} allows no such answer",
        f"item {second} allows no such answer",
    ]
    assert "4711" not in str(refused.value)
    assert "secret" not in str(refused.value)
