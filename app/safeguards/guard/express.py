"""The short way of plain requests past the framework: the same door, wall, event and bytes.

A GET whose path holds nothing but words and ids needs the fields of its query alone of what the
framework would do for it, and a POST of one JSON object its schema. Everything else goes the usual
way, and so does what does not fit: the framework finds the same faults, and says them.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any, get_args, get_origin
from uuid import UUID

from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic.fields import FieldInfo
from starlette.routing import BaseRoute

from app.core.decisions import decide
from app.core.edge import Answered, Scope
from app.core.errors import Problem
from app.core.paging import Paging
from app.core.problems import refusal
from app.core.strict_json import parse
from app.safeguards.guard.answer import Answer
from app.safeguards.guard.calls import Call, Handler
from app.safeguards.guard.carrying import carry
from app.safeguards.guard.queries import Query
from app.safeguards.guard.router import Door
from app.safeguards.guard.shortcut import fits_a_line, on_line
from app.safeguards.guard.shown import JSON, In
from app.safeguards.guard.streaming import Streamed

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PARAMETER = re.compile(r"\{(\w+)\}")
LARGEST = 32_768  # bytes; a body that does not fit is read twice, so it must not be a large one
Shape = tuple[str, ...]
JSON_HEADER = (b"content-type", b"application/json")
HERE = "/"  # stands for an id; no segment of a path can be one
# What a call takes of the head of a request.
TAKEN = (b"authorization", b"idempotency-key", b"if-match", b"accept-language")


class Plain:
    """A door whose handler takes ids of the path, a page, and what may be left out."""

    def __init__(
        self, door: Door, endpoint: Callable[..., Any], path: str, dependant: Dependant
    ) -> None:
        self.door, self.endpoint, self.query = door, endpoint, Query(dependant)
        self.names = PARAMETER.findall(path)
        accepts = inspect.signature(door.endpoint).parameters
        self.accepted = [name for name in self.names if name in accepts]
        rest = [one for name, one in accepts.items() if name not in (*self.names, door.slot)]
        self.pages = [one.name for one in rest if is_page(door.hints[one.name])]
        self.bodies = [one.name for one in rest if is_body(door.hints[one.name])]
        known = (*self.pages, *self.bodies)
        self.fits = (
            all(door.hints.get(name, UUID) is UUID for name in self.names)
            and all(one.name in known or may_be_left_out(one, door.hints[one.name]) for one in rest)
            and len(self.bodies) == (door.method == "POST")
            and door.media == JSON
            and self.query.fits
        )

    def handler(self, ids: dict[str, UUID], taken: dict[str, Any]) -> Handler:
        values = {name: ids[name] for name in self.accepted} | taken
        return lambda work: self.door.endpoint(**values, **{self.door.slot: work})

    def taken(
        self, query: bytes, headers: dict[bytes, bytes], body: bytes
    ) -> dict[str, Any] | None:
        """What the handler takes of query and body; None where any of it is for the framework."""
        found: dict[str, Any] = {name: Paging() for name in self.pages}
        asked = self.query.read(query) if query else {}
        if asked is None:
            return None
        for name in self.bodies:
            if headers.get(b"content-type") != b"application/json" or len(body) > LARGEST:
                return None
            found[name] = self.read(body)
            if found[name] is None:
                return None
        return found | asked

    def read(self, body: bytes) -> In | None:
        """The body as the handler takes it, or None if it does not fit."""
        schema: type[In] = self.door.hints[self.bodies[0]]
        try:
            return schema.model_validate(parse(body))
        except ValueError:  # of JSON, and of the schema
            return None


def is_body(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, In)


def is_page(hint: Any) -> bool:
    return get_origin(hint) is not None and get_args(hint)[0] is Paging


def may_be_left_out(one: inspect.Parameter, hint: Any) -> bool:
    """A filter of the query; what a header or another dependency says may be there all the same."""
    elsewhere = (params.Header, params.Cookie, params.Depends)
    told = any(isinstance(mark, elsewhere) for mark in getattr(hint, "__metadata__", ()))
    return one.default is not one.empty and not isinstance(one.default, FieldInfo) and not told


def plain_doors(routes: Sequence[BaseRoute], method: str) -> dict[Shape, Plain]:
    """By the shape of the path; where two routes have one shape, the framework decides."""
    found: dict[Shape, Plain | None] = {}
    for one in iter_route_contexts(routes):
        methods = getattr(one, "methods", None) or ()
        if method not in methods:
            continue
        shape = tuple(PARAMETER.sub(HERE, part) for part in str(one.path).split("/"))
        door = getattr(one.endpoint, "door", None)
        plain = None
        if isinstance(door, Door) and one.endpoint is not None:
            plain = Plain(door, one.endpoint, str(one.path), one.dependant)
        found[shape] = plain if plain and plain.fits and shape not in found else None
    return {shape: plain for shape, plain in found.items() if plain}


class Express:
    def __init__(self, app: Any) -> None:
        self.state = app.state
        self.doors = {method: plain_doors(app.routes, method) for method in ("GET", "POST")}

    async def answer(
        self, scope: Scope, method: str, headers: dict[bytes, bytes], body: bytes
    ) -> Answered | Streamed | None:
        doors = self.doors.get(method)
        if doors is None:
            return None
        parts = scope["path"].split("/")
        shape = tuple(HERE if len(one) == 36 and ID.fullmatch(one) else one for one in parts)
        plain = doors.get(shape)
        if plain is None:
            return None
        taken = plain.taken(scope["query_string"], headers, body)
        if taken is None:
            return None
        ids = [UUID(one) for one, kind in zip(parts, shape, strict=True) if kind == HERE]
        named = dict(zip(plain.names, ids, strict=True))
        scope["endpoint"] = plain.endpoint  # for who watches from outside
        door, request_id = plain.door, scope["state"]["request_id"]
        token, key, match, accepts = (
            None if one is None else one.decode("latin-1") for one in map(headers.get, TAKEN)
        )
        more = {"if_match": match, "accepts": accepts, "body": body}
        more["key"] = key if method == "POST" else None
        file_id = named.get(door.mark.parameter)
        call = door.asked(token, scope["path"], request_id, file_id, **more)
        try:
            answer = await self.carried(door, call, plain.handler(named, taken))
        except Problem as problem:
            return refusal(problem, request_id)
        decide(scope, answer.decided)
        if answer.rest is not None:
            return Streamed(answer, self.state)
        head = [(b"content-length", b"%d" % len(answer.body)), JSON_HEADER]
        head += [(k.lower().encode(), v.encode()) for k, v in answer.headers.items()]
        return answer.status, head, answer.body

    async def carried(self, door: Door, call: Call, handler: Handler) -> Answer:
        state, mark, short = self.state, door.mark, True
        if state.lines is not None and fits_a_line(state.house, mark, call):
            found: Answer | None = await state.lines.run(on_line, state.house, mark, call, handler)
            if found is not None:
                return found
            short = state.house.scores.poor(call.route)  # a thread may have a short way for it
        answer: Answer = await state.lanes.run(carry, state.house, mark, call, handler, short)
        return answer
