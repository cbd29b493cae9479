"""Every route names one action of the policy, and every action has a route."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.safeguards.access.policy import POLICY
from app.safeguards.guard.router import Door
from tests.conftest import World

LEAST = 75  # a walk that finds few routes has lost its way
UNDESCRIBED = {"/openapi.json": "the description itself"}
PUBLIC = {
    ("POST", "/v1/token"),
    ("POST", "/v1/token/revoke"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/docs"),
    ("GET", "/docs/static/{name}"),
}
# Actions that no route takes, and why not. Pending ones stand here too, until they have one.
WITHOUT_ROUTE = {
    "arrival.read": "what came with a group is read by rules, and shown in what they answer",
    **dict.fromkeys(
        ("licence.read", "licence.attest", "licence.withdraw"),
        "by whose word instruments are used is said at the machine, by who answers for it",
    ),
    **dict.fromkeys(
        ("text_pack.read", "text_pack.install", "text_pack.remove"),
        "wording is installed at the machine, and shown with the instrument",
    ),
    "readers.read": "who could have read what is asked of every read of a case's past besides",
    "notice.tell": "what is told of readings is found beside the requests, and asked for by nobody",
}
METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")


def walked(app: FastAPI) -> Iterator[tuple[str, str, Any, Any]]:
    """Method, path, the guard's door or None, and what the OpenAPI file gets in addition."""
    for route in iter_route_contexts(app.routes):
        door = getattr(route.endpoint, "door", None)
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield method, str(route.path), door, getattr(route, "openapi_extra", None)


def described(app: FastAPI) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    }


def application(world: World) -> FastAPI:
    app = world.client.app
    assert isinstance(app, FastAPI)
    return app


def test_each_route_names_one_known_action_or_says_why_it_is_public(world: World) -> None:
    routes = [one for one in walked(application(world)) if one[1] not in UNDESCRIBED]
    assert len(routes) >= LEAST
    public = set()
    for method, path, door, extra in routes:
        action = (extra or {}).get("x-action")
        if door is None:
            assert action == "public", f"{method} {path} is neither guarded nor public"
            assert len(extra["x-public-because"]) > 10, f"{method} {path} says no reason"
            public.add((method, path))
            continue
        assert isinstance(door, Door)
        assert door.mark.action == action, f"{method} {path}"
        assert action in POLICY.verbs or action == "self", f"{method} {path}: {action}"
        if "{case_id}" in path:
            assert door.mark.scope is not None, f"{method} {path} is about a case: use OnCase"
            assert door.mark.look == "case.read", f"{method} {path}"
    assert public == PUBLIC


def test_no_method_of_a_path_is_routed_twice(world: World) -> None:
    places = defaultdict(list)
    for method, path, *_ in walked(application(world)):
        places[method, path].append(path)
    assert not [place for place, found in places.items() if len(found) > 1]


def test_the_openapi_file_tells_the_same(world: World) -> None:
    app = application(world)
    assert app.openapi()["openapi"].startswith("3.1")
    told = {place: operation.get("x-action") for place, operation in described(app).items()}
    routes = {
        (method, path): extra.get("x-action")
        for method, path, _, extra in walked(app)
        if path not in UNDESCRIBED
    }
    assert told == routes
    ids = [operation["operationId"] for operation in described(app).values()]
    assert len(ids) == len(set(ids))


def test_each_action_of_the_policy_can_be_taken(world: World) -> None:
    taken = {door.mark.action for _, _, door, _ in walked(application(world)) if door}
    missing = {
        action: f"policy.toml rules on {action}, but no route takes it: add "
        f"`@router...` with Permit({action!r}) or OnCase({action!r})"
        for action in POLICY.verbs
        if action not in taken and action not in WITHOUT_ROUTE
    }
    assert not missing, "\n".join(missing.values())
    assert not taken & set(WITHOUT_ROUTE), "they have a route now: take them off the list"
    assert set(WITHOUT_ROUTE) <= set(POLICY.verbs)
