"""Members of the demo staff by user name, and what tests count and look up behind the API."""

from collections.abc import Callable
from itertools import count
from typing import Any

from sqlalchemy import func, select

from app.core.db import Base, table
from app.core.values import now
from app.registry.staff.models import User
from app.safeguards.audit.models import AuditEvent, AuditSubject
from tests.conftest import World
from tests.looking import lately, token_of, transaction

Send = Callable[..., Any]
NUMBERS = count(1)
COUNTED = ("persons", "person_names", "cases", "arrivals", "households", "relationships", "files")


def signed_in(world: World, username: str) -> Send:
    users = table(User)
    with transaction(world.house.engine) as db:
        found = db.execute(select(users.c.id).where(users.c.username == username)).scalar_one()
    token = token_of(world.house, found, hours=1)

    def send(method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return world.client.request(method, path, headers=headers, **more)

    return send


def rows(world: World) -> dict[str, int]:
    """How many rows the tables of an intake hold."""
    with transaction(world.house.engine) as db:
        return {
            name: db.execute(select(func.count()).select_from(Base.metadata.tables[name])).scalar()
            or 0
            for name in COUNTED
        }


def subjects_of(world: World, request_id: str) -> set[str]:
    """The files that the events of one request say were shown."""
    events, subjects = table(AuditEvent), table(AuditSubject)
    with transaction(world.house.engine) as db:
        found = db.execute(
            select(subjects.c.file_id)
            .join(events, events.c.id == subjects.c.event_id)
            .where(events.c.request_id == request_id, events.c.id >= lately())
        )
        return {str(one) for one in found.scalars()}


def operation(world: World, **more: Any) -> str:
    """A new operation of the northern unit's jurisdiction; its id."""
    body = {
        "code": f"test-{next(NUMBERS)}-{now():%H%M%S%f}",
        "name": "Operation Test",
        "programme": "alder",
        "arrives_on": "2025-11-01",
        **more,
    }
    made = world.as_("coordinator")("POST", "/v1/operations", json=body)
    assert made.status_code == 201, made.text
    identifier: str = made.json()["id"]
    return identifier


def person(full: str, value: str | None = None, **more: Any) -> dict[str, Any]:
    names = [{"full": full, "source": "test"}]
    return {"names": names, "birth": {"value": value}, **more}


def registered(send: Send, full: str, value: str | None = None, **more: Any) -> str:
    made = send("POST", "/v1/people", json=person(full, value, **more))
    assert made.status_code == 201, made.text
    identifier: str = made.json()["id"]
    return identifier
