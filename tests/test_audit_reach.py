"""The trail is read within one's jurisdiction: another country's staff and cases do not exist."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from sqlalchemy import select

from app.core.db import table
from app.registry.cases.models import Case
from app.registry.conflicts.models import Interest
from app.registry.households.models import HouseholdMember
from app.registry.notices.models import Notice
from app.registry.people.models import Relationship
from app.registry.staff.models import Unit, User
from app.safeguards.access.bars import EVERYBODY, Bar
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.summaries import classes
from tests.access.test_sealing import sealed
from tests.conftest import World
from tests.hiring import hire
from tests.looking import transaction
from tests.making import new_case, on_docket

ANY_ID = ("not-found", "unauthenticated", "password-change-required")


def expected(world: World) -> tuple[set[str], set[str], set[UUID]]:
    """The events that the auditor of `ra` is to see, those not, and the other country's cases.

    What somebody of another country asked of a case of ours is our event, too.
    """
    users, units, cases, events = table(User), table(Unit), table(Case), table(AuditEvent)
    bars = table(Bar)
    me = UUID(world.staff["auditor", "north"].id)
    shown: set[str] = set()
    hidden: set[str] = set()
    with transaction(world.house.engine) as db:
        where = {row.id: row.jurisdiction for row in db.execute(select(units))}
        staff = {row.id: where.get(row.unit_id) for row in db.execute(select(users))}
        files = {row.id: row.jurisdiction for row in db.execute(select(cases))}
        closed = {row.file_id for row in db.execute(select(bars)) if row.user_id in (EVERYBODY, me)}
        members = db.execute(select(table(HouseholdMember))).all()
        relations = db.execute(select(table(Relationship))).all()
        open_homes = {row.household_id for row in members if row.person_id not in closed}
        unseen = {row.id for row in members if row.person_id in closed}
        unseen |= {row.id for row in relations if row.other_id in closed}
        unseen |= {row.household_id for row in members} - open_homes
        interests = db.execute(select(table(Interest))).all()
        unseen |= {row.id for row in interests if row.person_id in closed and row.declared_by != me}
        notices = db.execute(select(table(Notice))).all()
        unseen |= {row.id for row in notices if {row.case_id, row.on_case_id} & closed}
        for event in db.execute(select(events)):
            ours = "ra" in (
                staff.get(event.actor_id),
                files.get(event.file_id),
                files.get(event.asked_id) if event.asked_id not in closed else None,
            )
            ours |= event.actor_id is None and event.file_id is None
            ours &= not {event.file_id, event.record_id} & (closed | unseen)
            ours &= event.asked_id not in closed or event.code in ANY_ID
            (shown if ours else hidden).add(str(event.id))
    return shown, hidden, {one for one, place in files.items() if place != "ra"}


def test_an_auditor_sees_the_events_of_the_own_jurisdiction(world: World) -> None:
    case = world.as_("social_worker")("GET", "/v1/cases?limit=1").json()["items"][0]["id"]
    asked = world.as_("supervisor", "south")("GET", f"/v1/cases/{case}")
    assert asked.status_code == 404
    shown, hidden, foreign = expected(world)
    assert len(shown) > 200
    assert hidden
    send, path, told = world.as_("auditor"), "/v1/audit/events?limit=200", set()
    requests: set[str] = set()
    while path:
        page = send("GET", path).json()
        told |= {event["id"] for event in page["items"]}
        requests |= {event["request_id"] for event in page["items"]}
        path = f"/v1/audit/events?limit=200&cursor={page['next']}" if page["next"] else ""
    assert not told & hidden
    assert shown <= told
    assert asked.headers["x-request-id"] in requests
    for one in foreign:
        assert send("GET", f"/v1/audit/events?file_id={one}").json()["items"] == []


def test_others_read_what_they_did_themselves(world: World) -> None:
    case = new_case(world)
    mine = world.staff["psychologist", "north"].id
    assert case.get("psychologist")["id"] == case.id
    assert world.as_("psychologist")("POST", f"{case.path}/close", json={}).status_code == 403
    told = world.as_("psychologist")("GET", f"/v1/audit/events?file_id={case.id}").json()["items"]
    assert {event["actor_id"] for event in told} == {mine}
    whole = world.as_("psychologist")("GET", "/v1/audit/events?limit=200").json()["items"]
    assert {event["actor_id"] for event in whole} == {mine}
    for role, status in (("centre_manager", 403), ("educator", 200)):
        assert world.as_(role)("GET", "/v1/audit/events").status_code == status, role


def trail(world: World, role: str, **filters: str) -> list[dict[str, Any]]:
    """All of it, oldest first."""
    told: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        path = f"/v1/audit/events?{urlencode({'limit': '200', **filters, **more})}"
        page = world.as_(role)("GET", path).json()
        told += page["items"]
        if not page["next"]:
            return told
        more = {"cursor": page["next"]}


def test_ones_own_trail_does_not_tell_what_a_rule_drew_past_ones_classes(world: World) -> None:
    """Who records that an act was a child's moves papers of which they must not know."""
    case = new_case(world, "2001-05-17", team=("child_protection_officer", "prosecutor"))
    note = {"kind": "legal", "occurred_on": "2026-01-05", "text": "what the court was told"}
    assert case.post("prosecutor", "/notes", note).status_code == 201
    board = {"decided_by": "Board", "members": ["A. Aliev", "B. Brown", "C. Cherny"]}
    adult = {"code": "P2_ADULT_ACCUSED_AT_LIBERTY", "reason": "heard", **board}
    assert case.post("supervisor", "/pathways", adult).status_code == 201
    role, act = "child_protection_officer", {"act_on": "2018-06-01"}
    child = {"code": "P7_CHILD_CONTACT_LAW", "reason": "heard", **act, **board}
    moved = case.post(role, "/pathways", child)
    assert moved.status_code == 201, moved.text
    for filters in ({"file_id": case.id}, {}):
        mine = trail(world, role, **filters, outcome="written")
        own = [one for one in mine if one["record_id"] == moved.json()["id"]]
        assert [one["action"] for one in own] == ["pathway.assign"]
        assert {one["record"] for one in mine} & {"note", "party", "proceeding"} == set()
        assert all("drawn" not in one["detail"] for one in mine)
        seen = {(one["record"], one["record_class"]) for one in mine}
        for record, name in seen:
            assert name in classes(POLICY.in_sight(role, record)), (record, name)
    whole = trail(world, "auditor", file_id=case.id, outcome="written")
    drawn = [one for one in whole if "drawn" in one["detail"]]
    assert {"note", "party", "proceeding"} <= {one["record"] for one in drawn}
    assert {one["actor_id"] for one in drawn} == {world.staff[role, "north"].id}


def test_what_one_was_refused_on_a_sealed_file_tells_no_more_than_of_any_id(world: World) -> None:
    case, nowhere = new_case(world), str(uuid4())
    for one in (case.path, f"/v1/cases/{nowhere}"):
        for role, path, body in (
            ("psychologist", "/close", {}),  # forbidden
            ("psychologist", "/notes", {"kind": "therapy"}),  # invalid
            ("child_protection_officer", "/reopen", {"reason": "wrong state"}),
            ("legal_officer", "/team", {}),
        ):
            answer = world.as_(role)("POST", one + path, json=body)
            assert answer.status_code in (403, 404, 409, 422), answer.text
    sealed(case)
    for role in ("psychologist", "child_protection_officer", "legal_officer", "auditor"):
        for filters in ({"file_id": case.id}, {}):
            told = trail(world, role, **filters)
            asked = [one for one in told if case.id in (one["asked_id"], one["file_id"])]
            assert {one["code"] for one in asked} <= {"not-found"}, role
        assert asked_of(world, role, nowhere)
        unseen = world.as_(role)("GET", case.path)
        assert unseen.status_code == 404
        if role != "auditor":
            assert asked_of(world, role, case.id)


def asked_of(world: World, role: str, file_id: str) -> list[dict[str, Any]]:
    told = trail(world, role, file_id=file_id)
    assert {one["asked_id"] for one in told} <= {file_id}
    return told


TECHNICAL = {"id", "created_at", "actor_id", "role", "action", "outcome"}
LEADING = ("supervisor", "coordinator")


def deeds(world: World, role: str, **filters: str) -> set[tuple[str, str, str]]:
    told = trail(world, role, **filters)
    return {(one["role"], one["action"], one["outcome"]) for one in told}


def test_who_leads_is_told_who_did_what_on_their_cases(world: World) -> None:
    case, other = new_case(world), new_case(world)
    note = {"kind": "social_work", "occurred_on": "2026-01-05", "text": "a visit"}
    assert case.post("social_worker", "/notes", note).status_code == 201
    assert case.get("psychologist")["id"] == case.id
    case.get("psychologist", "/notes")
    assert sealed(other)
    for role in LEADING:
        told = trail(world, role, file_id=case.id)
        assert {frozenset(one) for one in told} == {frozenset({*TECHNICAL, "file_id"})}, role
        assert {one["file_id"] for one in told} == {case.id}
        done = deeds(world, role, file_id=case.id)
        assert ("social_worker", "case.open", "written") in done
        assert ("psychologist", "case.read", "read") in done
        assert {action for _, action, outcome in done if outcome == "read"} == {"case.read"}
        assert (("social_worker", "note.add", "written") in done) is (role == "supervisor")
        assert trail(world, role, file_id=other.id) == []
        by_psychologist = {"actor_id": world.staff["psychologist", "north"].id, "file_id": case.id}
        assert {one["role"] for one in trail(world, role, **by_psychologist)} == {"psychologist"}
        assert trail(world, role, file_id=str(uuid4())) == []
        files = {one["file_id"] for one in trail(world, role)}
        assert files <= cases_of(world, "ra") - {other.id}


def test_who_leads_hears_of_no_therapy_and_no_health(world: World) -> None:
    """Not even that something was looked up on the way, or that a note was sent twice."""
    case, key = new_case(world), {"Idempotency-Key": str(uuid4())}
    therapy = {"kind": "therapy", "occurred_on": "2026-01-05", "text": "said in confidence"}
    path = f"{case.path}/notes"
    first, again = (
        world.as_("psychologist")("POST", path, json=therapy, headers=key) for _ in range(2)
    )
    assert first.json() == again.json()
    corrected = {**therapy, "corrects_id": first.json()["id"]}
    assert case.post("psychologist", "/notes", corrected).status_code == 201
    for role in LEADING:
        done = deeds(world, role, file_id=case.id)
        assert {deed for deed in done if deed[0] == "psychologist"} == set(), role


def test_who_leads_hears_of_nobody_who_came_by_a_docket_that_is_not_theirs(world: World) -> None:
    case = new_case(world, "2012-05-17", team=())
    on_docket(case, "prosecutor")
    assert case.get("prosecutor")["id"] == case.id
    case.get("prosecutor", "/proceedings")
    for role, knows in (("supervisor", True), ("coordinator", False)):
        done = deeds(world, role, file_id=case.id)
        assert (
            "supervisor" in {who for who, action, _ in done if action == "party.enter"}
        ) is knows
        assert "prosecutor" not in {who for who, _, _ in done}, role


def test_who_runs_the_system_is_told_of_accounts_and_of_nobody_s_case(world: World) -> None:
    case, one = new_case(world), hire(world)
    member = {"user_id": one.id, "part": "helper", "reason": "test"}
    assert case.post("social_worker", "/team", member).status_code == 201
    assert one.token().status_code == 200
    assert one.change(disabled=True).is_success
    told = trail(world, "administrator")
    assert {frozenset(one) for one in told} == {frozenset(TECHNICAL)}
    assert {"token.issue", "user.add", "user.change"} <= {event["action"] for event in told}
    records = {event["action"].partition(".")[0] for event in told}
    accounts = {"token", "user", "unit", "client", "appointment", "certificate"}
    assert records <= {*accounts, "configuration"}
    *_, disabled = (event for event in told if event["action"] == "user.change")
    beside = [event for event in told if event["created_at"] == disabled["created_at"]]
    assert beside == [disabled]  # and of what ends with them, nothing
    for name in ("file_id", "request_id"):
        answer = world.as_("administrator")("GET", f"/v1/audit/events?{name}={case.id}")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["code"] == "unknown-parameter"


def cases_of(world: World, place: str) -> set[str]:
    cases = table(Case)
    with transaction(world.house.engine) as db:
        found = db.execute(select(cases.c.id).where(cases.c.jurisdiction == place)).scalars()
        return {str(one) for one in found}
