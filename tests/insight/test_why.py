"""Each event says why: by what office and law, by which relationship, and by which grant."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.db import table
from app.safeguards.access.offices import OFFICES
from app.safeguards.audit.models import AuditEvent
from tests.access.test_agreements import agreed, consent
from tests.access.test_break_glass import broken, therapy
from tests.access.test_covers import Standin
from tests.conftest import World
from tests.looking import transaction
from tests.making import new_case, staff_id

NOTE = {"kind": "social_work", "occurred_on": "2026-01-05", "text": "a visit"}


def on_record(world: World, answer: Any) -> Any:
    """The one event of a request."""
    events = table(AuditEvent)
    asked = events.c.request_id == UUID(answer.headers["X-Request-Id"])
    with transaction(world.house.engine) as db:
        (row,) = db.execute(select(events).where(asked)).all()
    return row


def grants(world: World, answer: Any) -> Any:
    assert answer.is_success, answer.text
    return on_record(world, answer).detail.get("grants")


def test_reads_writes_and_refusals_say_why(world: World) -> None:
    made = new_case(world)
    for answer, relation in (
        (made.send("social_worker", "GET", ""), "team"),  # the short way
        (made.send("social_worker", "GET", "/notes"), "team"),
        (made.send("social_worker", "GET", "/timeline"), "team"),
        (made.send("social_worker", "GET", "?as_of=2026-01-01T00:00:00Z"), None),  # not there yet
        (made.post("social_worker", "/notes", NOTE), "team"),
        (world.as_("supervisor")("GET", "/v1/cases"), "unit line"),
        (world.as_("supervisor")("GET", "/v1/me"), "self"),
        (world.as_("administrator")("GET", made.path), None),
    ):
        row = on_record(world, answer)
        office = OFFICES[row.role]
        assert (row.purpose, row.basis, row.relation) == (office.purpose, office.basis, relation)
        assert (row.outcome == "refused") is (relation is None)
        assert "grants" not in row.detail
    stranger = on_record(world, world.with_token("nobody")("GET", "/v1/cases"))
    assert (stranger.purpose, stranger.basis, stranger.relation) == (None, None, None)


def test_who_stands_in_says_for_whom(world: World) -> None:
    standin, mine, other = Standin(world), new_case(world, team=()), new_case(world)
    member = {"user_id": standin.user["id"], "part": "psychologist", "reason": "test"}
    assert mine.post("social_worker", "/team", member).status_code == 201
    note = {**NOTE, "kind": "therapy"}
    assert standin.send("POST", f"{mine.path}/notes", json=note).status_code == 201
    cover = standin.covered()
    absent = staff_id(world, "psychologist")
    by_cover = [{"kind": "cover", "id": cover, "for": absent}]
    for way in ("", "/notes", "/timeline", "/history"):
        assert grants(world, standin.send("GET", other.path + way)) == by_cover
        assert grants(world, standin.send("GET", mine.path + way)) is None  # by their own
    assert grants(world, standin.send("POST", f"{other.path}/notes", json=note)) == by_cover
    # The door is known by now, and what is written goes by no shorter way past the cover.
    written = standin.send("POST", f"{other.path}/notes", json=note)
    assert grants(world, written) == by_cover
    assert grants(world, standin.send("POST", f"{mine.path}/notes", json=note)) is None
    assert grants(world, standin.send("GET", "/v1/cases")) == by_cover
    (told,) = (
        one
        for one in standin.send("GET", f"{other.path}/history?limit=200").json()["items"]
        if one["record_id"] == written.json()["id"]
    )
    assert told["grants"] == by_cover
    assert (told["purpose"], told["basis"], told["relation"]) == ("health", "mandate", "team own")
    looks = other.get("auditor", "/access-log?limit=200&action=note.read")["items"]
    assert looks[0]["grants"] == by_cover


def test_broken_glass_is_named_on_its_case_alone(fresh: World) -> None:
    case, other = new_case(fresh), new_case(fresh)
    note = therapy(case)
    glass = broken(case, "health_worker", "therapy_notes").json()["id"]
    seen = case.send("health_worker", "GET", f"/notes/{note}")
    assert grants(fresh, seen) == [{"kind": "break_glass", "id": glass}]
    assert grants(fresh, other.send("health_worker", "GET", "")) is None
    case.post("health_worker", f"/break-glass/{glass}/end")
    assert grants(fresh, case.send("health_worker", "GET", "")) is None


def test_a_history_names_no_grant_of_others_to_who_may_not_read_it(fresh: World) -> None:
    case = new_case(fresh)
    glass = broken(case, "social_worker", "health")
    assert glass.status_code == 201, glass.text
    high = {"need_level": "high", "reason": "sleeps badly"}
    made = case.send("social_worker", "PATCH", json=high, headers={"If-Match": "*"})
    assert made.status_code == 200, made.text
    mine = [{"kind": "break_glass", "id": glass.json()["id"], "for": None}]

    def told(role: str) -> Any:
        items = case.get(role, "/history?limit=200")["items"]
        (entry,) = (one for one in items if (one["record"], one["version"]) == ("case", 2))
        return entry["grants"]

    assert told("social_worker") == told("auditor") == mine
    for role in ("psychologist", "supervisor"):
        assert told(role) == []


def test_a_partner_comes_by_an_agreement(fresh: World) -> None:
    case = new_case(fresh)
    agreement = agreed(fresh, "identity", "education")
    assert consent(case, agreement).status_code == 201
    agreed(fresh, "identity")  # for which no case has a basis
    person = fresh.as_("partner")("GET", f"/v1/people/{case.person_id}")
    assert grants(fresh, person) == [{"kind": "agreement", "id": agreement}]
