"""The short way of a plain read past the framework: the same door, wall, event and bytes.

A GET whose path holds nothing but words and ids, and that has no query, needs nothing of what the
framework would do for it: there is nothing to validate. Everything else goes the usual way.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any, get_args, get_origin
from uuid import UUID

from fastapi.routing import iter_route_contexts
from pydantic.fields import FieldInfo
from starlette.routing import BaseRoute

from app.core.bodies import Message, Receive
from app.core.edge import App, Scope, Send
from app.core.errors import Problem
from app.core.paging import Paging
from app.core.problems import refusal
from app.safeguards.guard.carrying import carry
from app.safeguards.guard.router import Door
from app.safeguards.guard.unit_of_work import UnitOfWork

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PARAMETER = re.compile(r"\{(\w+)\}")
Shape = tuple[str, ...]
HERE = "{}"  # stands for an id


class Plain:
    """A door whose handler takes ids of the path, a page, and what may be left out."""

    def __init__(self, door: Door, endpoint: Callable[..., Any], path: str) -> None:
        self.door, self.endpoint = door, endpoint
        self.names = PARAMETER.findall(path)
        accepts = inspect.signature(door.endpoint).parameters
        self.accepted = [name for name in self.names if name in accepts]
        rest = [one for name, one in accepts.items() if name not in (*self.names, door.slot)]
        self.pages = [one.name for one in rest if is_page(door.hints[one.name])]
        self.fits = (
            all(door.hints.get(name, UUID) is UUID for name in self.names)
            and all(one.name in self.pages or may_be_left_out(one) for one in rest)
            and len(self.pages) <= 1
        )

    def handler(self, ids: dict[str, UUID]) -> Callable[[UnitOfWork], object]:
        values: dict[str, Any] = {name: ids[name] for name in self.accepted}
        values |= {name: Paging() for name in self.pages}
        return lambda work: self.door.endpoint(**values, **{self.door.slot: work})


def is_page(hint: Any) -> bool:
    return get_origin(hint) is not None and get_args(hint)[0] is Paging


def may_be_left_out(one: inspect.Parameter) -> bool:
    return one.default is not one.empty and not isinstance(one.default, FieldInfo)


def plain_doors(routes: Sequence[BaseRoute]) -> dict[Shape, Plain]:
    """By the shape of the path; where two routes have one shape, the framework decides."""
    found: dict[Shape, Plain | None] = {}
    for one in iter_route_contexts(routes):
        methods = getattr(one, "methods", None) or ()
        if "GET" not in methods:
            continue
        shape = tuple(PARAMETER.sub(HERE, str(one.path)).split("/"))
        door = getattr(one.endpoint, "door", None)
        plain = None
        if isinstance(door, Door) and one.endpoint is not None:
            plain = Plain(door, one.endpoint, str(one.path))
        found[shape] = plain if plain and plain.fits and shape not in found else None
    return {shape: plain for shape, plain in found.items() if plain}


class Express:
    def __init__(self, app: App, routes: Sequence[BaseRoute]) -> None:
        self.app, self.doors = app, plain_doors(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
            await self.app(scope, receive, send)
            return
        parts = scope["path"].split("/")
        shape = tuple(HERE if len(one) == 36 and ID.fullmatch(one) else one for one in parts)
        plain = self.doors.get(shape)
        if plain is None:
            await self.app(scope, receive, send)
            return
        ids = [UUID(one) for one, kind in zip(parts, shape, strict=True) if kind == HERE]
        await self.serve(plain, dict(zip(plain.names, ids, strict=True)), scope, send)

    async def serve(self, plain: Plain, ids: dict[str, UUID], scope: Scope, send: Send) -> None:
        scope["endpoint"] = plain.endpoint  # for who watches from outside
        state, request_id, door = scope["app"].state, scope["state"]["request_id"], plain.door
        token = next((v for k, v in scope["headers"] if k == b"authorization"), b"")
        file_id = ids.get(door.mark.parameter)
        call = door.asked(token.decode("latin-1"), scope["path"], request_id, file_id)
        try:
            answer = await state.lanes.run(carry, state.house, door.mark, call, plain.handler(ids))
        except Problem as problem:
            status, headers, body = refusal(problem, request_id)
        else:
            status, body = answer.status, answer.body
            headers = [(k.lower().encode(), v.encode()) for k, v in answer.headers.items()]
            length = (b"content-length", b"%d" % len(body))
            headers = [length, (b"content-type", b"application/json"), *headers]
        start: Message = {"type": "http.response.start", "status": status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": body})
