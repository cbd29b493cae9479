"""The outermost layer, in pure ASGI: hosts, request ids, safe headers, media types, body limits."""

import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from http import HTTPStatus
from typing import Any

from app.core.errors import NotFound, Problem, TooLarge, WrongMediaType
from app.core.logs import told
from app.core.problems import MEDIA_TYPE, body_of, plain
from app.core.values import new_id

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
JSON = ("application/json", "application/merge-patch+json")
FORM = ("application/x-www-form-urlencoded",)
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UPLOAD = ("multipart/form-data", "text/csv", WORKBOOK)
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")
WITHOUT_BODY = ("GET", "HEAD", "OPTIONS", "DELETE")
SAFE = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]
log = logging.getLogger("casework.edge")


class Gone(Exception):
    """The client left before the request was whole: nothing is to be done."""


class Edge:
    """`forms` and `uploads` are the paths that take something other than JSON; `limit` may raise
    a problem before anything of a body is read."""

    def __init__(
        self,
        app: App,
        hosts: Sequence[str],
        most: int,
        most_upload: int,
        forms: Iterable[str] = (),
        uploads: Iterable[str] = (),
        synthetic: bool = False,
        limit: Callable[[Scope, dict[bytes, bytes]], None] | None = None,
    ) -> None:
        self.app, self.most, self.most_upload = app, most, most_upload
        self.limit = limit
        self.hosts = {host.lower() for host in hosts}
        self.forms, self.uploads, self.synthetic = tuple(forms), tuple(uploads), synthetic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, started = new_id(), False
        scope.setdefault("state", {})["request_id"] = request_id
        extra = [(b"x-request-id", str(request_id).encode())]
        if self.synthetic:
            extra.append((b"x-data-class", b"synthetic"))
        head_only = scope["method"] == "HEAD"

        async def with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                present = {name.lower() for name, _ in message["headers"]}
                safe = [pair for pair in SAFE if pair[0] not in present]
                message = {**message, "headers": [*message["headers"], *safe, *extra]}
            elif head_only:
                message = {**message, "body": b""}
            await send(message)

        async def refuse(problem: Problem, *headers: tuple[bytes, bytes]) -> None:
            text = json.dumps(body_of(problem, request_id)).encode()
            length = (b"content-length", str(len(text)).encode())
            head = [(b"content-type", MEDIA_TYPE.encode()), length, *headers]
            start = {"type": "http.response.start", "status": problem.status, "headers": head}
            await with_headers(start)
            await with_headers({"type": "http.response.body", "body": text})

        try:
            headers = dict(scope["headers"])
            self.admit(scope, headers)
            if self.limit:
                self.limit(scope, headers)
            body: bytes | None = await self.body(scope, headers, receive)
        except Gone:
            return
        except Problem as problem:
            told_too = [(k.lower().encode(), v.encode()) for k, v in problem.headers.items()]
            await refuse(problem, (b"connection", b"close"), *told_too)
            return

        async def replay() -> Message:
            nonlocal body
            if body is None:
                return await receive()
            whole, body = body, None
            return {"type": "http.request", "body": whole, "more_body": False}

        # HEAD is GET without the body (RFC 9110 §9.3.2): the same wall, and the same evidence.
        inner = {**scope, "method": "GET"} if head_only else scope
        try:
            await self.app(inner, replay, with_headers)
        except Exception as failure:
            # A defect of ours. Its message may hold what people said: only its place is told.
            log.error("defect", extra={"request_id": request_id, **told(failure)})
            if not started:
                await refuse(plain(HTTPStatus.INTERNAL_SERVER_ERROR, {}))
        finally:
            scope["endpoint"] = inner.get("endpoint")  # for who watches from outside

    def admit(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        """A host that we serve; a path with neither slash nor NUL in disguise."""
        host = HOST.fullmatch(headers.get(b"host", b"").decode("latin-1"))
        if host is None or host[1].lower() not in self.hosts:
            raise Problem("this host is not served here", code="unknown-host")
        raw = scope.get("raw_path") or b""
        if b"%2f" in raw.lower() or "\0" in scope["path"] or "\ufffd" in scope["path"]:
            raise NotFound("not found")

    async def body(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        """The whole body, if it is of a kind and size that the path takes."""
        path = scope["path"]
        upload = any(path.endswith(one) for one in self.uploads)
        takes = FORM if path in self.forms else (*JSON, *UPLOAD) if upload else JSON
        most = self.most_upload if upload else self.most
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 18:
            raise Problem("Content-Length is not a number", code="content-length")
        if int(length) > most:
            raise TooLarge(f"at most {most} bytes")
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            parts.append(message.get("body", b""))
            size, more = size + len(parts[-1]), message.get("more_body", False)
            if size > most:
                raise TooLarge(f"at most {most} bytes")
        if scope["method"] in WITHOUT_BODY:
            return b""
        kind, _, parameters = headers.get(b"content-type", b"").decode("latin-1").partition(";")
        if size and kind.strip().lower() not in takes:
            raise WrongMediaType(f"send {' or '.join(takes)}")
        charset = parameters.lower().partition("charset=")[2].strip(' "')
        if charset not in ("", "utf-8", "utf8") or b"content-encoding" in headers:
            raise WrongMediaType("send UTF-8, without a content encoding")
        return b"".join(parts)
