"""Liveness, readiness, and what stands between the network and the routes."""

import gc
import inspect
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError
from starlette.middleware.base import BaseHTTPMiddleware

from app.core.edge import Edge
from app.core.options import Options
from app.core.settings import Settings
from app.core.watching import Watch
from app.main import COLLECT, build, create_app
from app.safeguards.guard.express import Express
from tests.conftest import World


class Down:
    """An engine whose database does not answer."""

    def connect(self) -> Any:
        raise OperationalError("SELECT canary", {}, RuntimeError("canary"))


def test_ready_says_whether_the_database_answers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.client.get("/readyz").json() == {"status": "ready"}
    app: Any = world.client.app
    monkeypatch.setitem(app.state._state, "house", SimpleNamespace(engine=Down()))
    answer = world.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})
    assert answer.headers["Retry-After"] == "1"
    assert "canary" not in answer.text
    assert world.client.get("/healthz").json() == {"status": "alive"}


def test_the_middleware_is_pure_asgi() -> None:
    app = build(Settings())
    assert not app.user_middleware
    watch: Any = app.build_middleware_stack()
    assert [type(one) for one in (watch, watch.app, watch.app.app)] == [Watch, Edge, Options]
    assert watch.app.short.__func__ is Express.answer
    traced = build(Settings(otlp_endpoint="http://127.0.0.1:4318"))
    kinds: list[Any] = [one.cls for one in traced.user_middleware]
    assert kinds == [Watch, Edge, Options]
    assert not [kind for kind in kinds if issubclass(kind, BaseHTTPMiddleware)]
    for kind in kinds:
        assert [*inspect.signature(kind.__call__).parameters] == [
            "self",
            "scope",
            "receive",
            "send",
        ]


def test_sign_ins_do_not_wait_in_the_lanes_of_others(world: World) -> None:
    app: Any = world.client.app
    settings = world.house.settings
    assert app.state.doors is not app.state.lanes
    assert app.state.doors.size >= settings.password_hashes_at_once
    threads = app.state.doors.size + app.state.lanes.size
    lines = app.state.lines.size if app.state.lines else 0
    assert world.house.engine.pool.size() > threads + lines  # type: ignore[attr-defined]


def test_the_collector_leaves_alone_what_the_start_has_made(world: World) -> None:
    before = gc.get_threshold()
    gc.unfreeze()
    gc.set_threshold(50_000, 5, 5)
    try:
        with TestClient(create_app(world.house.settings, world.house)):
            assert gc.get_threshold() == COLLECT
            assert gc.get_freeze_count() > 100_000
    finally:
        gc.set_threshold(*before)


def test_every_operation_says_who_guards_it() -> None:
    for path, operations in build(Settings()).openapi()["paths"].items():
        for method, operation in operations.items():
            assert operation["x-action"], f"{method} {path}"
            if operation["x-action"] == "public":
                assert operation["x-public-because"], f"{method} {path}"
