"""Assessments of a case as FHIR, through HTTP: handed out as they are, taken in as any other."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.casework.assessments.scoring.catalogue import catalogue
from tests.casework.assessments.fhir.judging import judged
from tests.casework.assessments.giving import PHQ9, answers, give, given
from tests.conftest import World
from tests.making import Made, new_case, today

MODERATE = "2 2 1 2 1 1 1 0 0"  # 10


@pytest.fixture
def made(world: World) -> Made:
    return new_case(world)


def response(made: Made, code: str, values: str, respondent: str = "self", **more: Any) -> Any:
    """As another system would write it."""
    items = [
        {"linkId": number, "answer": [{"valueInteger": value}]}
        for number, value in answers(values).items()
        if value is not None
    ]
    written: dict[str, Any] = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"urn:casework:instrument:{code}:{respondent}|1",
        "status": "completed",
        "subject": {"identifier": {"value": f"urn:uuid:{made.id}"}},
        "authored": today().isoformat(),
        "language": "ru",
        "item": items,
    } | more
    judged(written)
    return written


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]


def test_an_assessment_is_handed_out_as_it_is(made: Made) -> None:
    found = given(made, PHQ9, "2 2 1 2 1 1 1 0 1")
    bundle = made.get("psychologist", f"/assessments/{found['id']}/fhir")
    judged(bundle)
    told, *scored = [one["resource"] for one in bundle["entry"]]
    assert told["id"] == found["id"]
    assert (told["status"], told["language"]) == ("completed", "ru")
    assert told["subject"]["identifier"]["value"] == f"urn:uuid:{made.id}"
    codes = {one["linkId"]: one["answer"][0]["valueCoding"]["code"] for one in told["item"]}
    assert codes == {number: str(value) for number, value in found["answers"].items()}
    assert scored[0]["valueQuantity"]["value"] == found["result"]["total"]
    assert {one["status"] for one in scored} == {"preliminary"}
    assert any("SAFETY_SELF" in one["code"]["text"] for one in scored)
    assert made.post("psychologist", f"/assessments/{found['id']}/sign").status_code == 200
    _, *scored = made.get("psychologist", f"/assessments/{found['id']}/fhir")["entry"]
    assert {one["resource"]["status"] for one in scored} == {"final"}
    why = {"reason": "of another person"}
    assert made.post("psychologist", f"/assessments/{found['id']}/void", why).status_code == 200
    voided = made.get("psychologist", f"/assessments/{found['id']}/fhir")
    assert {one["resource"]["status"] for one in voided["entry"]} == {"entered-in-error"}


def test_a_draft_is_handed_out_to_its_author_alone(made: Made) -> None:
    found = given(made, PHQ9, "1 2", status="draft")
    bundle = made.get("psychologist", f"/assessments/{found['id']}/fhir")
    (entry,) = bundle["entry"]
    assert entry["resource"]["status"] == "in-progress"
    other = made.send("health_worker", "GET", f"/assessments/{found['id']}/fhir")
    assert other.status_code == 404


def test_what_is_taken_in_is_an_assessment_like_any_other(made: Made) -> None:
    here = given(new_case(made.world), PHQ9, MODERATE)
    answer = made.post("psychologist", "/assessments/fhir", response(made, PHQ9, MODERATE))
    assert answer.status_code == 201, answer.text
    found = answer.json()
    same = ("instrument", "instrument_version", "respondent", "language", "answers", "facts")
    for name in (*same, "administered_on", "status", "result"):
        assert found[name] == here[name], name
    assert answer.headers["Location"] == f"{made.path}/assessments/{found['id']}"
    there = made.send("psychologist", "GET", f"/assessments/{found['id']}")
    assert there.json() == found
    assert there.headers["ETag"] == answer.headers["ETag"]


def test_what_was_handed_out_can_be_taken_in_elsewhere(made: Made) -> None:
    found = given(made, "gad7", "1 2 3 0 1 _ 3")
    told = made.get("psychologist", f"/assessments/{found['id']}/fhir")["entry"][0]["resource"]
    elsewhere = new_case(made.world)
    refused = elsewhere.post("psychologist", "/assessments/fhir", told)
    assert faults(refused) == [("/subject", "another-subject")]
    told["subject"]["identifier"]["value"] = f"urn:uuid:{elsewhere.id}"
    taken = elsewhere.post("psychologist", "/assessments/fhir", told).json()
    assert taken["answers"] == {n: v for n, v in found["answers"].items() if v is not None}
    assert taken["result"]["missing"] == found["result"]["missing"] == ["6"]
    assert taken["result"]["total"] == found["result"]["total"]


def test_its_media_type_is_taken_and_a_repetition_is_answered_the_same(made: Made) -> None:
    headers = {"Content-Type": "application/fhir+json", "Idempotency-Key": str(uuid4())}
    body = response(made, PHQ9, MODERATE)
    first, again = (
        made.send("psychologist", "POST", "/assessments/fhir", json=body, headers=headers)
        for _ in range(2)
    )
    assert first.status_code == 201, first.text
    assert again.content == first.content
    assert len(made.get("psychologist", "/assessments")["items"]) == 1


def test_a_critical_answer_is_acted_on(made: Made) -> None:
    before = made.get("social_worker", "/alerts")["items"]
    body = response(made, PHQ9, "_ _ _ _ _ _ _ _ 1")
    found = made.post("psychologist", "/assessments/fhir", body).json()
    assert found["result"]["total"] is None
    (alert,) = made.get("social_worker", "/alerts")["items"]
    assert (before, alert["kind"]) == ([], "SAFETY_SELF")


def test_faults_of_the_answers_are_told_by_their_place(made: Made) -> None:
    body = response(made, PHQ9, "0 9 0")
    body["item"][2]["linkId"] = "77"
    assert faults(made.post("psychologist", "/assessments/fhir", body)) == [
        ("/item/1/answer/0", "value-not-allowed"),
        ("/item/2/linkId", "unknown-item"),
    ]
    assert made.get("psychologist", "/assessments")["items"] == []


@pytest.mark.parametrize(
    ("code", "more", "fault"),
    [
        ("phq9", {"authored": (today() + timedelta(days=2)).isoformat()}, ("/authored", "future")),
        ("phqa", {}, ("/questionnaire", "age")),
        ("phq9", {"item": [{"linkId": "1"}]}, ("/item", "missing")),
    ],
)
def test_faults_by_the_rules_of_an_assessment_are_told_where_they_stand(
    made: Made, code: str, more: dict[str, Any], fault: tuple[str, str]
) -> None:
    body = response(made, code, MODERATE, **more)
    assert faults(made.post("psychologist", "/assessments/fhir", body)) == [fault]


def test_too_soon_takes_a_reason(made: Made) -> None:
    body = response(made, PHQ9, MODERATE)
    assert made.post("psychologist", "/assessments/fhir", body).status_code == 201
    refused = made.post("psychologist", "/assessments/fhir", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "too-soon")
    extension = {"url": "urn:casework:too-soon-reason", "valueString": "a crisis since"}
    ours = response(made, PHQ9, MODERATE, extension=[{"url": "urn:x"}, extension])
    taken = made.post("psychologist", "/assessments/fhir", ours)
    assert taken.status_code == 201, taken.text
    assert taken.json()["too_soon_reason"] == "a crisis since"
    ours["extension"][1]["valueString"] = "-"
    (fault,) = faults(made.post("psychologist", "/assessments/fhir", ours))
    assert fault[0] == "/extension"


@pytest.mark.parametrize("body", [[], "x", 1, None])
def test_what_is_no_resource_is_refused(made: Made, body: object) -> None:
    answer = made.send("psychologist", "POST", "/assessments/fhir", json=body)
    assert answer.status_code == 422


def test_the_wall_is_that_of_assessments(made: Made) -> None:
    found = given(made, PHQ9, MODERATE)
    place, body = f"/assessments/{found['id']}", response(made, "gad7", "0 0 0 0 0 0 0")
    for role in ("social_worker", "prosecutor", "educator", "partner", "administrator"):
        as_it_is = made.send(role, "GET", place)
        as_fhir = made.send(role, "GET", f"{place}/fhir")
        assert as_fhir.status_code in (403, 404), role
        assert as_fhir.status_code == as_it_is.status_code, role
        refused = made.send(role, "POST", "/assessments/fhir", json=body)
        assert refused.status_code in (403, 404), role
        plain = give(made, "gad7", "0 0 0 0 0 0 0", role=role)
        assert refused.status_code == plain.status_code, role
    assert made.send("health_worker", "GET", f"{place}/fhir").status_code == 200
    told = made.send("auditor", "GET", f"{place}/fhir")
    assert told.status_code in (403, 404), "is told that there is one, and no more"
    elsewhere = new_case(made.world)
    assert elsewhere.send("psychologist", "GET", f"{place}/fhir").status_code == 404


def test_reading_it_is_on_record(made: Made) -> None:
    found = given(made, PHQ9, MODERATE)
    made.get("psychologist", f"/assessments/{found['id']}/fhir")
    path = f"/v1/audit/events?file_id={made.id}&limit=200&action=assessment.read"
    events = made.as_("auditor")("GET", path).json()["items"]
    assert [one["record_id"] for one in events] == [found["id"]]


@pytest.mark.parametrize("code", ["cfm24", "cfm517", "wgss"])
def test_what_social_workers_may_ask_goes_both_ways(world: World, code: str) -> None:
    instrument = catalogue().current(code).instrument
    (kind,) = list(instrument.respondents)[:1]
    youngest = instrument.respondents[kind].youngest
    made = new_case(world, birth=str(today().year - youngest - 1))
    item = next(instrument.asked(kind))
    one = {"linkId": item.number, "answer": [{"valueInteger": item.values[0]}]}
    body = response(made, code, "", respondent=kind, item=[one])
    answer = made.post("social_worker", "/assessments/fhir", body)
    assert answer.status_code == 201, answer.text
    bundle = made.get("social_worker", f"/assessments/{answer.json()['id']}/fhir")
    judged(bundle)
    assert bundle["entry"][0]["resource"]["item"][0]["linkId"] == item.number
