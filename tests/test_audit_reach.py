"""The trail is read within one's jurisdiction: another country's staff and cases do not exist."""

from uuid import UUID

from sqlalchemy import select

from app.core.db import table
from app.registry.cases.models import Case
from app.registry.staff.models import Unit, User
from app.safeguards.access.bars import EVERYBODY, Bar
from app.safeguards.audit.models import AuditEvent
from tests.conftest import World
from tests.looking import transaction
from tests.making import new_case


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
        for event in db.execute(select(events)):
            ours = "ra" in (
                staff.get(event.actor_id),
                files.get(event.file_id),
                files.get(event.asked_id) if event.asked_id not in closed else None,
            )
            ours |= event.actor_id is None and event.file_id is None
            ours &= event.file_id not in closed
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
    for role, status in (("supervisor", 403), ("centre_manager", 403), ("educator", 200)):
        assert world.as_(role)("GET", "/v1/audit/events").status_code == status, role
