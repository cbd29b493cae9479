"""Answers are taken where a licence, a certificate and the language allow it, and else refused."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.casework.assessments.giving import PHQ9, give, given
from tests.casework.assessments.test_licences import attest, install, remove, withdraw
from tests.conftest import World
from tests.making import new_case, staff_id, today

MODERATE, MILD = "2 2 1 2 1 1 1 0 0", "1 1 1 1 0 0 1 0 0"
SECTIONS = {"VSE": 4, "NAMING": 3, "ATTENTION": 5, "LANGUAGE": 2, "ABSTRACTION": 2, "RECALL": 3}
MOCA: dict[str, Any] = {
    "respondent": "clinician",
    "answers": {**SECTIONS, "ORIENTATION": 6},
    "facts": {"education_at_most_12_years": True},
}


def test_no_answers_without_a_licence_that_is_needed(fresh: World) -> None:
    made = new_case(fresh)
    whodas = "1 1 0 2 2 1 1 0 0 1 1 2"
    refused = give(made, "whodas12", whodas)
    assert (refused.status_code, refused.json()["code"]) == (409, "licence-not-attested")
    # A draft of what will not be taken would be work for nothing.
    assert give(made, "whodas12", whodas, status="draft").status_code == 409
    attest(fresh, "whodas12")
    assert given(made, "whodas12", whodas)["result"]["subscales"]["percent"] == 25
    withdraw(fresh, "whodas12")
    assert give(made, "whodas12", whodas, too_soon_reason="again").status_code == 409


def certify(world: World, code: str, **more: Any) -> None:
    holder = staff_id(world, "psychologist")
    body = {"code": code, "number": "T-77", "issued_on": "2020-01-01"}
    body |= {"expires_on": str(today()), **more}
    path = f"/v1/users/{holder}/certificates"
    answer = world.as_("administrator")("POST", path, json=body)
    assert answer.status_code == 201, answer.text


def test_what_takes_a_trained_rater_takes_a_certificate_of_that_day(fresh: World) -> None:
    made = new_case(fresh)
    attest(fresh, "moca")
    assert give(made, "moca", "", **MOCA).json()["code"] == "not-certified"
    yesterday = str(today() - timedelta(days=1))
    certify(fresh, "moca", expires_on=yesterday)
    # It has to cover the day and today: who is certified no more submits nothing dated back.
    for on in (yesterday, str(today())):
        refused = give(made, "moca", "", administered_on=on, **MOCA)
        assert refused.json()["code"] == "not-certified"
    certify(fresh, "moca", issued_on=str(today()))
    found = given(made, "moca", "", **MOCA)
    assert (found["result"]["total"], found["result"]["band"]) == (26, "normal")
    before = str(today() - timedelta(days=2))
    certify(fresh, "moca", issued_on="2020-01-01")
    assert give(made, "moca", "", administered_on=before, **MOCA).status_code == 201


def test_where_it_is_worded_it_is_given_in_a_language_that_is_there(
    fresh: World, tmp_path: Path
) -> None:
    made = new_case(fresh)
    draft = given(made, PHQ9, MODERATE, language="kk", status="draft")
    said = given(made, PHQ9, MILD, language="kk", administered_on=str(today() - timedelta(days=40)))
    install(fresh, tmp_path, PHQ9, "ru")
    refused = give(made, PHQ9, MODERATE, language="kk")
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {
            "pointer": "/language",
            "code": "not-worded",
            "detail": "it is not installed in this language",
        }
    ]
    again = give(made, PHQ9, MODERATE, language="kk", status="draft")
    assert again.json()["errors"][0]["code"] == "not-worded"
    # What was begun or said before is finished and put right.
    sent = made.post("psychologist", f"/assessments/{draft['id']}/submit")
    assert sent.status_code == 200, sent.text
    slip = {"reason": "item 9 was misread", "answers": {"9": 2}}
    amended = made.post("psychologist", f"/assessments/{said['id']}/amend", slip)
    assert amended.status_code == 201, amended.text
    assert made.get("psychologist", "/alerts")["items"]
    moved = {"reason": "asked in Uzbek", "language": "uz"}
    path = f"/assessments/{amended.json()['id']}/amend"
    other = made.post("psychologist", path, moved)
    assert other.json()["errors"][0]["code"] == "not-worded"
    why = {"too_soon_reason": "asked in Russian"}
    assert give(made, PHQ9, MODERATE, language="ru", **why).status_code == 201
    remove(fresh, PHQ9, "ru")
    given(made, PHQ9, MODERATE, language="kk", too_soon_reason="in their own language")


def test_a_general_wording_serves_a_more_particular_language(fresh: World, tmp_path: Path) -> None:
    made = new_case(fresh)
    install(fresh, tmp_path, PHQ9, "ru")
    found = given(made, PHQ9, MODERATE, language="ru-KZ")
    assert found["language"] == "ru-KZ"
    assert found["wording"] is not None
    # What only begins with the same letters, or is more particular, is another language.
    install(fresh, tmp_path, "gad7", "ru-KZ")
    for instrument, language in ((PHQ9, "rue"), ("gad7", "ru")):
        refused = give(made, instrument, "1 1 1 1 1 1 1", language=language)
        assert refused.json()["errors"][0]["code"] == "not-worded"
