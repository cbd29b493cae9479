"""Who is released from a team while their write waits for the case writes nothing more."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, select, text

from app.core.db import table
from app.registry.cases.models import Case, TeamMember
from app.safeguards.audit.models import AuditEvent
from tests.looking import rewritten, transaction
from tests.making import Made, new_case, today
from tests.worlds import World

ROLE = "psychologist"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = :name"
WRITES = {
    "one event": ("/notes", {"kind": "therapy", "occurred_on": today().isoformat(), "text": "x"}),
    "several events": ("/milestones", {"code": "clinical_screened"}),
    "a change": ("/tracks/MHP/transitions", {"to": "declined", "reason": "said so"}),
}


def held(db: Connection, made: Made) -> None:
    """As every writer on a case holds it."""
    cases = table(Case)
    db.execute(
        select(cases.c.id).where(cases.c.id == UUID(made.id)).with_for_update(key_share=True)
    )


def released(db: Connection, made: Made) -> None:
    team = table(TeamMember)
    mine = (team.c.case_id == UUID(made.id), team.c.role == ROLE)
    assert rewritten(db, TeamMember, *mine, until=today()) == 1


def somebody_waits(world: World) -> None:
    """On PostgreSQL; SQLite's writers wait for their turn, and begin only then."""
    if world.engine == "sqlite":
        return
    name = world.house.engine.url.database
    for _ in range(1000):
        with world.house.engine.connect() as db:
            if db.execute(text(WAITING), {"name": name}).scalar():
                return
        sleep(0.01)
    raise AssertionError("nobody waits")


def written(world: World, made: Made) -> int:
    events = table(AuditEvent)
    by_request = events.c.route != "test"  # not what the test itself has happen
    mine = (events.c.file_id == UUID(made.id), events.c.outcome == "written", by_request)
    with transaction(world.house.engine) as db:
        return db.execute(select(func.count()).select_from(events).where(*mine)).scalar_one()


def outcomes(world: World, answer: Any) -> list[tuple[str, str | None]]:
    events = table(AuditEvent).c
    asked = events.request_id == UUID(answer.headers["X-Request-Id"])
    with transaction(world.house.engine) as db:
        return [tuple(row) for row in db.execute(select(events.outcome, events.code).where(asked))]


def written_while_held(
    world: World, made: Made, kind: str, meanwhile: Callable[[Connection, Made], None]
) -> Any:
    path, body = WRITES[kind]
    with ThreadPoolExecutor(1) as pool:
        with transaction(world.house.engine) as db:
            held(db, made)
            answer = pool.submit(made.post, ROLE, path, body)
            somebody_waits(world)
            meanwhile(db, made)
        return answer.result()


def at_a_known_door(world: World) -> Made:
    """Whoever has written here before asks once, and does not look first."""
    made = new_case(world, "2015-03-02")
    made.get(ROLE)
    assert made.post(ROLE, *WRITES["one event"]).status_code == 201
    assert bool(world.house.seen.known) == (world.engine == "postgresql")
    return made


DOORS = {"new": lambda world: new_case(world, "2015-03-02"), "known": at_a_known_door}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", WRITES)
def test_a_release_counts_for_who_waited_meanwhile(world: World, kind: str, door: str) -> None:
    made = DOORS[door](world)
    before = written(world, made)
    refused = written_while_held(world, made, kind, released)
    assert refused.status_code == 404, refused.text
    assert written(world, made) == before
    assert outcomes(world, refused) == [("refused", "not-found")]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", WRITES)
def test_who_waited_and_is_still_on_the_team_writes(world: World, kind: str, door: str) -> None:
    made = DOORS[door](world)
    before = written(world, made)
    answer = written_while_held(world, made, kind, lambda db, made: None)
    assert answer.is_success, answer.text
    assert written(world, made) > before
