"""An answer that no guard let through is a 500 and an alarm; such a route stops the start."""

import logging
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.core.values import new_id
from app.main import build
from app.safeguards.access.policy import POLICY
from app.safeguards.guard import calls, examined, shortcut
from app.safeguards.guard.examined import examine_routes
from app.safeguards.guard.router import UnguardedRoute
from tests.conftest import World
from tests.making import new_case

SECRET = "what no guard has let through"


def built(world: World) -> FastAPI:
    return build(world.house.settings)


def bare(app: FastAPI, **more: Any) -> None:
    for method in ("GET", "POST"):
        name = f"bare-{method}"
        app.add_api_route(
            "/v1/bare", lambda: {"told": SECRET}, methods=[method], operation_id=name, **more
        )


def test_a_route_beside_the_guard_tells_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    app = built(world)
    bare(app)
    client = TestClient(app, raise_server_exceptions=False)
    for method in ("GET", "POST", "HEAD", "OPTIONS"):
        caplog.clear()
        answer = client.request(method, "/v1/bare", json={} if method == "POST" else None)
        assert answer.status_code == 500, method
        assert SECRET not in answer.text
        if method != "HEAD":
            assert answer.headers["content-type"] == "application/problem+json"
        alarms = [one for one in caplog.records if one.levelno == logging.CRITICAL]
        assert [one.__dict__["failure"] for one in alarms] == ["Undecided"], method


@pytest.mark.parametrize("streamed", [False, True])
def test_a_way_of_the_guard_that_forgets_its_evidence_tells_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    """Each way in which an answer is made, without its last step."""
    case = new_case(world)
    path = f"{case.path}/timeline" if streamed else case.path
    send = world.as_("social_worker")
    assert send("GET", path).status_code == 200

    def forgetful(call: Any, work: Any, answer: Any) -> Any:
        return calls.answer_of(call, answer)

    monkeypatch.setattr(shortcut, "present", forgetful)
    monkeypatch.setattr("app.safeguards.guard.carrying.present", forgetful)
    monkeypatch.setattr(shortcut, "read", lambda *_: None)
    answer = send("GET", path)
    assert answer.status_code == 500, answer.text
    assert case.id not in answer.text


def test_what_is_public_says_so(world: World) -> None:
    app = built(world)
    because = {"x-action": "public", "x-public-because": "it shows nothing"}
    bare(app, openapi_extra=because)
    app = built(world)
    for path in ("/healthz", "/docs", "/openapi.json", "/docs/static/docs.js"):
        assert TestClient(app).get(path).status_code == 200, path


def test_the_routes_as_they_are_start(world: World) -> None:
    examine_routes(built(world))


def test_an_unguarded_route_stops_the_start(world: World) -> None:
    app = built(world)
    bare(app)
    with pytest.raises(UnguardedRoute, match="GET /v1/bare is not guarded"):
        examine_routes(app)


def test_a_public_route_without_a_reason_stops_the_start(world: World) -> None:
    app = built(world)
    bare(app, openapi_extra={"x-action": "public"})
    with pytest.raises(UnguardedRoute, match="does not say why it is public"):
        examine_routes(app)


def test_an_action_without_a_route_stops_the_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"note.{new_id().hex}"
    monkeypatch.setattr(examined, "POLICY", _with(POLICY, name))
    with pytest.raises(UnguardedRoute, match=f"no route takes {name}"):
        examine_routes(built(world))


def test_a_route_that_is_not_described_stops_the_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = built(world)
    told = app.openapi()
    short = {**told, "paths": {p: o for p, o in told["paths"].items() if p != "/v1/cases"}}
    monkeypatch.setattr(app, "openapi", lambda: short)
    with pytest.raises(UnguardedRoute, match="GET /v1/cases is not described"):
        examine_routes(app)


def _with(policy: Any, action: str) -> Any:
    return type("More", (), {"verbs": {**policy.verbs, action: "R"}})
