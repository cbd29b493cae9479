"""What stops the start: routes, policy and description that do not name the same actions."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.safeguards.access.policy import POLICY
from app.safeguards.guard import examined
from app.safeguards.guard.examined import examine_routes, is_public, public_handlers, walked
from app.safeguards.guard.router import UnguardedRoute

PUBLIC = {"x-action": "public", "x-public-because": "it shows nothing"}


class Handler(SimpleNamespace):
    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)


def route(
    path: str, *methods: str, action: str = "", look: str = "", extra: Any = None, **more: Any
) -> Any:
    """Guarded, if it has an action; its handler is known by its path."""
    guard = {"door": SimpleNamespace(mark=SimpleNamespace(action=action, look=look))}
    endpoint = Handler(path=path, **(guard if action else {}))
    return SimpleNamespace(
        path=path, methods=set(methods), endpoint=endpoint, openapi_extra=extra, **more
    )


ROUTES = (
    route("/notes", "GET", "HEAD", "POST", action="note.add", look="note.read"),
    route("/open", "GET", extra=PUBLIC),
    route("/openapi.json", "GET"),
)
TOLD: dict[str, dict[str, Any]] = {
    "/notes": {"get": {"x-action": "note.read"}, "post": {"x-action": "note.add"}, "summary": ""},
    "/open": {"get": {"x-action": "public"}, "put": {"tags": []}},
}


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Of which nothing is wrong; its policy has three actions."""
    told = dict(TOLD)
    made = {"openapi_url": "/openapi.json", "openapi": lambda: {"paths": told}, "told": told}
    verbs = dict.fromkeys(("note.add", "note.read", "note.dream"), "R")
    monkeypatch.setattr(examined, "POLICY", SimpleNamespace(verbs=verbs))
    monkeypatch.setattr(examined, "WITHOUT_ROUTE", {"note.dream": "nobody tells"})
    monkeypatch.setattr(examined, "iter_route_contexts", lambda routes: iter(routes))
    return SimpleNamespace(routes=list(ROUTES), **made)


def faults(app: Any) -> list[str]:
    with pytest.raises(UnguardedRoute) as told:
        examine_routes(app)
    return str(told.value).split("; ")


def test_where_all_is_named_nothing_stops(app: Any) -> None:
    examine_routes(app)


def test_every_method_of_every_route_is_walked_and_that_of_a_head_goes_with_it(app: Any) -> None:
    app.routes.append(SimpleNamespace(path="/mounted", methods=None, endpoint=None))
    found = [(method, path, door is None) for method, path, door, _ in walked(app)]
    assert found == [
        *(("GET", "/notes", False), ("POST", "/notes", False)),
        *(("GET", "/open", True), ("GET", "/openapi.json", True)),
    ]
    assert [one.endpoint.path for *_, one in walked(app)] == [path for _, path, _ in found]


def test_what_is_public_says_so_and_why() -> None:
    assert is_public(route("/", extra=PUBLIC))
    for extra in (
        *(None, {}, {"x-action": "public"}, {"x-action": "public", "x-public-because": ""}),
        *({"x-public-because": "so"}, {"x-action": "note.read", "x-public-because": "so"}),
    ):
        assert not is_public(route("/", extra=extra)), extra
    assert not is_public(object())


def test_handlers_of_what_is_public_are_known_and_those_behind_a_door_are_not(app: Any) -> None:
    app.routes.append(route("/both", "GET", action="note.read", extra=PUBLIC))
    app.routes.append(route("/neither", "GET"))
    handlers: Any = public_handlers(app)
    assert {one.path for one in handlers} == {"/open", "/openapi.json"}


def test_a_route_is_guarded_or_public(app: Any) -> None:
    app.routes += [route("/bare", "GET", "POST"), route("/half", "GET", extra={"x-action": "x"})]
    why = "is not guarded, and does not say why it is public"
    assert faults(app) == [f"GET /bare {why}", f"POST /bare {why}", f"GET /half {why}"]


def test_every_action_has_a_route_or_says_why_not(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examined, "WITHOUT_ROUTE", {})
    assert faults(app) == ["no route takes note.dream"]
    monkeypatch.setattr(examined, "WITHOUT_ROUTE", {"note.dream": "", "note.b": "", "note.a": ""})
    assert faults(app) == [f"note.{one} is no action of the policy" for one in "ab"]


def test_an_action_is_taken_by_whichever_route(app: Any) -> None:
    adds = route("/notes", "POST", action="note.add")
    app.routes[:1] = [adds, route("/notes", "GET", action="note.read")]
    examine_routes(app)
    app.routes[:1] = [route("/notes", action="note.add")]  # by no method
    app.told["/notes"] = {"get": {"x-action": "note.read"}}
    assert faults(app) == ["no route takes note.add"]


def test_what_came_with_a_group_alone_has_no_route(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(examined, "iter_route_contexts", lambda routes: iter(routes))
    app.routes, app.told["/x"] = [], {"get": {"x-action": "any"}}
    for action in POLICY.verbs.keys() - {"arrival.read"}:
        app.routes.append(route("/x", "GET", action=action))
    app.told.pop("/notes")
    examine_routes(app)


def test_what_is_guarded_is_described_and_what_is_described_is_guarded(app: Any) -> None:
    app.told["/notes"] = {"get": {"x-action": "note.read"}}
    assert faults(app) == ["POST /notes is not described"]
    app.told["/notes"] = {**TOLD["/notes"], "put": {"x-action": "note.add"}}
    assert faults(app) == ["PUT /notes has no guard"]
    app.told["/notes"], app.told["/c"] = {}, {"get": {"x-action": "x"}, "delete": {"x-action": "y"}}
    assert faults(app) == [
        *("GET /notes is not described", "POST /notes is not described"),
        *("DELETE /c has no guard", "GET /c has no guard"),
    ]


def test_all_that_is_wrong_is_told_at_once(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examined, "WITHOUT_ROUTE", {"note.other": ""})
    app.routes.append(route("/bare", "GET"))
    app.told["/notes"] = {**TOLD["/notes"], "put": {"x-action": "note.add"}}
    app.told["/notes"].pop("get")
    assert faults(app) == [
        "GET /bare is not guarded, and does not say why it is public",
        *("no route takes note.dream", "note.other is no action of the policy"),
        *("GET /notes is not described", "PUT /notes has no guard"),
    ]
