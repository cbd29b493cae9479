"""What leaves the wall: exact fields, on a ground, by two people, frozen, until its end."""

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

from tests.access.test_sealing import WHY, bytes_of, sealed
from tests.conftest import World
from tests.making import Made, new_case, staff_id, today

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


def note_of(case: Made, role: str = "psychologist", **more: Any) -> str:
    body = {"kind": "therapy", "occurred_on": "2026-01-02", "text": "sleeps badly", **more}
    made = case.post(role, "/notes", body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def proposed(case: Made, record_id: str, role: str = "legal_officer", **more: Any) -> str:
    made = case.post(role, "/disclosures", asking(record_id, **more))
    assert made.status_code == 201, made.text
    assert made.json()["status"] == "proposed"
    return str(made.json()["id"])


def issued(case: Made, record_id: str, **more: Any) -> str:
    disclosure = proposed(case, record_id, **more)
    path = f"/disclosures/{disclosure}"
    first = case.post("supervisor", f"{path}/approve", WHY)
    assert first.status_code == 200, first.text
    assert first.json()["status"] == "checked"
    second = case.post("data_protection_officer", f"{path}/approve", WHY)
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
    (record,) = content["records"]
    assert record["fields"] == {"text": "sleeps badly", "occurred_on": "2026-01-02"}
    assert record["record_class"] == "therapy_notes"
