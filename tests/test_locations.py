"""What answers 201 says where the record is, and there it is: the same record, the same ETag.

And who sends it once more with the same key is answered the same.
"""

from typing import Any
from uuid import uuid4

from fastapi import FastAPI

from app.registry.operations.schemas import IntakeOut
from tests.access.test_agreements import terms
from tests.access.test_break_glass import WHY as GLASS
from tests.access.test_covers import standing_in
from tests.access.test_disclosures import asking, exact
from tests.access.test_docket import MATTER, entry
from tests.access.test_sealing import SEAL, UNSEAL
from tests.access.test_sealing import WHY as SEEN
from tests.access.test_supervision import CONDITION
from tests.architecture.test_routes import application, walked
from tests.casework.assessments.giving import body as assessed
from tests.conftest import World
from tests.making import Made, new_case, signed_in_now, staff_id, today
from tests.registry.erasures.erased import somebody
from tests.registry.test_certificates import certificate

TODAY = today().isoformat()
NAME = {"full": "Синтетова Проба", "script": "Cyrl", "source": "test"}
FRESH = "fresh"  # signed in a moment ago
TOLD_ONCE = ("/v1/clients",)  # its secret is kept for nobody
ANSWERED = {
    "resourceType": "QuestionnaireResponse",
    "questionnaire": "urn:casework:instrument:gad7:self|1",
    "status": "completed",
    "authored": TODAY,
    "language": "ru",
    "item": [{"linkId": "1", "answer": [{"valueInteger": 1}]}],
}
CONSENT = {"scope": "treatment", "giver": "self", "language": "ru", "text": "the programme"}
BOARD = ["A. Aliev", "B. Brown", "C. Cherny"]


def tour(made: Made) -> list[tuple[str, str, dict[str, Any]]]:
    """One request, with who sends it, for each route that makes something."""
    case, person = "/v1/cases/{case_id}", "/v1/people/{person_id}"
    world, fresh = made.world, f"test-{uuid4().hex[:8]}"
    sister = new_case(world, team=())
    unit = world.as_("administrator")("GET", "/v1/units").json()["items"][0]["id"]
    user = {"username": fresh, "display_name": "Test", "role": "probation_officer", "unit_id": unit}
    member = {"user_id": staff_id(world, "probation_officer"), "part": "escort", "reason": "test"}
    number = {"system": "passport", "value": "AB 12345", "source": "test"}
    street = {"type": "address", "text": "a street", "source": "test"}
    kin = {"other_id": sister.person_id, "type": "sibling", "source": "test"}
    living = {"person_id": made.person_id, "reason": "test"}
    board = {"decided_by": "Board", "members": BOARD, "reason": "heard"}
    flight = {"code": fresh, "name": "Test", "programme": "alder", "arrives_on": TODAY}
    note = {"kind": "social_work", "occurred_on": TODAY, "text": "came"}
    other = {"person_id": sister.person_id, "reason": "test"}
    worker, boss, admin = "social_worker", "supervisor", "administrator"
    register = {"names": [NAME], "birth": {"value": "1990"}}
    conflict = {"person_id": sister.person_id, "relation": "kin", "reason": "a cousin"}
    return [
        (admin, "/v1/users", {**user, "password": uuid4().hex}),
        (admin, "/v1/users/{user_id}/changes", {"role": "auditor", "reason": "new post"}),
        (admin, "/v1/clients", {"client_id": f"{fresh}-c", "display_name": "C", "unit_id": unit}),
        (admin, "/v1/units", {"code": fresh, "name": "Test", "jurisdiction": "ra"}),
        (worker, "/v1/people", register),
        (worker, f"{person}/names", NAME),
        (worker, f"{person}/identifiers", number),
        (worker, f"{person}/contacts", street),
        (worker, f"{person}/relationships", kin),
        (worker, "/v1/households", {"members": [living]}),
        (worker, "/v1/households/{household_id}/members", other),
        ("coordinator", "/v1/operations", flight),
        (worker, "/v1/cases", {"person_id": sister.person_id, "programme": "alder"}),
        (worker, f"{case}/team", member),
        ("livelihoods_officer", f"{case}/tracks", {"code": "LIV", "reason": "need"}),
        (boss, f"{case}/pathways", {"code": "P3_ADULT_NOT_PROSECUTED", **board}),
        (worker, f"{case}/milestones", {"code": "rights_information_given"}),
        (worker, f"{case}/notes", note),
        ("psychologist", f"{case}/assessments/fhir", ANSWERED),
        (worker, f"{case}/tasks", {"title": "call", "due_on": TODAY}),
        (worker, f"{case}/alerts", {"kind": "SAFETY_SELF"}),
        ("psychologist", f"{case}/assessments", assessed("phq9", "2 2 1 2 1 1 1 0 0")),
        (
            *("psychologist", f"{case}/assessments/{{assessment_id}}/amend"),
            {"reason": "misread", "answers": {"1": 1}},
        ),
        ("security_assessor", f"{case}/judgements", {"tool": "vera2r"}),
        (admin, "/v1/users/{user_id}/certificates", certificate()),
        (boss, "/v1/users/{user_id}/conflicts", conflict),
        ("coordinator", "/v1/agreements", terms(world, "education")),
        ("coordinator", "/v1/erasures", somebody(world)),
        ("psychologist", "/v1/covers", standing_in(world, "psychologist")),
        (worker, f"{case}/consents", CONSENT),
        (boss, f"{case}/proceedings", MATTER),
        (boss, f"{case}/proceedings/{{proceeding_id}}/parties", entry(world, "defence_lawyer")),
        ("prosecutor", f"{case}/supervisions", CONDITION),
        (FRESH, f"{case}/break-glass", {"record_class": "therapy_notes", **GLASS}),
        (boss, f"{case}/disclosures", asking(made.id, items=[exact(made)])),
        (boss, f"{case}/seal", SEAL),
        ("coordinator", f"{case}/unseal", UNSEAL),
    ]


def makers(app: FastAPI) -> set[str]:
    return {
        path
        for method, path, door, _ in walked(app)
        if method == "POST" and door and door.status == 201 and door.out is not IntakeOut
    }


def test_what_is_made_is_where_the_answer_says(world: World) -> None:
    made = new_case(world)
    names = {"case_id": made.id, "person_id": made.person_id}
    names["user_id"] = staff_id(world, "security_assessor")
    taken, lost, place = set(), [], ""
    for role, path, body in tour(made):
        send = signed_in_now(world, "health_worker") if role == FRESH else world.as_(role)
        if path.endswith("/unseal"):
            sealed = made.post("data_protection_officer", f"{place}/approve", SEEN)
            assert sealed.status_code == 200, sealed.text
        key = {"Idempotency-Key": str(uuid4())}
        answer = send("POST", path.format(**names), json=body, headers=key)
        assert answer.status_code == 201, f"{path}: {answer.text}"
        again = send("POST", path.format(**names), json=body, headers=key)
        if path not in TOLD_ONCE:
            assert again.content == answer.content, f"{path}: {again.text}"
        if path == "/v1/households":
            names["household_id"] = answer.json()["id"]
        if path.endswith("/proceedings"):
            names["proceeding_id"] = answer.json()["id"]
        if path.endswith("/assessments"):
            names["assessment_id"] = answer.json()["id"]
        place = answer.headers["Location"].removeprefix(made.path)
        there = send("GET", answer.headers["Location"])
        same = there.status_code == 200 and there.json()["id"] == answer.json()["id"]
        tag = answer.headers.get("ETag")
        if not same or (tag and there.headers["ETag"] != tag):
            lost.append((path, there.status_code, tag, there.headers.get("ETag")))
        taken.add(path)
    assert not lost
    assert taken == makers(application(world))


def test_a_track_is_named_by_its_code_or_its_id(world: World) -> None:
    made = new_case(world)
    track = made.post("livelihoods_officer", "/tracks", {"code": "LIV", "reason": "need"}).json()
    for path in ("", "/moves", "/transitions"):
        by_code = made.get("supervisor", f"/tracks/LIV{path}")
        assert made.get("supervisor", f"/tracks/{track['id']}{path}") == by_code
    assert made.get("supervisor", "/tracks/LIV/transitions")["items"]
    for wrong in ("ZZZ", "liv", str(uuid4()), made.id):
        for path in ("", "/moves", "/transitions"):
            answer = made.send("supervisor", "GET", f"/tracks/{wrong}{path}")
            assert answer.status_code == 404, f"{wrong}{path}"


def test_a_record_of_another_file_is_not_there(world: World) -> None:
    one, other = new_case(world), new_case(world, team=())
    worker = world.as_("social_worker")
    name = worker("GET", f"/v1/people/{one.person_id}/names").json()["items"][0]["id"]
    assert worker("GET", f"/v1/people/{one.person_id}/names/{name}").status_code == 200
    assert worker("GET", f"/v1/people/{other.person_id}/names/{name}").status_code == 404
