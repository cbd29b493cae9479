"""A fault at each statement of each route that reads: no answer without its event, and no other
failure than a problem.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.access.cells.operations import OPERATIONS
from tests.access.cells.scene import Scene
from tests.faults.asking import reads
from tests.faults.observing import Observer, effect
from tests.faults.staging import failing_scene
from tests.faults.striking import Faults
from tests.faults.telling import STRUCK, tell
from tests.faults.test_every_statement import WAYS, problem
from tests.worlds import Worlds

SELF = {one.name for one in OPERATIONS if one.action == "self"}  # what one asks about oneself
SOME = {  # a row, a page, a stream, one's own
    "GET /v1/cases/{case_id}",
    "GET /v1/cases",
    "GET /v1/cases/{case_id}/history",
    "GET /v1/me",
}


@pytest.fixture
def failing(worlds: Worlds, tmp_path: Path) -> Iterator[tuple[Scene, Faults, Observer]]:
    with failing_scene(worlds, tmp_path) as (scene, faults):
        yield scene, faults, Observer(worlds, scene.world)


def whole(answer: Any) -> bool:
    """A stream that broke off is no document, and no client takes it for one."""
    with suppress(ValueError):
        json.loads(answer.content)
        return True
    return False


def faults_of(send: Any, path: str, faults: Faults, observer: Observer, name: str) -> Iterator[str]:
    for how, times in WAYS:
        for at in count(1):
            faults.arm(how, at, times)
            answer = send("GET", path)
            faults.disarm()
            struck = [one[:60] for one in faults.struck]
            where = f"{name}, {how} at {at} ({struck}): {answer.status_code}"
            if not answer.is_success:
                if not problem(answer):
                    yield f"{where} {answer.text[:200]}"
            elif name not in SELF and not observer.told(answer.headers["X-Request-Id"]):
                yield f"{where}, and no event"
            if not struck:
                if not answer.is_success or not whole(answer):
                    yield f"{where} without a fault"
                STRUCK[name] += at - 1
                break


def held(failing: tuple[Scene, Faults, Observer], names: set[str]) -> None:
    scene, faults, observer = failing
    asked = reads(scene, names)
    assert names <= asked.keys(), names - asked.keys()
    before, wrong = observer.rows(), list[str]()
    for name in sorted(names):
        who, path = asked[name]
        who.send("GET", path)  # the second time is the usual one
        wrong += faults_of(who.send, path, faults, observer, name)
    assert not wrong, "\n".join(wrong)
    assert not effect(before, observer.rows())


def test_no_answer_without_its_event(failing: tuple[Scene, Faults, Observer]) -> None:
    held(failing, SOME)


@pytest.mark.prove
@pytest.mark.timeout(0)
def test_no_answer_of_any_route_without_its_event(
    failing: tuple[Scene, Faults, Observer],
) -> None:
    held(failing, {one.name for one in OPERATIONS if not one.writes})
    tell(failing[0].world.engine, "reads")
