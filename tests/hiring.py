"""People hired for one test, and how they sign in."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import select

from app.core.db import table
from app.registry.staff.models import User
from app.safeguards.audit.models import AuditEvent
from tests.conftest import World
from tests.looking import transaction, written

PASSWORD = "kettle drum orbit walnut"
NUMBERS = count(1)


@dataclass
class Hired:
    world: World
    id: str
    username: str
    password: str = PASSWORD

    def token(self, password: str | None = None, **more: str) -> Any:
        form = {"username": self.username, "password": password or self.password, **more}
        return self.world.client.post("/v1/token", data={"grant_type": "password", **form})

    def pair(self, **more: str) -> dict[str, str]:
        answer = self.token(**more)
        assert answer.status_code == 200, answer.text
        found: dict[str, str] = answer.json()
        return found

    def refresh(self, token: str) -> Any:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return self.world.client.post("/v1/token", data=form)

    def send(self, token: str, method: str, path: str, **more: Any) -> Any:
        return send(self.world, token, method, path, **more)

    def change(self, **changes: Any) -> Any:
        return change(self.world, self.id, **changes)


def send(world: World, token: str, method: str, path: str, **more: Any) -> Any:
    extra = more.pop("headers", {})
    headers = {"Authorization": f"Bearer {token}", **extra}
    return world.client.request(method, path, headers=headers, **more)


RIGHTS = {"role", "unit_id", "supervisor_id"}


def change(world: World, user_id: str, **changes: Any) -> Any:
    """As an administrator would: read, then change what was read; rights, with another's word.

    So does an account that was disabled open again.
    """
    admin, path = world.as_("administrator"), f"/v1/users/{user_id}"
    if changes.keys() & RIGHTS:
        body = {"reason": "for a test", **changes}
        proposed = admin("POST", f"{path}/changes", json=body)
        return proposed if proposed.is_error else world.agree(user_id)
    tag = admin("GET", path).headers["ETag"]
    body = {"reason": "for a test", **changes}
    done = admin("PATCH", path, json=body, headers={"If-Match": tag})
    opens = changes.get("disabled") is False and done.is_success and done.json()["disabled_at"]
    return world.agree(user_id) if opens else done


def unit_of(world: World, code: str = "demo-north") -> str:
    units = world.as_("administrator")("GET", "/v1/units?limit=200").json()["items"]
    found: str = next(one["id"] for one in units if one["code"] == code)
    return found


def another_unit(world: World) -> str:
    """In the same jurisdiction."""
    code = f"another-{next(NUMBERS)}"
    body = {"code": code, "name": "Another", "jurisdiction": "ra"}
    made = world.as_("administrator")("POST", "/v1/units", json=body)
    assert made.status_code == 201, made.text
    found: str = made.json()["id"]
    return found


def hire(world: World, role: str = "social_worker", **more: Any) -> Hired:
    username = f"hired-{next(NUMBERS)}"
    body = {
        "username": username,
        "display_name": "Hired For A Test",
        "role": role,
        "unit_id": None if role == "administrator" else unit_of(world),
        "password": PASSWORD,
        **more,
    }
    made = world.as_("administrator")("POST", "/v1/users", json=body)
    assert made.status_code == 201, made.text
    world.agree(made.json()["id"])
    settle(world, made.json()["id"])
    return Hired(world, made.json()["id"], username, body["password"])


def settle(world: World, user_id: str) -> None:
    """As if they had been here for a while."""
    written(world.house, User, user_id, credentials_reset_at=None)


def events(world: World, actor_id: str, outcome: str) -> list[str | None]:
    """The codes of what one actor did or was refused, in order."""
    kept = table(AuditEvent)
    chosen = select(kept.c.code).where(
        kept.c.actor_id == actor_id, kept.c.outcome == outcome, kept.c.action == "token.issue"
    )
    with transaction(world.house.engine) as db:
        return list(db.execute(chosen.order_by(kept.c.id)).scalars())
