"""The trail is read within one's jurisdiction: another country's staff and cases do not exist."""

from sqlalchemy import select

from app.core.db import table
from app.core.transactions import transaction
from app.registry.cases.models import Case
from app.registry.staff.models import Unit, User
from tests.conftest import World


def test_an_auditor_sees_the_events_of_the_own_jurisdiction(world: World) -> None:
    users, units, cases = table(User), table(Unit), table(Case)
    with transaction(world.house.engine) as db:
        there = select(units.c.id).where(units.c.jurisdiction == "rb")
        strangers = {
            str(one)
            for one in db.execute(select(users.c.id).where(users.c.unit_id.in_(there))).scalars()
        }
        foreign = db.execute(select(cases.c.id).where(cases.c.jurisdiction == "rb")).scalars()
        foreign_cases = {str(one) for one in foreign}
    assert strangers
    assert foreign_cases
    send, path, seen = world.as_("auditor"), "/v1/audit/events?limit=200", 0
    while path:
        page = send("GET", path).json()
        seen += len(page["items"])
        for event in page["items"]:
            assert event["actor_id"] not in strangers
            assert event["file_id"] not in foreign_cases
        path = f"/v1/audit/events?limit=200&cursor={page['next']}" if page["next"] else ""
    assert seen > 200
    one = next(iter(foreign_cases))
    assert send("GET", f"/v1/audit/events?file_id={one}").json()["items"] == []
