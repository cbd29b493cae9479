"""A look-out over a world: places that are always at work or never, and what it has told."""

from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from app.registry.readings.places import Places
from app.registry.readings.rules import Hours
from app.registry.readings.watch import Watch
from app.safeguards.audit.sequencer import open_sequencer
from tests.conftest import World

ALWAYS = Hours(ZoneInfo("UTC"), time.min, time.max, range(1, 8), ())
NEVER = Hours(ZoneInfo("UTC"), time(7), time(20), (), ())
MANY = 100_000


def watch(world: World, hours: Hours = ALWAYS, most: int = MANY) -> Watch:
    """One that is at the end of the log: what was read before is told of to nobody."""
    places = Places("07:00-20:00")
    places.known |= dict.fromkeys(("ra", "rb"), hours)
    made = Watch(world.house, places, most)
    log_all(world)
    made.drain()
    return made


def log_all(world: World) -> None:
    house = world.house
    open_sequencer(house.engine, house.vault, house.settings).drain()


def look(world: World, watch: Watch) -> int:
    log_all(world)
    return watch.drain()


def told(world: World, role: str, unit: str = "north", **fields: Any) -> list[dict[str, Any]]:
    """Notices of readings that they are shown, of those with these fields."""
    return told_with(world.staff[role, unit].token, world, **fields)


def told_with(token: str, world: World, **fields: Any) -> list[dict[str, Any]]:
    answer = world.with_token(token)("GET", "/v1/me/notices?limit=200")
    assert answer.status_code == 200, answer.text
    found = [one for one in answer.json()["items"] if one["topic"].startswith("reading.")]
    return [one for one in found if all(one[name] == value for name, value in fields.items())]
