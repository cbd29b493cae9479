"""An account that nobody uses is locked, and says so to who knows the password alone."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.core.db import table
from app.core.values import now
from app.registry.staff.models import User
from app.safeguards.identity.models import Session
from tests.conftest import World
from tests.hiring import Hired, events, hire, unit_of
from tests.looking import transaction, written

WHY = {"reason": "back from long leave"}


def idle(world: World, user_id: str, days: float) -> None:
    """Lets time pass for one of them."""
    ago, kept = now() - timedelta(days=days), table(Session)
    written(world.house, User, user_id, created_at=ago)
    with transaction(world.house.engine) as db:
        db.execute(update(kept).where(kept.c.user_id == UUID(user_id)).values(created_at=ago))


def unlocked(world: World, user_id: str) -> Any:
    return world.as_("administrator")("POST", f"/v1/users/{user_id}/unlock", json=WHY)


def test_after_thirty_days_it_takes_an_administrator(world: World) -> None:
    one = hire(world)
    assert one.token().status_code == 200
    idle(world, one.id, 29.9)
    assert one.token().status_code == 200
    idle(world, one.id, 30.1)
    told = one.token()
    assert (told.status_code, told.json()["error"]) == (400, "invalid_grant")
    assert "locked" in told.json()["error_description"]
    assert events(world, one.id, "refused") == ["dormant"]
    done = unlocked(world, one.id)
    assert one.token().status_code == 400  # by the word of one alone
    assert world.agree(one.id).status_code == 200
    assert (done.status_code, done.json()["unlocked_at"] is None) == (200, False), done.text
    assert one.token().status_code == 200


def test_who_guesses_learns_nothing(world: World) -> None:
    one = hire(world)
    one.pair()
    idle(world, one.id, 40)
    wrong = one.token(password="not the password of this one")
    unknown = Hired(world, one.id, "nobody-of-this-name").token()
    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content)


def test_a_client_is_treated_likewise(world: World) -> None:
    body = {"client_id": "sleeping-client", "display_name": "C", "unit_id": unit_of(world)}
    made = world.as_("administrator")("POST", "/v1/clients", json=body).json()
    form = {"grant_type": "client_credentials", "client_id": "sleeping-client"}
    form["client_secret"] = made["client_secret"]
    assert world.client.post("/v1/token", data=form).status_code == 200
    idle(world, made["id"], 31)
    told = world.client.post("/v1/token", data=form)
    assert (told.status_code, told.json()["error"]) == (401, "invalid_client")
    assert "locked" in told.json()["error_description"]
    assert unlocked(world, made["id"]).status_code == 200
    assert world.agree(made["id"]).status_code == 200
    assert world.client.post("/v1/token", data=form).status_code == 200


def test_nobody_unlocks_their_own_and_administrators_alone_do(world: World) -> None:
    boss, one = hire(world, "administrator"), hire(world)
    path = f"/v1/users/{boss.id}/unlock"
    own = boss.send(boss.pair()["access_token"], "POST", path, json=WHY)
    assert (own.status_code, own.json()["code"]) == (403, "own-credentials")
    for role in ("supervisor", "coordinator", "social_worker"):
        answer = world.as_(role)("POST", f"/v1/users/{one.id}/unlock", json=WHY)
        assert answer.status_code == 403, role
