"""What leaves the wall: exact fields, on a ground, by two people, frozen, until its end."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.casework.disclosures import rules
from app.casework.disclosures.models import Extract
from app.casework.notes.models import Note
from app.core.db import table
from app.core.errors import Problem
from app.registry.cases.on_case import OnCase
from app.safeguards.access.policy import POLICY, ROLES, Reach
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.extracting import WORKFLOW, OutsideWorkflow, extract
from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.access.test_sealing import WHY, bytes_of, sealed
from tests.architecture.driving import drive
from tests.architecture.source import imports, modules
from tests.casework.assessments.giving import PHQ9, given
from tests.conftest import World
from tests.hiring import hire
from tests.looking import rewritten, transaction
from tests.making import ON_THE_TEAM, Made, new_case, staff_id, today

ORDER = {"authority": "District court of Alder", "reference": "44-2026", "dated_on": "2026-01-15"}
NOWHERE = "00000000-0000-7000-8000-000000000001"


def asking(record_id: str, **more: Any) -> dict[str, Any]:
    return {
        "requester": "District court of Alder",
        "requester_kind": "court",
        "purpose": "a hearing on custody",
        "ground": "court_order",
        "document": ORDER,
        "items": [{"record": "note", "record_id": record_id, "fields": ["text", "occurred_on"]}],
        "recipient": "Clerk of the court",
        "deadline": str(today() + timedelta(days=10)),
        "available_until": str(today() + timedelta(days=30)),
        "not_informed_reason": "the order forbids it",
        "inform_review_on": str(today() + timedelta(days=60)),
        **more,
    }


def exact(case: Made) -> dict[str, Any]:
    """A field that every case has."""
    return {"record": "case", "record_id": case.id, "fields": ["status"]}


def note_of(case: Made, role: str = "psychologist", **more: Any) -> str:
    body = {"kind": "therapy", "occurred_on": "2026-01-02", "text": "sleeps badly", **more}
    made = case.post(role, "/notes", body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def proposed(case: Made, record_id: str, role: str = "", **more: Any) -> str:
    """By who knows of the record: a note here is one of therapy."""
    role = role or ("psychologist" if record_id else "legal_officer")
    made = case.post(role, "/disclosures", asking(record_id, **more))
    assert made.status_code == 201, made.text
    assert made.json()["status"] == "proposed"
    return str(made.json()["id"])


def issued(
    case: Made,
    record_id: str,
    *,
    words: tuple[str, str] = ("supervisor", "coordinator"),
    **more: Any,
) -> str:
    """By the word of these two; so the data protection officer is free to hand it over."""
    disclosure, (first_word, second_word) = proposed(case, record_id, **more), words
    path = f"/disclosures/{disclosure}"
    first = case.post(first_word, f"{path}/approve", WHY)
    assert first.status_code == 200, first.text
    assert first.json()["status"] == "checked"
    second = case.post(second_word, f"{path}/approve", WHY)
    assert second.status_code == 200, second.text
    assert second.json()["status"] == "issued"
    return path


def test_two_approvals_freeze_exactly_what_was_named(world: World) -> None:
    case = new_case(world)
    path = issued(case, note_of(case))
    got = case.send("data_protection_officer", "GET", f"{path}/extract")
    assert got.status_code == 200, got.text
    body = got.json()
    assert sha256(body["content"].encode()).hexdigest() == body["sha256"]
    content = json.loads(body["content"])
    assert content["watermark"]["notice"] == "frozen extract, not live access"
    assert content["watermark"]["recipient"] == "Clerk of the court"
    assert set(content["watermark"]) == {
        *("notice", "disclosure_id", "recipient", "ground", "issued_at", "available_until")
    }
    (record,) = content["records"]
    assert record["fields"] == {"text": "sleeps badly", "occurred_on": "2026-01-02"}
    assert record["record_class"] == "therapy_notes"


def test_later_changes_do_not_reach_it_and_a_version_may_be_named(world: World) -> None:
    case = new_case(world)
    task = {"title": "first title", "discipline": "social_worker", "due_on": "2030-01-01"}
    made = case.post("social_worker", "/tasks", task).json()
    item = {"record": "task", "record_id": made["id"], "fields": ["title"]}

    def retitled(title: str) -> None:
        path = f"{case.path}/tasks/{made['id']}"
        send = world.as_("social_worker")
        tag = {"If-Match": send("GET", path).headers["ETag"]}
        answer = send("PATCH", path, json={"title": title}, headers=tag)
        assert answer.status_code == 200, answer.text

    old = proposed(case, "", items=[{**item, "version": 1}])
    path = proposed(case, "", items=[item])
    retitled("second title")
    for one in (old, path):
        for role in ("supervisor", "coordinator"):
            assert case.post(role, f"/disclosures/{one}/approve", WHY).status_code == 200
    retitled("third title")
    for one, title, version in ((old, "first title", 1), (path, "second title", 2)):
        told = case.get("data_protection_officer", f"/disclosures/{one}/extract")
        (record,) = json.loads(told["content"])["records"]
        assert (record["fields"], record["version"]) == ({"title": title}, version)
    numbers = [case.get("legal_officer", f"/disclosures/{one}")["number"] for one in (old, path)]
    assert numbers == [1, 2]


def test_a_draft_leaves_by_no_version_of_what_it_became(world: World) -> None:
    case = new_case(world)
    draft = given(case, PHQ9, "1 1 1 1 0 0 1 0 0", status="draft")
    path = f"{case.path}/assessments/{draft['id']}"
    send = world.as_("psychologist")
    tag = {"If-Match": send("GET", path).headers["ETag"]}
    second = {"answers": {"1": 3}}
    assert send("PATCH", path, json=second, headers=tag).status_code == 200
    assert case.post("psychologist", f"/assessments/{draft['id']}/submit").status_code == 200
    item = {"record": "assessment", "record_id": draft["id"], "fields": ["answers"]}
    for version in (1, 2, 4):
        asked = case.post(
            "psychologist", "/disclosures", asking("", items=[{**item, "version": version}])
        )
        assert asked.status_code == 422, asked.text
        (fault,) = asked.json()["errors"]
        assert (fault["pointer"], fault["code"]) == ("/items/0/version", "unknown")
    said = proposed(case, "", role="psychologist", items=[{**item, "version": 3}])
    for role in ("supervisor", "data_protection_officer"):
        assert case.post(role, f"/disclosures/{said}/approve", WHY).status_code == 200


def test_who_oversees_names_a_version_that_the_trail_tells_them(world: World) -> None:
    case = new_case(world)
    task = {"title": "first title", "discipline": "social_worker", "due_on": "2030-01-01"}
    made = case.post("social_worker", "/tasks", task).json()
    item = {"record": "task", "record_id": made["id"], "fields": ["title"], "version": 1}
    asked = case.post("data_protection_officer", "/disclosures", asking("", items=[item]))
    assert asked.status_code == 201, asked.text
    note = {"record": "note", "record_id": note_of(case), "fields": ["text"], "version": 1}
    for role, status in (("data_protection_officer", 201), ("supervisor", 422)):
        asked = case.post(role, "/disclosures", asking("", items=[note]))
        assert asked.status_code == status, asked.text


def test_the_person_s_own_records_are_disclosed_with_the_case(world: World) -> None:
    case, other = new_case(world), new_case(world)
    send = world.as_("social_worker")
    number = {"system": "passport", "value": "ZX 90210", "source": "test"}
    ids = [
        send("POST", f"/v1/people/{one.person_id}/identifiers", json=number).json()["id"]
        for one in (case, other)
    ]
    items = [
        {"record": "person", "record_id": case.person_id, "fields": ["display_name", "sex"]},
        {"record": "identifier", "record_id": ids[0], "fields": ["value", "system"]},
        {"record": "case", "record_id": case.id, "fields": ["status"]},
    ]
    path = issued(case, "", items=items)
    told = case.get("data_protection_officer", f"{path}/extract")
    told = json.loads(told["content"])["records"]
    assert told[1]["fields"] == {"value": "ZX 90210", "system": "passport"}
    assert told[0]["fields"]["sex"] == 0 or isinstance(told[0]["fields"]["sex"], int)
    for strange in (ids[1], NOWHERE):
        item = {"record": "identifier", "record_id": strange, "fields": ["value"]}
        refused = case.post("legal_officer", "/disclosures", asking("", items=[item]))
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"] == [
            {
                "pointer": "/items/0/record_id",
                "code": "unknown",
                "detail": "this case has no such record",
            }
        ]


def test_two_other_people_approve_and_one_checks_the_law(world: World) -> None:
    case = new_case(world)
    path = f"/disclosures/{proposed(case, '', 'supervisor', items=[exact(case)])}"

    def refused(role: str) -> str:
        answer = case.post(role, f"{path}/approve", WHY)
        assert answer.status_code == 403, answer.text
        return str(answer.json()["code"])

    assert refused("supervisor") == "own-proposal"
    assert refused("legal_officer") == "forbidden"
    assert case.send("prosecutor", "POST", f"{path}/approve", json=WHY).status_code in (403, 404)
    assert case.post("coordinator", f"{path}/approve", WHY).status_code == 200
    assert refused("coordinator") == "own-approval"
    assert refused("supervisor") == "own-proposal"
    assert case.send("data_protection_officer", "GET", f"{path}/extract").status_code == 404
    done = case.post("data_protection_officer", f"{path}/approve", WHY)
    assert done.json()["status"] == "issued", done.text
    again = case.post("data_protection_officer", f"{path}/approve", WHY)
    assert (again.status_code, again.json()["code"]) == (409, "wrong-state")
    assert again.json()["current"] == "issued"


def test_a_denial_ends_it_and_the_rest_is_not_approved(world: World) -> None:
    case = new_case(world)
    path = f"/disclosures/{proposed(case, note_of(case))}"
    assert case.post("supervisor", f"{path}/approve", WHY).status_code == 200
    denied = case.post("data_protection_officer", f"{path}/deny", WHY)
    assert (denied.status_code, denied.json()["status"]) == (200, "denied")
    assert denied.json()["decided_reason"] == WHY["reason"]
    assert case.post("coordinator", f"{path}/approve", WHY).status_code == 409
    assert case.send("data_protection_officer", "GET", f"{path}/extract").status_code == 404


def test_less_may_be_approved_than_was_asked_for_and_never_more(world: World) -> None:
    case = new_case(world)
    note = note_of(case)
    path = f"/disclosures/{proposed(case, note)}"
    item = {"record": "note", "record_id": note, "fields": ["kind"]}
    more = case.post("supervisor", f"{path}/approve", {**WHY, "items": [item]})
    assert more.status_code == 422, more.text
    assert more.json()["errors"][0]["pointer"] == "/items/0/fields/0"
    less = {**item, "fields": ["occurred_on"]}
    assert case.post("supervisor", f"{path}/approve", {**WHY, "items": [less]}).status_code == 200
    back = {**item, "fields": ["text"]}
    answer = case.post("data_protection_officer", f"{path}/approve", {**WHY, "items": [back]})
    assert answer.status_code == 422  # what the first approver left out stays out
    assert case.post("coordinator", f"{path}/approve", WHY).status_code == 200
    told = case.get("data_protection_officer", f"{path}/extract")
    (record,) = json.loads(told["content"])["records"]
    assert record["fields"] == {"occurred_on": "2026-01-02"}


@pytest.mark.turns
@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"ground": "curiosity"}, "/ground", "literal-error"),
        ({"document": None}, "/document", "missing"),
        ({"document": {**ORDER, "dated_on": "2199-01-01"}}, "/document/dated_on", "future"),
        ({"deadline": "2020-01-01"}, "/deadline", "past"),
        ({"available_until": "2020-01-01"}, "/available_until", "past"),
        ({"not_informed_reason": None}, "/not_informed_reason", "missing"),
        ({"inform_review_on": None}, "/inform_review_on", "missing"),
        ({"inform_review_on": "2020-01-01"}, "/inform_review_on", "past"),
        ({"person_informed_on": "2026-01-01"}, "/person_informed_on", "both"),
        ({"ground": "consent"}, "/consent_id", "missing"),
        ({"consent_id": NOWHERE}, "/consent_id", "missing"),
        ({"ground": "consent", "consent_id": NOWHERE}, "/consent_id", "unknown"),
        ({"recipient_id": NOWHERE}, "/recipient_id", "unknown"),
        ({"items": [{"record": "note", "fields": ["text"]}]}, "/items/0/record_id", "missing"),
        ({"fields": ["text", "id"]}, "/items/0/fields/1", "unknown"),
        ({"fields": ["case_id"]}, "/items/0/fields/0", "unknown"),
        ({"fields": ["record_class"]}, "/items/0/fields/0", "unknown"),
        ({"fields": ["last_event_id"]}, "/items/0/fields/0", "unknown"),
        ({"record": "identifier", "fields": ["blind"]}, "/items/0/fields/0", "unknown"),
        ({"record": "extract", "fields": ["content"]}, "/items/0/record", "unknown"),
        ({"record": "user", "fields": ["username"]}, "/items/0/record", "unknown"),
        ({"record": "sealing", "fields": ["reason"]}, "/items/0/record", "unknown"),
        ({"version": 2}, "/items/0/version", "unknown"),
        ({"record_id": NOWHERE}, "/items/0/record_id", "unknown"),
    ],
)
def test_what_cannot_be_is_told_by_its_place(
    world: World, change: dict[str, Any], pointer: str, code: str
) -> None:
    case = KEPT.setdefault(world.engine, new_case(world))
    body = asking(note_of(case))
    within = {"fields", "record", "version", "record_id"}
    if change.keys() <= within:
        change = {"items": [{**body["items"][0], **change}]}
    answer = case.post("psychologist", "/disclosures", {**body, **change})
    assert answer.status_code == 422, answer.text
    fault = answer.json()["errors"][0]
    assert (fault["pointer"], fault["code"]) == (pointer, code)


KEPT: dict[str, Made] = {}


def test_a_record_named_twice_is_refused(world: World) -> None:
    case = new_case(world)
    body = asking(note_of(case))
    body["items"] *= 2
    answer = case.post("psychologist", "/disclosures", body)
    assert answer.json()["errors"][0]["code"] == "twice", answer.text


def test_a_user_receives_what_stands_as_q_for_the_role_and_nothing_else(world: World) -> None:
    case = new_case(world, team=tuple(one for one in ON_THE_TEAM if one != "prosecutor"))
    reader = staff_id(world, "prosecutor")
    refused = case.post("psychologist", "/disclosures", asking(note_of(case), recipient_id=reader))
    assert refused.status_code == 422, refused.text
    fault = refused.json()["errors"][0]
    assert (fault["pointer"], fault["code"]) == ("/recipient_id", "not-by-disclosure")
    item = {"record": "person", "record_id": case.person_id, "fields": ["display_name"]}
    assert case.send("prosecutor", "GET", "/disclosures").status_code == 404
    path = issued(case, "", items=[item], recipient_id=reader)
    assert case.send("prosecutor", "GET").status_code == 404  # not the case itself
    notices = world.as_("prosecutor")("GET", "/v1/me/notices?limit=200").json()["items"]
    assert path.rpartition("/")[2] in {one["about_id"] for one in notices}
    (mine,) = case.get("prosecutor", "/disclosures")["items"]
    assert mine["items"][0]["fields"] == ["display_name"]
    told = case.get("prosecutor", f"{path}/extract")
    assert json.loads(told["content"])["records"][0]["fields"] == {
        "display_name": "Синтетова Проба"
    }
    for role in ("data_protection_officer", "legal_officer"):  # theirs alone
        assert case.send(role, "GET", f"{path}/extract").status_code == 404
    assert case.send("defence_lawyer", "GET", f"{path}/extract").status_code == 404
    issued(case, note_of(case))  # another one, not for them
    assert len(case.get("prosecutor", "/disclosures")["items"]) == 1
    ledger = world.as_("prosecutor")("GET", f"/v1/people/{case.person_id}/disclosures")
    assert [one["id"] for one in ledger.json()["items"]] == [mine["id"]]
    assert world.as_("prosecutor")("GET", f"/v1/people/{case.person_id}").status_code == 404


def test_an_auditor_has_content_by_the_word_of_two_people_and_not_without(world: World) -> None:
    case = new_case(world)
    note, reader = note_of(case), staff_id(world, "auditor")
    assert "text" not in case.get("auditor", f"/notes/{note}")
    alone = f"/disclosures/{proposed(case, note, recipient_id=reader)}"
    assert case.post("supervisor", f"{alone}/approve", WHY).status_code == 200
    assert case.send("auditor", "GET", f"{alone}/extract").status_code == 403
    path = issued(case, note, recipient_id=reader)
    told = json.loads(case.get("auditor", f"{path}/extract")["content"])
    assert told["records"][0]["fields"] == {"text": "sleeps badly", "occurred_on": "2026-01-02"}
    assert "text" not in case.get("auditor", f"/notes/{note}")  # a copy, and no way to the note
    other = issued(case, note)  # for somebody else
    assert case.send("auditor", "GET", f"{other}/extract").status_code in (403, 404)


def test_every_role_that_may_be_a_recipient_can_collect_and_nobody_else() -> None:
    q = {
        role
        for roles in POLICY.classes.values()
        for role, reaches in roles.items()
        if any("Q" in letters for letters in reaches.values())
    }
    collect = {
        role
        for role, reaches in POLICY.classes["disclosure"].items()
        if "U" in reaches.get(Reach.DISCLOSED, "")
    }
    assert q == collect


def test_what_is_never_for_a_role_is_not_handed_over_by_it(world: World) -> None:
    case = new_case(world)
    path = issued(case, note_of(case))
    refused = case.send("legal_officer", "GET", f"{path}/extract")
    assert (refused.status_code, refused.json()["code"]) == (403, "never")
    for role in ROLES:
        if role not in ("legal_officer", "data_protection_officer"):
            answer = case.send(role, "GET", f"{path}/extract")
            assert answer.status_code in (403, 404), f"{role}: {answer.text}"
            assert "sleeps badly" not in answer.text


def test_its_content_is_in_no_history_and_no_list(world: World) -> None:
    case = new_case(world)
    issued(case, note_of(case))
    for role in ("data_protection_officer", "legal_officer", "supervisor", "auditor"):
        for place in ("/history?limit=200", "/timeline", "/disclosures"):
            answer = case.send(role, "GET", place)
            assert answer.status_code in (200, 403, 404), answer.text
            assert "sleeps badly" not in answer.text, f"{role} {place}"


def test_after_its_end_it_is_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = new_case(world)
    reader = staff_id(world, "prosecutor")
    item = {"record": "person", "record_id": case.person_id, "fields": ["display_name"]}
    last = str(today() + timedelta(days=1))
    own = issued(case, "", items=[item], recipient_id=reader, available_until=last)
    outside = issued(case, "", items=[item], available_until=last)
    assert case.send("prosecutor", "GET", f"{own}/extract").status_code == 200
    officer = "data_protection_officer"
    assert case.send(officer, "GET", f"{outside}/extract").status_code == 200
    rows = table(Extract)
    with transaction(world.house.engine) as db:
        rewritten(db, Extract, rows.c.case_id == UUID(case.id), available_until=today())
    for role, path in (("prosecutor", own), (officer, outside)):
        over = case.send(role, "GET", f"{path}/extract")
        never = case.send(role, "GET", f"/disclosures/{NOWHERE}/extract")
        assert bytes_of(over) == bytes_of(never)
        assert over.status_code in (403, 404)
        told = case.send(role, "GET", "/history?limit=200")
        assert not any(one["record"] == "extract" for one in told.json().get("items", ())), (
            told.text
        )


def test_what_was_tampered_with_is_not_handed_out(world: World) -> None:
    case = new_case(world)
    path = issued(case, note_of(case))
    rows = table(Extract)
    with transaction(world.house.engine) as db:
        rewritten(db, Extract, rows.c.case_id == UUID(case.id), sha256="0" * 64)
    answer = case.send("data_protection_officer", "GET", f"{path}/extract")
    assert (answer.status_code, answer.json()["code"]) == (409, "damaged")
    assert "sleeps" not in answer.text


def test_withdrawn_consent_ends_it_and_none_is_none(world: World) -> None:
    case, other = new_case(world), new_case(world)
    words = {"scope": "disclosure", "giver": "self", "language": "ru", "text": "to the court"}
    (given, strange) = (
        one.post("social_worker", "/consents", words).json()["id"] for one in (case, other)
    )
    treatment = case.post("social_worker", "/consents", {**words, "scope": "treatment"}).json()
    note = note_of(case)
    for wrong in (strange, treatment["id"]):
        body = asking(note, ground="consent", consent_id=wrong, document=None)
        answer = case.post("psychologist", "/disclosures", body)
        assert answer.json()["errors"][0]["code"] == "unknown", answer.text
    more = {"ground": "consent", "consent_id": given, "document": None}
    path = issued(case, note, **more)
    late = f"/disclosures/{proposed(case, note, **more)}"
    assert case.post("supervisor", f"{late}/approve", WHY).status_code == 200
    assert case.send("data_protection_officer", "GET", f"{path}/extract").status_code == 200
    taken = {"by": "self", "reason": "changed my mind"}
    assert case.post("social_worker", f"/consents/{given}/withdraw", taken).status_code == 200
    assert case.send("data_protection_officer", "GET", f"{path}/extract").status_code == 404
    answer = case.post("data_protection_officer", f"{late}/approve", WHY)
    assert answer.status_code == 409, answer.text
    assert answer.json()["unmet"][0]["code"] == "consent"


def test_the_ledger_of_a_person_is_over_all_cases_less_those_that_are_barred(world: World) -> None:
    one = new_case(world)
    opened = world.as_("social_worker")(
        "POST", "/v1/cases", json={"person_id": one.person_id, "programme": "alder"}
    )
    if opened.status_code == 409:  # one open case a person and programme
        closing = {"reason": "duplicate", "outcome": "another file"}
        assert one.post("social_worker", "/close", closing).status_code == 200
        opened = world.as_("social_worker")(
            "POST", "/v1/cases", json={"person_id": one.person_id, "programme": "alder"}
        )
    assert opened.status_code == 201, opened.text
    two = Made(world, opened.json()["id"], one.person_id)
    item = {"record": "person", "record_id": one.person_id, "fields": ["display_name"]}
    first = proposed(one, "", items=[item])
    second = proposed(two, "", "supervisor", items=[item])
    ledger = f"/v1/people/{one.person_id}/disclosures"

    def told(role: str) -> set[str]:
        answer = world.as_(role)("GET", ledger)
        assert answer.status_code == 200, f"{role}: {answer.text}"
        return {line["id"] for line in answer.json()["items"]}

    assert told("data_protection_officer") == {first, second} == told("supervisor")
    assert told("legal_officer") == {first}  # not on the team of the other
    assert told("psychologist") == set()  # proposed neither
    sealed(two)
    assert told("data_protection_officer") == {first} == told("supervisor")
    for role in ("educator", "partner", "administrator", "prosecutor", "statistician"):
        assert world.as_(role)("GET", ledger).status_code in (403, 404), role
    far = world.as_("data_protection_officer", "south")("GET", ledger)
    nobody = world.as_("data_protection_officer", "south")(
        "GET", f"/v1/people/{NOWHERE}/disclosures"
    )
    assert far.status_code == 404
    assert bytes_of(far) == bytes_of(nobody)


def test_in_a_sealed_case_there_is_none(world: World) -> None:
    case = new_case(world)
    item = {"record": "person", "record_id": case.person_id, "fields": ["display_name"]}
    path = issued(case, "", items=[item], recipient_id=staff_id(world, "prosecutor"))
    outside = issued(case, note_of(case))
    sealed(case)
    for role in ROLES:
        send = world.as_(role)
        for place in ("/disclosures", path, f"{path}/extract", f"{outside}/extract"):
            here, there = (send("GET", f"/v1/cases/{one}{place}") for one in (case.id, NOWHERE))
            assert bytes_of(here) == bytes_of(there), f"{role} {place}: {here.text}"


def test_each_step_and_each_fetch_is_on_record_by_names_alone(world: World) -> None:
    case = new_case(world)
    note = note_of(case)
    path = issued(case, note)
    assert case.send("data_protection_officer", "GET", f"{path}/extract").status_code == 200
    events = table(AuditEvent)
    with transaction(world.house.engine) as db:
        here = select(events).where(events.c.file_id == UUID(case.id)).order_by(events.c.id)
        rows = [dict(row._mapping) for row in db.execute(here)]
    taken = [one for one in rows if one["record_id"] == UUID(note) and one["outcome"] == "read"]
    (one,) = taken
    assert (one["action"], one["record"], one["record_version"]) == (
        "disclosure.approve",
        "note",
        1,
    )
    assert one["record_class"] == "therapy_notes"
    assert one["detail"] == {"fields": ["occurred_on", "text"]}
    fetches = [one for one in rows if one["action"] == "extract.read"]
    assert [(f["record"], f["role"]) for f in fetches] == [("extract", "data_protection_officer")]
    assert "sleeps" not in str(rows)


def test_nothing_else_takes_values_past_the_wall(world: World) -> None:
    case = new_case(world)
    note = UUID(note_of(case))

    def takes(work: UnitOfWork) -> object:
        extract(work, Note, note, ["text"], UUID(case.id))
        raise AssertionError("it was let through")

    others = [OnCase(action) for action in POLICY.verbs if action != WORKFLOW]
    for mark in others[:: max(1, len(others) // 12)]:
        with pytest.raises((OutsideWorkflow, Problem)):
            drive(world, "supervisor", mark, takes, UUID(case.id))
    users = [
        path
        for path, tree in modules()
        if any("extracting" in module for module, *_ in imports(tree))
    ]
    assert users == ["app/casework/disclosures/extracts.py"]


def test_the_person_is_told_in_the_end(world: World) -> None:
    case = new_case(world)
    path = f"/disclosures/{proposed(case, note_of(case))}"
    wrong = case.post("supervisor", f"{path}/inform", {"person_informed_on": "2199-01-01"})
    assert wrong.status_code == 422
    done = case.post("supervisor", f"{path}/inform", {"person_informed_on": "2026-02-01"})
    assert done.status_code == 200, done.text
    assert done.json()["person_informed_on"] == "2026-02-01"
    assert done.json()["not_informed_reason"] is None


def test_those_responsible_are_told_when_it_is_asked_for(world: World) -> None:
    case = new_case(world)
    made = proposed(case, note_of(case))
    for role in ("supervisor", "data_protection_officer", "social_worker"):
        notices = world.as_(role)("GET", "/v1/me/notices?limit=200")
        assert notices.status_code == 200, notices.text
        assert made in {one["about_id"] for one in notices.json()["items"]}, role


@pytest.mark.parametrize("roles", [["coordinator"], ["coordinator", "coordinator"]])
def test_somebody_must_check_the_law(roles: list[str]) -> None:
    assert rules.two_people(roles, [False, False]) == "legal-check"
    assert rules.two_people([*roles, "supervisor"], [False, True]) is None
    assert rules.two_people([*roles, "data_protection_officer"], [True, True]) == "same-line"


@pytest.mark.parametrize("role", ["supervisor", "legal_officer", "coordinator", "social_worker"])
def test_a_request_does_not_find_out_what_there_is_in_a_class_of_which_one_knows_nothing(
    world: World, role: str
) -> None:
    case = new_case(world)
    note = note_of(case)
    item = {"record": "note", "record_id": note, "fields": ["text"]}

    def asked(**more: Any) -> Any:
        return case.post(role, "/disclosures", asking("", items=[{**item, **more}]))

    absent = bytes_of(asked(record_id=NOWHERE))
    assert absent[0] == 422
    assert absent[1]["errors"][0]["pointer"] == "/items/0/record_id"
    for more in ({}, {"version": 1}, {"version": 99}):
        assert bytes_of(asked(**more)) == absent, more
    later = asked(record_id=case.id, record="case", fields=["status"], version=99)
    assert later.json()["errors"][0]["pointer"] == "/items/0/version"  # what one knows of
    for knowing in ("psychologist", "data_protection_officer"):
        assert case.post(knowing, "/disclosures", asking(note)).status_code == 201


def carried(case: Made, role: str, path: str) -> int | str:
    answer = case.send(role, "GET", f"{path}/extract")
    return 200 if answer.status_code == 200 else str(answer.json()["code"])


def test_who_asked_or_agreed_does_not_hand_it_over(world: World) -> None:
    case, officer = new_case(world), "data_protection_officer"
    item = {"record": "person", "record_id": case.person_id, "fields": ["display_name"]}
    asked = [
        issued(case, "", items=[item], role=role, words=words)
        for role, words in (
            ("legal_officer", ("supervisor", "coordinator")),
            ("coordinator", (officer, "supervisor")),
            (officer, ("supervisor", "coordinator")),
        )
    ]
    told = [[carried(case, role, one) for one in asked] for role in HANDS]
    assert told == [
        ["own-disclosure", 200, 200],  # a legal officer of the team
        ["own-disclosure", "own-disclosure", "own-disclosure"],  # the supervisor
        [200, "own-disclosure", "own-disclosure"],  # the data protection officer
    ]


ASSESSED = "best_interests_assessed"  # of the class protection, which counsel has by disclosure
HANDS = ("legal_officer", "supervisor", "data_protection_officer")


def test_who_hands_it_over_reads_all_of_it_or_answers_for_it(world: World) -> None:
    """The supervisor is never told of therapy, and has no right on what is clinical."""
    case, words = new_case(world), ("data_protection_officer", "coordinator")
    text = {"items": [exact(case)]}
    plain = issued(case, "", **text, words=words)
    assert carried(case, "supervisor", plain) == 200
    for kind, code in (("therapy", "never"), ("psychosocial", "not-readable")):
        path = issued(case, note_of(case, kind=kind), words=("supervisor", "coordinator"))
        assert carried(case, "data_protection_officer", path) == 200
        assert carried(case, "legal_officer", path) in ("never", "not-readable")
        colleague = hire(world, "supervisor")
        send = world.with_token(colleague.pair()["access_token"])
        refused = send("GET", f"{case.path}{path}/extract")
        assert (refused.status_code, refused.json()["code"]) == (403, code)


def test_a_recipient_is_told_what_it_is_and_not_what_was_thought_of_it(world: World) -> None:
    case, reader = new_case(world), "prosecutor"
    item = {"record": "person", "record_id": case.person_id, "fields": ["display_name"]}
    path = issued(case, "", items=[item], recipient_id=staff_id(world, reader))
    one, listed = case.get(reader, path), case.get(reader, "/disclosures")["items"]
    assert listed == [one]
    ledger = world.as_(reader)("GET", f"/v1/people/{case.person_id}/disclosures")
    assert ledger.json()["items"] == [one]
    assert set(one) == {
        *("id", "case_id", "status", "ground", "items", "recipient", "recipient_id"),
        "available_until",
    }
    for place in ("/history?limit=200", "/timeline?limit=200", "/disclosures", path):
        told = case.send(reader, "GET", place).text
        for withheld in (WHY["reason"], "the order forbids it", "checked_reason"):
            assert withheld not in told, place
    found = case.send(reader, "GET", "/disclosures?status=issued")
    assert found.json()["items"] == [one]
    counsel = staff_id(world, "legal_officer")  # of the team: one whole, the other in short
    case.post("supervisor", "/disclosures", asking("", items=[exact(case)]))
    said = case.post("child_protection_officer", "/milestones", {"code": ASSESSED}).json()
    for_counsel = {"record": "milestone", "record_id": said["id"], "fields": ["code"]}
    theirs = issued(
        case,
        "",
        role="supervisor",
        items=[for_counsel],
        recipient_id=counsel,
        words=("data_protection_officer", "coordinator"),
    )
    assert "checked_reason" in case.get("legal_officer", theirs)
