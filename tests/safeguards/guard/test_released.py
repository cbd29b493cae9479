"""Who is released from a team while their write waits for the case writes nothing more."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, select, text, update

from app.core.db import table
from app.core.transactions import transaction
from app.registry.cases.models import Case, TeamMember
from app.safeguards.audit.models import AuditEvent
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
    assert db.execute(update(team).where(*mine).values(until=today())).rowcount == 1


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
    mine = (events.c.file_id == UUID(made.id), events.c.outcome == "written")
    with transaction(world.house.engine) as db:
        return db.execute(select(func.count()).select_from(events).where(*mine)).scalar_one()


def outcomes(world: World, answer: Any) -> list[tuple[str, str | None]]:
    events = table(AuditEvent).c
    asked = events.request_id == UUID(answer.headers["X-Request-Id"])
    with transaction(world.house.engine) as db:
        return [tuple(row) for row in db.execute(select(events.outcome, events.code).where(asked))]


@pytest.mark.parametrize("kind", WRITES)
def test_a_release_counts_for_who_waited_meanwhile(world: World, kind: str) -> None:
    path, body = WRITES[kind]
    made = new_case(world, "2015-03-02")
    before = written(world, made)
    with ThreadPoolExecutor(1) as pool:
        with transaction(world.house.engine) as db:
            held(db, made)
            answer = pool.submit(made.post, ROLE, path, body)
            somebody_waits(world)
            released(db, made)
        refused = answer.result()
    assert refused.status_code == 404, refused.text
    assert written(world, made) == before
    assert outcomes(world, refused) == [("refused", "not-found")]


@pytest.mark.parametrize("kind", WRITES)
def test_who_waited_and_is_still_on_the_team_writes(world: World, kind: str) -> None:
    path, body = WRITES[kind]
    made = new_case(world, "2015-03-02")
    before = written(world, made)
    with ThreadPoolExecutor(1) as pool:
        with transaction(world.house.engine) as db:
            held(db, made)
            answer = pool.submit(made.post, ROLE, path, body)
            somebody_waits(world)
        assert answer.result().is_success, answer.result().text
    assert written(world, made) > before
