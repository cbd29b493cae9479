"""The description of the API takes a second to make, and is the same for the same routes."""

import json
from collections.abc import Sequence
from typing import Any

from fastapi import applications
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from app.core import api_pages

MADE: dict[tuple[Any, ...], str] = {}  # in this process, by title, version and routes


def described(*, routes: Sequence[Any], **more: Any) -> dict[str, Any]:
    """In place of the framework's: a copy for each application that has just these routes."""
    key = (str(more), *map(likeness, iter_route_contexts(routes)))
    if key not in MADE:
        MADE[key] = json.dumps(get_openapi(routes=routes, **more))
    found: dict[str, Any] = json.loads(MADE[key])
    return found


def likeness(route: Any) -> tuple[Any, ...]:
    """What two applications share of a route; handlers of the pages are made for each of them."""
    handler = route.endpoint
    if handler.__module__ == api_pages.__name__:
        handler = handler.__code__
    return route.path, frozenset(route.methods or ()), handler


def make_once() -> None:
    applications.get_openapi = described  # type: ignore[attr-defined]
