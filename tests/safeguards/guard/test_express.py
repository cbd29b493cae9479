"""Which requests pass by the framework."""

from collections import Counter
from typing import Any

import pytest

from tests.conftest import World
from tests.making import new_case


@pytest.fixture
def framed(monkeypatch: pytest.MonkeyPatch, world: World) -> Counter[str]:
    """Paths that reached the framework's router."""
    seen: Counter[str] = Counter()
    router = world.client.app.router  # type: ignore[attr-defined]
    handle = router.middleware_stack

    async def counted(scope: Any, receive: Any, send: Any) -> None:
        seen[scope["path"]] += 1
        await handle(scope, receive, send)

    monkeypatch.setattr(router, "middleware_stack", counted)
    return seen


def test_plain_requests_pass_by_the_framework(world: World, framed: Counter[str]) -> None:
    case = new_case(world)
    worker, note = world.as_("social_worker"), {"kind": "social_work", "occurred_on": "2026-01-05"}
    framed.clear()
    written = case.post("social_worker", "/notes", {**note, "text": "Visited the household."})
    assert written.status_code == 201
    assert worker("GET", case.path).status_code == 200
    assert worker("GET", "/v1/cases").status_code == 200
    assert worker("GET", f"{case.path}/notes/{written.json()['id']}").status_code == 200
    assert world.as_("auditor")("GET", f"{case.path}/notes").status_code in (200, 403, 404)
    assert not framed


def test_everything_else_reaches_it(world: World, framed: Counter[str]) -> None:
    case, worker = new_case(world), world.as_("social_worker")
    framed.clear()
    paths = (
        "/v1/cases?limit=2",
        f"{case.path}/notes?limit=2",
        f"{case.path}/nothing",
        "/v1/cases/1",
    )
    for path in paths:
        worker("GET", path)
    worker("PATCH", case.path, json={})
    worker("POST", f"{case.path}/notes", json={"kind": "social_work"})
    assert sum(framed.values()) == len(paths) + 2
