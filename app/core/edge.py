"""The outermost layer, in pure ASGI: hosts, request ids, safe headers, bodies received whole."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

from app.core.bodies import Bodies, Gone, Message, Receive
from app.core.errors import Problem
from app.core.heads import examine
from app.core.logs import told
from app.core.problems import SAFE, plain, refusal
from app.core.values import new_id

Scope = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Limit = Callable[[Scope, dict[bytes, bytes]], None]
# A file in a hundred pieces costs more than the file, and no answer of ours needs pieces.
UNHEARD = (b"range", b"if-range")
log = logging.getLogger("casework.edge")


class Edge:
    """What is not refused here reaches the application whole, and every answer leaves safe.

    `limit` may raise a problem before anything of a body is read.
    """

    def __init__(
        self,
        app: App,
        hosts: Sequence[str],
        bodies: Bodies,
        synthetic: bool = False,
        limit: Limit | None = None,
    ) -> None:
        self.app, self.bodies, self.synthetic, self.limit = app, bodies, synthetic, limit
        self.hosts = frozenset(host.lower() for host in hosts)

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
                more = [pair for pair in (*SAFE, *extra) if pair[0] not in present]
                message = {**message, "headers": [*message["headers"], *more]}
            elif head_only:
                message = {**message, "body": b""}
            await send(message)

        async def serve(body: bytes | None) -> None:
            async def replay() -> Message:
                nonlocal body
                if body is None:
                    return await receive()
                whole, body = body, None
                return {"type": "http.request", "body": whole, "more_body": False}

            # HEAD is GET without the body (RFC 9110 §9.3.2): the same wall, and the same evidence.
            heard = [one for one in scope["headers"] if one[0] not in UNHEARD]
            method = "GET" if head_only else scope["method"]
            inner = {**scope, "method": method, "headers": heard}
            inner["state"]["head_only"] = head_only
            try:
                await self.app(inner, replay, with_headers)
            except Exception as failure:
                # A defect of ours. Its message may hold what people said: only its place is told.
                log.error("defect", extra={"request_id": request_id, **told(failure)})
                if not started:
                    await refuse(plain(HTTPStatus.INTERNAL_SERVER_ERROR, {}))
            finally:
                scope["endpoint"] = inner.get("endpoint")  # for who watches from outside

        async def refuse(problem: Problem, *more: tuple[bytes, bytes]) -> None:
            status, head, text = refusal(problem, request_id)
            start = {"type": "http.response.start", "status": status, "headers": [*head, *more]}
            await with_headers(start)
            await with_headers({"type": "http.response.body", "body": text})

        try:
            headers = examine(scope, self.hosts)
            if self.limit:
                self.limit(scope, headers)
            async with self.bodies.received(scope, headers, receive) as body:
                await serve(body)
        except Gone:
            return
        except Problem as problem:
            await refuse(problem, (b"connection", b"close"))
