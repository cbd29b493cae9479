"""The outermost layer, in pure ASGI: hosts, request ids, safe headers, bodies received whole."""

import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from http import HTTPStatus
from typing import Any

from app.core.bodies import Bodies, Gone, Message, Receive, none_follows
from app.core.decisions import DECISIONS, Undecided, undecided
from app.core.errors import Problem
from app.core.heads import examine
from app.core.logs import told
from app.core.problems import SAFE, plain, refusal
from app.core.values import new_id

Scope = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Limit = Callable[[Scope, dict[bytes, bytes]], None]
Answered = tuple[int, list[tuple[bytes, bytes]], bytes]  # status, headers, body
Short = Callable[[Scope, str, dict[bytes, bytes], bytes], Awaitable[Answered | App | None]]
# A file in a hundred pieces costs more than the file, and no answer of ours needs pieces.
UNHEARD = (b"range", b"if-range")
log = logging.getLogger("casework.edge")


class Edge:
    """What is not refused here reaches the application whole, and every answer leaves safe.

    `limit` may raise a problem before anything of a body is read. `short` may answer a request
    (method, headers, body) itself, or name who does; None leaves it to the application.
    `public`: the handlers whose answers need no decision of the guard.
    """

    def __init__(
        self,
        app: App,
        hosts: Sequence[str],
        bodies: Bodies,
        synthetic: bool = False,
        limit: Limit | None = None,
        short: Short | None = None,
        public: Collection[object] = (),
    ) -> None:
        self.app, self.bodies, self.limit, self.short = app, bodies, limit, short
        self.public = public
        self.hosts = frozenset(host.lower() for host in hosts)
        self.always = [*SAFE, *([(b"x-data-class", b"synthetic")] if synthetic else [])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, started, asked = new_id(), False, scope
        scope.setdefault("state", {}).update({"request_id": request_id, DECISIONS: []})
        extra = [*self.always, (b"x-request-id", str(request_id).encode())]
        head_only = scope["state"]["head_only"] = scope["method"] == "HEAD"

        async def with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                if undecided(asked, message["status"], self.public):
                    raise Undecided()
                started = True
                present = {name.lower() for name, _ in message["headers"]}
                more = [pair for pair in extra if pair[0] not in present]
                message = {**message, "headers": [*message["headers"], *more]}
            elif head_only:
                message = {**message, "body": b""}
            await send(message)

        async def serve(headers: dict[bytes, bytes], body: bytes) -> None:
            # HEAD is GET without the body (RFC 9110 §9.3.2): the same wall, and the same evidence.
            method = "GET" if head_only else scope["method"]
            nonlocal asked
            inner = scope
            try:
                answer = await self.short(scope, method, headers, body) if self.short else None
                if isinstance(answer, tuple):
                    await tell(*answer)
                    return
                heard = [one for one in scope["headers"] if one[0] not in UNHEARD]
                inner = asked = {**scope, "method": method, "headers": heard}
                await (answer or self.app)(inner, replayed(body, receive), with_headers)
            except Undecided as defect:
                log.critical("undecided", extra={"request_id": request_id, **told(defect)})
                if not started:
                    await refuse(plain(HTTPStatus.INTERNAL_SERVER_ERROR, {}))
            except Exception as failure:
                # A defect of ours. Its message may hold what people said: only its place is told.
                log.error("defect", extra={"request_id": request_id, **told(failure)})
                if not started:
                    await refuse(plain(HTTPStatus.INTERNAL_SERVER_ERROR, {}))
            finally:
                scope["endpoint"] = inner.get("endpoint")  # for who watches from outside

        async def tell(status: int, head: list[tuple[bytes, bytes]], text: bytes) -> None:
            nonlocal started
            if undecided(scope, status, self.public):
                raise Undecided()
            started = True
            head += extra
            await send({"type": "http.response.start", "status": status, "headers": head})
            await send({"type": "http.response.body", "body": b"" if head_only else text})

        async def refuse(problem: Problem, *more: tuple[bytes, bytes]) -> None:
            status, head, text = refusal(problem, request_id)
            start = {"type": "http.response.start", "status": status, "headers": [*head, *more]}
            await with_headers(start)
            await with_headers({"type": "http.response.body", "body": text})

        try:
            headers = examine(scope, self.hosts)
            if self.limit:
                self.limit(scope, headers)
            if none_follows(headers):
                await serve(headers, b"")
                return
            async with self.bodies.received(scope, headers, receive) as body:
                await serve(headers, body)
        except Gone:
            return
        except Problem as problem:
            await refuse(problem, (b"connection", b"close"))


def replayed(body: bytes, receive: Receive) -> Receive:
    waiting = [body]

    async def replay() -> Message:
        if not waiting:
            return await receive()
        return {"type": "http.request", "body": waiting.pop(), "more_body": False}

    return replay
