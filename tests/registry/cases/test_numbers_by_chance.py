"""A case number tells nothing of order, count, time or of what is sealed: it is drawn by chance.

Not that it looks so is tested here, but what it is made of: of nothing but bytes of the system's
source for secrets, of which none is left over and none is used twice.
"""

import re
import secrets
from collections.abc import Callable, Iterator
from random import SystemRandom
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.core.db import table
from app.registry.cases import opening
from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.numbers import ALPHABET, new_number, parse
from app.safeguards.audit.models import AuditEvent
from tests.access.test_sealing import bytes_of, sealed
from tests.conftest import World
from tests.looking import transaction
from tests.making import new_case

PATTERNS = {
    code: programme.number
    for place in catalogue().jurisdictions.values()
    for code, programme in place[max(place)].programmes.items()
}
ALDER = PATTERNS["alder"]
OWN = r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9-]{10}T[0-9:.]+Z|\"[0-9a-f]{32}\""  # ids, moments, digests
LENGTH = 15  # bytes that are drawn for a number


def drawn(bits: int) -> bytes:
    return bits.to_bytes(LENGTH)


def bits_of(number: str, pattern: str) -> int:
    """The chance that a number was made of."""
    form = parse(pattern)
    body = number.removeprefix(form.before)[: form.random]
    return sum(ALPHABET.index(character) << 5 * at for at, character in enumerate(body))


class Source:
    """In place of `secrets`: says what is next, and remembers what was asked of it."""

    def __init__(self, following: Iterator[bytes] | None = None) -> None:
        self.following, self.given = following, list[bytes]()

    def token_bytes(self, length: int) -> bytes:
        one = next(self.following) if self.following else secrets.token_bytes(length)
        assert length == len(one)
        self.given.append(one)
        return one


Put = Callable[..., Source]


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Put:
    def source(*following: bytes) -> Source:
        one = Source(iter(following) if following else None)
        monkeypatch.setattr(opening, "secrets", one)
        return one

    return source


def numbered(world: World, **more: Any) -> str:
    return str(new_case(world, team=(), **more).get("social_worker")["number"])


def test_the_source_is_that_of_the_system_for_secrets() -> None:
    assert opening.secrets is secrets  # type: ignore[attr-defined]
    assert isinstance(secrets._sysrand, SystemRandom)  # type: ignore[attr-defined]


def test_a_number_is_made_of_what_was_drawn_for_it_and_of_nothing_else(
    world: World, put: Put
) -> None:
    """The same person, day, unit and author; each draws once, and has what it drew."""
    source = put()
    numbers = [numbered(world, programme=code) for code in ("alder", "birch", "alder", "alder")]
    patterns = [PATTERNS[code] for code in ("alder", "birch", "alder", "alder")]
    assert numbers == [new_number(*one) for one in zip(patterns, source.given, strict=True)]
    assert len(set(source.given)) == len(numbers)


def test_numbers_follow_chance_and_not_each_other(world: World, put: Put) -> None:
    """Whatever is drawn next is next: upwards, downwards, far apart, or beside the last one."""
    start = secrets.randbits(39)
    wanted = [start + 7, start + 6, 2**40 - 1 - start, start + 8]
    put(*map(drawn, wanted))
    assert [bits_of(numbered(world), ALDER) for _ in wanted] == wanted


def test_numbers_of_chance_are_in_no_order(world: World) -> None:
    """Twelve in order, either way, would be one time in 239 500 800."""
    found = [numbered(world) for _ in range(12)]
    assert found != sorted(found)
    assert found != sorted(found, reverse=True)


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_each_number_of_the_space_is_drawn_and_as_often_as_any_other(pattern: str) -> None:
    """Each place has all characters, by five bits that no other place has."""
    form = parse(pattern)
    assert form.random * 5 <= LENGTH * 8
    for at in range(form.random):
        made = [new_number(pattern, drawn(value << 5 * at)) for value in range(32)]
        place = len(form.before) + at
        assert [one[place] for one in made] == list(ALPHABET)
        others = {one[:place] + one[place + 1 : len(form.before) + form.random] for one in made}
        assert len(others) == 1


@given(st.sampled_from(sorted(PATTERNS.values())), st.integers(0, 2**120 - 1))
def test_what_was_drawn_stands_in_it_whole(pattern: str, chance: int) -> None:
    number, form = new_number(pattern, drawn(chance)), parse(pattern)
    assert bits_of(number, pattern) == chance % 2 ** (5 * form.random)
    assert len(number) == len(form.before) + form.random + 1 + len(form.after)


def told(answer: Any) -> Any:
    """Of a case that was opened, all but its ids, its number and its moments."""
    status, body, headers = bytes_of(answer)
    assert status == 201, answer.text
    number = body.pop("number")
    return re.sub(OWN, "", str((body, headers)).replace(number, ""))


def events(world: World, case: str) -> list[tuple[Any, ...]]:
    kept = table(AuditEvent)
    names = (kept.c.action, kept.c.route, kept.c.outcome, kept.c.code, kept.c.record)
    of_it = select(*names).where(kept.c.file_id == UUID(case)).order_by(kept.c.id)
    with transaction(world.house.engine) as db:
        return [tuple(row) for row in db.execute(of_it).all()]


def opened(world: World) -> Any:
    name = {"full": "Проба Числа", "script": "Cyrl", "source": "test"}
    send = world.as_("social_worker")
    person = send("POST", "/v1/people", json={"names": [name]}).json()["id"]
    return send("POST", "/v1/cases", json={"person_id": person, "programme": "alder"})


def taken(world: World, how: str) -> str:
    """The number of a case that is there, for some or for nobody."""
    case = new_case(world, team=())
    number = str(case.get("social_worker")["number"])
    if how == "sealed":
        sealed(case)
    return number


@pytest.mark.parametrize("how", ["sealed", "open"])
def test_one_that_is_taken_is_drawn_again_and_nobody_is_told(
    world: World, put: Put, how: str
) -> None:
    number = taken(world, how)
    again, free, other = drawn(bits_of(number, ALDER)), *map(drawn, (free_bits(), free_bits()))
    source = put(again, again, free)
    second = opened(world)
    assert source.given == [again, again, free]
    assert second.json()["number"] == new_number(ALDER, free) != number
    put(other)
    plain = opened(world)
    assert told(second) == told(plain)
    assert events(world, second.json()["id"]) == events(world, plain.json()["id"])


def free_bits() -> int:
    return secrets.randbits(40)


def test_a_sealed_number_is_looked_for_as_one_that_was_never_drawn(world: World) -> None:
    hidden, never = taken(world, "sealed"), new_number(ALDER, drawn(free_bits()))
    for role in ("social_worker", "supervisor", "coordinator", "auditor", "prosecutor"):
        for query in ("", "&count=true"):
            here, there = (
                world.as_(role)("GET", f"/v1/cases?number={one}{query}") for one in (hidden, never)
            )
            assert bytes_of(here) == bytes_of(there), role
            assert here.status_code == 200 or role == "prosecutor"
