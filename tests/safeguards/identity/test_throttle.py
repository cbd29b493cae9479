"""Guessing is slowed for whoever guesses, and a duty officer still gets in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from app.core.errors import TooMany
from app.core.values import new_id, now
from app.safeguards.identity.throttle import (
    AT_ADDRESS,
    EVERYWHERE,
    KNOWN_FOR,
    WINDOW,
    admit,
    note,
)
from tests.conftest import World
from tests.hiring import PASSWORD, events, hire
from tests.looking import transaction


class Watch:
    """One name, tried from numbered addresses at moments that the test chooses."""

    def __init__(self, db: Connection) -> None:
        self.db, self.name, self.at = db, new_id().bytes, now()

    def address(self, number: int) -> bytes:
        return self.name + number.to_bytes(4)

    def tries(self, number: int, times: int = 1, succeeded: bool = False) -> None:
        for _ in range(times):
            note(self.db, self.name, self.address(number), self.at, succeeded)

    def open(self, number: int, at: datetime | None = None) -> bool:
        try:
            admit(self.db, self.name, self.address(number), at or self.at)
        except TooMany as refusal:
            return refusal.headers["Retry-After"] != "900"
        return True


@contextmanager
def watching(world: World) -> Iterator[Watch]:
    with transaction(world.house.engine) as db:
        yield Watch(db)


def test_who_guesses_closes_the_door_for_himself_alone(world: World) -> None:
    with watching(world) as watch:
        watch.tries(1, AT_ADDRESS - 1)
        assert watch.open(1)
        watch.tries(1)
        assert not watch.open(1)
        assert watch.open(2)
        assert watch.open(1, watch.at + WINDOW)


def test_successes_are_no_failures(world: World) -> None:
    with watching(world) as watch:
        watch.tries(1, 3 * AT_ADDRESS, succeeded=True)
        assert watch.open(1)


def test_one_name_does_not_close_another(world: World) -> None:
    with watching(world) as watch:
        watch.tries(1, AT_ADDRESS)
        same = watch.address(1)
        admit(watch.db, b"another name", same, watch.at)


def test_guessing_from_everywhere_leaves_the_duty_officers_address_open(world: World) -> None:
    with watching(world) as watch:
        watch.tries(1, succeeded=True)
        for stranger in range(2, 2 + EVERYWHERE):
            assert watch.open(stranger)
            watch.tries(stranger)
        assert not watch.open(999)  # a door that nobody came through is closed to more strangers
        assert watch.open(1)  # hers is not
        watch.tries(1, AT_ADDRESS - 1)  # even if she is nervous
        assert watch.open(1)
        assert watch.open(999, watch.at + WINDOW)


def test_an_address_is_known_for_a_while(world: World) -> None:
    with watching(world) as watch:
        watch.tries(1, succeeded=True)
        watch.at += KNOWN_FOR - timedelta(seconds=1)
        watch.tries(2, EVERYWHERE)
        assert watch.open(1)
        assert not watch.open(1, watch.at + timedelta(seconds=1))


def test_over_http_the_right_password_waits_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = hire(world)
    bad = [one.token("wrong wrong wrong wrong").status_code for _ in range(AT_ADDRESS)]
    assert bad == [400] * AT_ADDRESS
    answer = one.token()
    assert answer.status_code == 429
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Retry-After"] == "900"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["error"] == "temporarily_unavailable"
    assert PASSWORD not in answer.text
    assert hire(world).token().status_code == 200  # nobody else waits
    assert events(world, one.id, "refused") == ["credentials"] * AT_ADDRESS


def test_a_name_that_nobody_has_is_throttled_alike(world: World) -> None:
    form = {"grant_type": "password", "username": "nobody-to-throttle", "password": "wrong"}
    told = [world.client.post("/v1/token", data=form).status_code for _ in range(AT_ADDRESS + 1)]
    assert told == [400] * AT_ADDRESS + [429]
