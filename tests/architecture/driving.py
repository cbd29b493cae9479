"""Runs a handler behind the wall without a route: for handlers that nobody should write."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.core.values import new_id
from app.safeguards.guard.answer import Answer
from app.safeguards.guard.calls import Call
from app.safeguards.guard.carrying import carry
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.identity.caller import digest
from tests.conftest import World

Handler = Callable[[UnitOfWork], object]


def drive(
    world: World,
    role: str,
    mark: Mark,
    handler: Handler,
    file_id: UUID | None = None,
    unit: str = "north",
    **more: Any,
) -> Answer:
    token = digest(f"Bearer {world.staff[role, unit].token}")
    call = Call(token, "POST", "/shape", "POST /shape", new_id(), file_id, **more)
    return carry(world.house, mark, call, handler)


def cases_of(world: World, unit: str = "north") -> list[UUID]:
    """Open cases of one unit, oldest first."""
    found = world.as_("supervisor", unit)("GET", "/v1/cases?status=open&limit=200")
    return [UUID(one["id"]) for one in found.json()["items"]]
