"""A fault at each statement of each route: all of a write is there or nothing, and it is told so.

A stubborn client sends one request with one key for as long as statements fail, each time a later
one: refused, or done with the connection lost behind it, which for a commit is a lost word of it.
Whenever it took place, the same key is answered by what was done, once.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.core.problems import MEDIA_TYPE
from tests.faults.observing import Effect, Observer, effect
from tests.faults.staging import Asked, Template, template
from tests.faults.stories import STORIES, Story, route_of
from tests.faults.striking import How
from tests.faults.telling import STRUCK, tell
from tests.worlds import Worlds

# A connection is lost once, and the application tries again; or as often as it tries.
WAYS: tuple[tuple[How, int], ...] = (("refused", 1), ("cut", 1), ("cut", 3))
OF_OAUTH = {"/v1/token", "/v1/token/revoke"}  # take no key; RFC 6749 says how they fail
TOLD_ONCE = {"POST /v1/clients", "POST /v1/users/{user_id}/reset-password"}
TOLD_ONCE |= {"POST /v1/clients/{client_id}/rotate-secret", "POST /v1/me/second-factor"}
# The secret in these answers is kept for nobody: who asks again is told that it is done, or does it
# anew. After those, who asks again is not let in as before.
LAST_WORD = {"POST /v1/cases/{case_id}/seal/{sealing_id}/approve", "POST /v1/me/sessions/end"}
LAST_WORD |= {"POST /v1/me/password", "POST /v1/me/second-factor/confirm"}
NOTE = [one for one in STORIES if route_of(one) == "POST /v1/cases/{case_id}/notes"]


@dataclass
class Stage:
    """The database before the request; another copy of it whenever it has taken place."""

    worlds: Worlds
    prepared: Template
    asked: Asked
    folder: Path
    keyed: bool = True

    def __post_init__(self) -> None:
        self.open = ExitStack()
        self.numbers = count()

    def again(self) -> None:
        self.open.close()
        copied = self.prepared.copy(self.folder / str(next(self.numbers)))
        self.world, self.faults = self.open.enter_context(copied)
        self.observer = Observer(self.worlds, self.world)
        self.before = self.observer.rows()
        self.request, self.key = self.asked.of_this_moment(), str(uuid4())

    def send(self) -> Any:
        return self.request.send(self.world, self.key if self.keyed else None)

    def effect(self) -> Effect:
        return effect(self.before, self.observer.rows())


@pytest.fixture
def stage(worlds: Worlds, tmp_path: Path, story: Story) -> Iterator[Stage]:
    with template(worlds, tmp_path / "told", story) as (prepared, asked):
        one = Stage(worlds, prepared, asked, tmp_path)
        with one.open:
            yield one


def problem(answer: Any) -> bool:
    """Whether this is the one form in which a failure may be told."""
    told = answer.json()
    if answer.request.url.path in OF_OAUTH and "error" in told:
        return True
    same = told["request_id"] == answer.headers["X-Request-Id"]
    kind: str = answer.headers["content-type"]
    return same and kind == MEDIA_TYPE and told["status"] == answer.status_code


def faults_of(stage: Stage, route: str, how: How, times: int) -> Iterator[str]:
    """What is wrong, after all statements were struck in turn."""
    stage.again()
    clean = stage.send()
    whole = stage.effect()
    assert clean.is_success, clean.text
    keyed, done = stage.keyed and route.startswith("POST") and route[5:] not in OF_OAUTH, True
    for at in count(1):
        if done:
            stage.again()
        stage.faults.arm(how, at, times)
        answer = stage.send()
        stage.faults.disarm()
        struck, found = [one[:60] for one in stage.faults.struck], stage.effect()
        where = f"{route}, {how} at {at} ({struck}): {answer.status_code}"
        if not answer.is_success and not problem(answer):
            yield f"{where} {answer.text[:200]}"
        if found not in (Counter(), whole):
            yield f"{where}, and in part: {found - whole}, without {whole - found}"
        if answer.is_success and found != whole:
            yield f"{where}, and nothing is done"
        done = bool(found)
        if done and not stage.observer.chains_hold():
            yield f"{where}, and a chain does not hold"
        if done and keyed:
            again = stage.send()
            same = again.is_success and (not answer.is_success or again.content == answer.content)
            if not same and not (route in TOLD_ONCE | LAST_WORD and again.is_client_error):
                yield f"{where}, and once more {again.status_code} {again.text[:200]}"
            if (twice := stage.effect()) != whole:
                yield f"{where}, and once more it is done: {twice - whole}"
        if not struck:
            assert at > 1
            STRUCK[route] += at - 1
            return


def held(stage: Stage, story: Story, how: How, times: int) -> None:
    wrong = [*faults_of(stage, route_of(story), how, times)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("story", NOTE, ids=route_of)
@pytest.mark.parametrize(("how", "times", "keyed"), [("refused", 1, True), ("cut", 3, False)])
def test_a_note_is_there_or_not(
    stage: Stage, story: Story, how: How, times: int, *, keyed: bool
) -> None:
    stage.keyed = keyed
    held(stage, story, how, times)


@pytest.mark.prove
@pytest.mark.timeout(0)
@pytest.mark.parametrize("story", STORIES, ids=route_of)
def test_every_write_is_there_or_not(stage: Stage, story: Story) -> None:
    """With a key, and without one, which goes other ways; where nobody tries again, cut once."""
    ways = WAYS if stage.worlds.server else WAYS[:2]
    for how, times in ways:
        held(stage, story, how, times)
    stage.keyed = False
    for how, times in (ways[0], ways[-1]):
        held(stage, story, how, times)
    tell(stage.world.engine, "writes")
