"""Who writes where they wrote before asks once; what changed since counts all the same."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.core.db import table
from app.core.lines import Line
from app.core.values import new_id, now
from app.registry.cases.models import Case, TeamMember
from app.registry.staff.models import User
from app.safeguards.audit.models import AuditEvent, Revision
from app.safeguards.identity.caller import digest
from app.safeguards.identity.models import Token
from app.safeguards.vault.models import File
from tests.looking import transaction
from tests.making import Made, new_case, today
from tests.safeguards.guard.test_remembered import change
from tests.worlds import World

ROLE = "psychologist"
NOTE = {"kind": "therapy", "occurred_on": today().isoformat(), "text": "Slept well."}


class Questions:
    def __init__(self) -> None:
        self.asked = 0


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> Questions:
    counted, ask = Questions(), Line.ask

    def counting(line: Line, send: Any) -> Any:
        counted.asked += 1
        return ask(line, send)

    monkeypatch.setattr(Line, "ask", counting)
    return counted


def known(world: World) -> Made:
    """A case, and a caller of whom this process has heard before."""
    made = new_case(world)
    made.get(ROLE)
    return made


def write(made: Made) -> Any:
    return made.post(ROLE, "/notes", NOTE)


def revisions(world: World, made: Made) -> int:
    kept = table(Revision)
    with transaction(world.house.engine) as db:
        mine = kept.c.file_id == UUID(made.id)
        return db.execute(select(func.count()).select_from(kept).where(mine)).scalar_one()


def test_the_first_write_asks_twice_and_those_after_it_once(
    world: World, questions: Questions
) -> None:
    made = known(world)
    lines = world.engine == "postgresql"
    for expected in (2, 1, 1):
        questions.asked = 0
        assert write(made).status_code == 201
        assert questions.asked == expected * lines
    events = table(AuditEvent)
    with transaction(world.house.engine) as db:
        mine = (events.c.file_id == UUID(made.id), events.c.record == "note")
        written = (*mine, events.c.outcome == "written")
        found = db.execute(select(events.c.seq).where(*written).order_by(events.c.seq)).scalars()
        assert [*found] == [1, 2, 3]


def test_a_door_is_known_to_nobody_else(world: World, questions: Questions) -> None:
    """Not even the number of questions tells a stranger that something is there."""
    made = known(world)
    assert write(made).status_code == 201
    stranger = world.as_(ROLE, "south")
    assert stranger("GET", "/v1/me").status_code == 200
    asked = []
    for path in (made.path, f"/v1/cases/{new_id()}"):
        questions.asked = 0
        assert stranger("POST", f"{path}/notes", json=NOTE).status_code == 404
        asked.append(questions.asked)
    assert asked[0] == asked[1]
    questions.asked = 0
    assert write(made).status_code == 201
    assert questions.asked == (world.engine == "postgresql"), "forgotten for somebody else's sake"


def token_ended(world: World, made: Made) -> None:
    token = digest(f"Bearer {world.staff[ROLE, 'north'].token}")
    change(world, Token, table(Token).c.digest == token, expires_at=now())


def released(world: World, made: Made) -> None:
    team = table(TeamMember).c
    mine = (team.case_id == UUID(made.id)) & (team.role == ROLE)
    change(world, TeamMember, mine, until=today())


def another_role(world: World, made: Made) -> None:
    me = UUID(world.staff[ROLE, "north"].id)
    change(world, User, table(User).c.id == me, role="livelihoods_officer")


def closed(world: World, made: Made) -> None:
    here = table(Case).c
    change(world, Case, here.id == UUID(made.id), status="closed", version=here.version + 1)


CHANGES = {token_ended: 401, released: 404, another_role: 404, closed: 409}


@pytest.mark.parametrize("happens", CHANGES)
def test_what_changed_since_counts(fresh: World, questions: Questions, happens: Any) -> None:
    made = known(fresh)
    assert write(made).status_code == 201
    before = revisions(fresh, made)
    happens(fresh, made)
    questions.asked = 0
    refused = write(made)
    assert refused.status_code == CHANGES[happens], refused.text
    assert questions.asked == (fresh.engine == "postgresql"), "the known door was not tried"
    assert revisions(fresh, made) == before
    events = table(AuditEvent).c
    with transaction(fresh.house.engine) as db:
        asked = events.request_id == UUID(refused.headers["X-Request-Id"])
        assert [*db.execute(select(events.outcome).where(asked)).scalars()] == ["refused"]


def test_a_case_that_changed_is_looked_at_anew_and_then_known_again(
    world: World, questions: Questions
) -> None:
    made = known(world)
    assert write(made).status_code == 201
    here = table(Case).c
    change(world, Case, here.id == UUID(made.id), phase="reintegration", version=here.version + 1)
    for expected in (1, 2, 1):  # in vain, and then on a thread; anew; known
        questions.asked = 0
        assert write(made).status_code == 201
        assert questions.asked == expected * (world.engine == "postgresql")


def test_a_file_that_was_erased_is_not_written_on(fresh: World, questions: Questions) -> None:
    """With a key that is remembered, what is written would be lost to everybody else."""
    made = known(fresh)
    assert write(made).status_code == 201
    before = revisions(fresh, made)
    change(fresh, File, table(File).c.id == UUID(made.id), wrapped_key=None)
    questions.asked = 0
    assert write(made).status_code == 404  # as if it were not there
    assert questions.asked == (fresh.engine == "postgresql")
    assert revisions(fresh, made) == before
