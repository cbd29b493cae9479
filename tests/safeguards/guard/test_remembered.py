"""What a process remembers of a token: what changes behind its back counts at once."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from app.core.db import table
from app.core.values import new_id, now
from app.registry.staff.models import Unit, User
from app.safeguards.guard.protected import Protected
from app.safeguards.identity.admitting import Admission
from app.safeguards.identity.caller import digest
from app.safeguards.identity.models import Session, Token
from app.safeguards.vault.models import File
from tests.conftest import World
from tests.looking import event_of, rewritten, transaction
from tests.making import new_case
from tests.safeguards.guard.test_quick import Ways
from tests.safeguards.guard.test_quick import ways as ways

ROLE = "supervisor"  # reaches the cases of a unit


def mine(world: World) -> UUID:
    return UUID(world.staff[ROLE, "north"].id)


def change(world: World, model: Any, where: Any, **values: Any) -> None:
    """In the database itself: the API would end the sessions as well."""
    with transaction(world.house.engine) as db:
        if issubclass(model, Protected):
            assert rewritten(db, model, where, **values)
        else:
            assert db.execute(update(table(model)).where(where).values(values)).rowcount


def unit_of(world: World) -> dict[str, Any]:
    users, units = table(User).c, table(Unit)
    with transaction(world.house.engine) as db:
        here = select(users.unit_id).where(users.id == mine(world)).scalar_subquery()
        return dict(db.execute(select(units).where(units.c.id == here)).one()._mapping)


def another_unit(world: World) -> None:
    """Of the same jurisdiction, so that nothing else changes with it."""
    own = {**unit_of(world), "id": new_id(), "code": "next-door", "name": "Next door"}
    with transaction(world.house.engine) as db:
        at = {"created_at": now(), "updated_at": now()}
        db.execute(insert(table(File)).values(id=own["id"], kind="unit", created_at=now()))
        made_by = {"last_event_id": event_of(db, Unit, own)}
        db.execute(insert(table(Unit)).values({**own, **at, **made_by}))
    change(world, User, table(User).c.id == mine(world), unit_id=own["id"])


def another_jurisdiction(world: World) -> None:
    old = unit_of(world)
    assert old["jurisdiction"] == "ra"
    change(world, Unit, table(Unit).c.id == old["id"], jurisdiction="rb")


def another_role(world: World) -> None:
    change(world, User, table(User).c.id == mine(world), role="livelihoods_officer")


def a_one_time_password(world: World) -> None:
    change(world, Session, table(Session).c.user_id == mine(world), limited=True)


def somebody_elses_session(world: World) -> None:
    """The token is another session's of the same person: events must name the one it is."""
    sessions, tokens = table(Session), table(Token)
    token = digest(f"Bearer {world.staff[ROLE, 'north'].token}")
    with transaction(world.house.engine) as db:
        of_token = select(tokens.c.session_id).where(tokens.c.digest == token).scalar_subquery()
        old = db.execute(select(sessions).where(sessions.c.id == of_token)).one()._mapping
        new = {**old, "id": new_id()}
        db.execute(insert(sessions).values(new))
    until = select(tokens.c.expires_at).where(tokens.c.digest == token)
    whose = new["id"], new["user_id"]
    with transaction(world.house.engine) as db:
        said = Admission(token, "access", *whose, db.execute(until).scalar_one(), limited=False)
    mac = said.word(world.house.vault.admitting)
    change(world, Token, tokens.c.digest == token, session_id=new["id"], mac=mac)


CHANGES = {
    another_unit: {404},
    another_jurisdiction: {200, 404},  # a unit that moved takes its cases along, or not
    another_role: {404},
    a_one_time_password: {401},  # by nobody's word of ours
    somebody_elses_session: {200},
}


@pytest.mark.parametrize("happens", CHANGES)
def test_each_part_counts_at_the_next_request(fresh: World, ways: Ways, happens: Any) -> None:
    made = new_case(fresh)
    assert made.get(ROLE) == made.get(ROLE)  # the second time remembered
    assert ways.short[-1]
    happens(fresh)
    first = made.send(ROLE, "GET")
    assert not ways.short[-1]
    assert first.status_code in CHANGES[happens], first.text
    ways.open = False
    assert made.send(ROLE, "GET").status_code == first.status_code
