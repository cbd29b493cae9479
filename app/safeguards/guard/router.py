"""Takes a plain function, and serves it as one job on one thread, behind its named action."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import QueryParams

from app.core.decisions import decide
from app.core.errors import NotFound
from app.core.moments import Past
from app.core.strict_json import StrictRequest, parse
from app.safeguards.guard.calls import Call
from app.safeguards.guard.carrying import carry, check
from app.safeguards.guard.described import (
    WithRights,
    as_described,
    parameters,
    responses,
    with_readers,
)
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.protected import Protected
from app.safeguards.guard.queries import AS_OF, RIGHTS_AS_OF, examine, query_names
from app.safeguards.guard.shown import JSON, Shown, shown_in
from app.safeguards.guard.streaming import Streamed
from app.safeguards.guard.summaries import has_summary
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.identity.caller import digest

WORD = TypeAdapter(bool)


class UnguardedRoute(TypeError):
    """A route was declared without exactly one action, or answers with something not Shown."""


class Door:
    """One route: the handler, the parameter for its unit of work, and the action."""

    def __init__(self, endpoint: Callable[..., Any], path: str, method: str, status: int) -> None:
        self.endpoint, self.path, self.method, self.status = endpoint, path, method, status
        name = f"{endpoint.__module__}.{endpoint.__qualname__}"
        self.hints = get_type_hints(endpoint, include_extras=True)
        marks = [
            (slot, mark)
            for slot, hint in self.hints.items()
            for mark in getattr(hint, "__metadata__", ())
            if isinstance(mark, Mark)
        ]
        if len(marks) != 1:
            raise UnguardedRoute(f"{name} names {len(marks)} actions, not one")
        ((self.slot, mark),) = marks
        answer = self.hints.get("return")
        if get_origin(answer) is not Shown:
            raise UnguardedRoute(f"{name} must answer with Shown[...]")
        (self.out,) = get_args(answer)
        self.mark = replace(mark, summary=has_summary(shown_in(self.out)))
        if self.mark.scope and f"{{{self.mark.parameter}}}" not in path:
            raise UnguardedRoute(f"{name} has no {self.mark.parameter} in its path")
        if self.mark.scope is None and "{case_id}" in path:
            raise UnguardedRoute(f"{name} is about a case, but its action is not")
        self.route = f"{method} {path}"
        self.kind = kind_of(self.out)
        self.media = getattr(self.out, "media", JSON)
        looks_back = method == "GET" and self.mark.recalls
        self.names_readers = looks_back and self.kind is not None
        self.recalls = self.names_readers or (looks_back and getattr(self.out, "recalled", False))

    def call(self, request: Request, body: bytes) -> Call:
        headers = request.headers
        named = request.path_params.get(self.mark.parameter)
        return self.asked(
            headers.get("authorization"),
            request.url.path,
            request.state.request_id,
            identified(named),
            if_match=headers.get("if-match"),
            accepts=headers.get("accept-language"),
            key=headers.get("idempotency-key") if self.method == "POST" else None,
            body=body,
        )

    def asked(
        self,
        authorization: str | None,
        path: str,
        request_id: UUID,
        file_id: UUID | None,
        **more: Any,
    ) -> Call:
        return Call(
            token=digest(authorization),
            method=self.method,
            path=path,
            route=self.route,
            request_id=request_id,
            file_id=file_id,
            status=self.status,
            out=self.out,
            kind=self.kind,
            **more,
        )

    def twin(self) -> Callable[..., Any]:
        """What FastAPI sees: the same parameters, less the unit of work."""
        accepts = inspect.signature(self.endpoint).parameters
        parameter = self.mark.parameter

        async def carried(*, request: Request, **values: Any) -> Response:
            if parameter and parameter not in accepts:
                values.pop(parameter)
            as_of, rights = values.pop(AS_OF, None), values.pop(RIGHTS_AS_OF, False)

            def handler(work: UnitOfWork) -> object:
                return self.endpoint(**values, **{self.slot: work})

            kind = request.headers.get("content-type", "")
            body = without_boundary(kind, await request.body())
            call, state = self.call(request, body), request.app.state
            call.as_of, call.rights_as_of = as_of, rights
            short = as_of is None and not rights  # which tells what is on record now
            answer = await state.lanes.run(carry, state.house, self.mark, call, handler, short)
            decide(request.scope, answer.decided)
            if answer.rest is not None:
                return Streamed(answer, state)
            return Response(answer.body, answer.status, answer.headers, media_type=self.media)

        keyword = inspect.Parameter.KEYWORD_ONLY
        asked: dict[str, Any] = {"request": Request}
        if parameter:
            asked[parameter] = UUID
        parameters = [inspect.Parameter(n, keyword, annotation=a) for n, a in asked.items()] + [
            p.replace(kind=keyword, annotation=self.hints[p.name])
            for p in accepts.values()
            if p.name != self.slot and p.name not in asked
        ]
        of_the_past: list[tuple[str, Any, Any]] = []
        if self.recalls:
            of_the_past.append((AS_OF, None, Past | None))
        if self.names_readers:
            of_the_past.append((RIGHTS_AS_OF, False, WithRights))
        parameters += [
            inspect.Parameter(name, keyword, default=default, annotation=hint)
            for name, default, hint in of_the_past
        ]
        carried.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        carried.__name__, carried.__doc__ = self.endpoint.__name__, self.endpoint.__doc__
        carried.door = self  # type: ignore[attr-defined]
        return carried


class GuardedRoute(APIRoute):
    """The framework's route with strict JSON and queries, and the wall before any fault of them."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        inner = super().get_route_handler()
        door: Door = self.endpoint.door  # type: ignore[attr-defined]
        takes = frozenset(query_names(self.dependant))
        # What nobody reads is told so: words for the file must not be lost in silence.
        mute = door.method == "POST" and not (
            self.dependant.body_params or self.dependant.dependencies
        )

        async def handle(request: Request) -> Response:
            try:
                examine(request.query_params, takes)
                strict = StrictRequest(request.scope, request.receive)
                if mute:
                    say_nothing(await strict.body())
                response: Response = await inner(strict)
                return response
            except RequestValidationError as fault:
                call, state = door.call(request, b""), request.app.state
                call.rights_as_of = door.names_readers and asks_of_rights(request.query_params)
                await state.lanes.run(check, state.house, door.mark, call)
                if any(error["loc"][0] == "path" for error in fault.errors()):
                    raise NotFound() from None  # an id that is none names nothing
                raise

        return handle


def asks_of_rights(query: QueryParams) -> bool:
    """Of a query in which something else is wrong: its refusal is on record as what it is."""
    try:
        return WORD.validate_python(query.get(RIGHTS_AS_OF))
    except ValidationError:  # of nothing, too
        return False


def say_nothing(body: bytes) -> None:
    """Where a verb takes no body: none, or an empty object, as some clients always send one."""
    try:
        given = parse(body) if body else {}
    except ValueError:
        raise RequestValidationError([{"type": "json_invalid", "loc": ("body",)}]) from None
    if not isinstance(given, dict):
        raise RequestValidationError([{"type": "model_type", "loc": ("body",)}])
    if given:
        extra = "extra_forbidden"
        raise RequestValidationError([{"type": extra, "loc": ("body", name)} for name in given])


def without_boundary(kind: str, body: bytes) -> bytes:
    """An upload as it tells two requests apart: each try chooses another boundary at random."""
    media_type, _, boundary = kind.partition("boundary=")
    if not boundary or not media_type.lower().startswith("multipart/"):
        return body
    return body.replace(b"--" + boundary.split(";")[0].strip('" ').encode("latin-1"), b"--")


def kind_of(out: Any) -> type[Protected] | None:
    """Of the rows that a schema shows, itself or in its page; a dry run's page shows none."""
    return cast(type[Protected] | None, getattr(shown_in(out), "of", None))


def identified(text: str | None) -> UUID | None:
    """Path parameters arrive as text; what is not an id names a file that nobody has."""
    try:
        return UUID(text) if text is not None else None
    except ValueError:
        return UUID(int=0)


class GuardedRouter(APIRouter):
    """Declares guarded routes alone: UnguardedRoute for one without exactly one action."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(route_class=GuardedRoute, redirect_slashes=False, **settings)

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        (method,) = kwargs.get("methods") or ["GET"]
        status = kwargs.get("status_code") or 200
        door = Door(endpoint, self.prefix + path, method, status)
        extra = kwargs.get("openapi_extra") or {}
        extra = {**extra, "x-action": door.mark.action}
        if told := parameters(method):
            extra["parameters"] = [*extra.get("parameters", []), *told]
        kwargs["openapi_extra"] = extra
        whole = responses(method, status, door.out, kwargs.get("responses") or {})
        kwargs["responses"] = with_readers(whole) if door.names_readers else whole
        kwargs["response_model"] = as_described(door.out)
        if door.media != JSON:
            kwargs |= {"response_model": None, "response_class": Response}
            kwargs["responses"][status] = {"content": {door.media: {"schema": {"type": "string"}}}}
        super().add_api_route(path, door.twin(), **kwargs)
