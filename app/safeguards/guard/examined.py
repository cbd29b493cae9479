"""Checks at the start that routes, policy and description of the API name the same actions."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.safeguards.access.policy import POLICY
from app.safeguards.guard.router import Door, UnguardedRoute

# Actions that no route takes, and why not.
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


def walked(app: FastAPI) -> Iterator[tuple[str, str, Door | None, Any]]:
    """Of every route, however deep: method, path, the guard's door if it has one, and handler."""
    for route in iter_route_contexts(app.routes):
        door = getattr(route.endpoint, "door", None)
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield method, str(route.path), door, route


def public_handlers(app: FastAPI) -> frozenset[object]:
    """Handlers of routes that say why they are open to everybody, and the description itself."""
    return frozenset(
        route.endpoint
        for _, path, door, route in walked(app)
        if door is None and (is_public(route) or path == app.openapi_url)
    )


def is_public(route: Any) -> bool:
    extra = getattr(route, "openapi_extra", None) or {}
    return extra.get("x-action") == "public" and bool(extra.get("x-public-because"))


def examine_routes(app: FastAPI) -> None:
    """Raise UnguardedRoute with everything that has no wall, no route or no description."""
    faults, taken, guarded = [], set[str](), set[tuple[str, str]]()
    for method, path, door, route in walked(app):
        if door is not None:
            taken |= {door.mark.action, door.mark.look}
            guarded.add((method, path))
        elif not is_public(route) and path != app.openapi_url:
            faults.append(f"{method} {path} is not guarded, and does not say why it is public")
    for action in sorted(POLICY.verbs.keys() - taken - WITHOUT_ROUTE.keys()):
        faults.append(f"no route takes {action}")
    for action in sorted(WITHOUT_ROUTE.keys() - POLICY.verbs.keys()):
        faults.append(f"{action} is no action of the policy")
    described = {
        (method.upper(), path)
        for path, operations in app.openapi()["paths"].items()
        for method, operation in operations.items()
        if isinstance(operation, dict) and operation.get("x-action") not in (None, "public")
    }
    faults += [f"{method} {path} is not described" for method, path in sorted(guarded - described)]
    faults += [f"{method} {path} has no guard" for method, path in sorted(described - guarded)]
    if faults:
        raise UnguardedRoute("; ".join(faults))
