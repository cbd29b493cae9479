"""The outermost layer, in pure ASGI: request ids, safe headers, media types, body limits."""

import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from app.core.errors import Problem, TooLarge, WrongMediaType
from app.core.problems import MEDIA_TYPE, body_of
from app.core.values import new_id

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
JSON = ("application/json", "application/merge-patch+json")
FORM = ("application/x-www-form-urlencoded",)
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UPLOAD = ("multipart/form-data", "text/csv", WORKBOOK)
SAFE = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]


class Edge:
    """`forms` and `uploads` are the paths that take something other than JSON."""

    def __init__(
        self,
        app: App,
        most: int,
        most_upload: int,
        forms: Iterable[str] = (),
        uploads: Iterable[str] = (),
        synthetic: Callable[[], bool] = lambda: False,
    ) -> None:
        self.app, self.most, self.most_upload = app, most, most_upload
        self.forms, self.uploads, self.synthetic = tuple(forms), tuple(uploads), synthetic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        extra = [(b"x-request-id", str(request_id).encode())]
        if self.synthetic():
            extra.append((b"x-data-class", b"synthetic"))

        async def with_headers(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                safe = [pair for pair in SAFE if pair[0] not in present]
                message = {**message, "headers": [*message["headers"], *safe, *extra]}
            await send(message)

        try:
            body = await self.body(scope, receive)
        except Problem as problem:
            text = json.dumps(body_of(problem, request_id)).encode()
            head = [(b"content-type", MEDIA_TYPE.encode()), (b"connection", b"close")]
            start = {"type": "http.response.start", "status": problem.status, "headers": head}
            await with_headers(start)
            await send({"type": "http.response.body", "body": text})
            return

        async def replay() -> dict[str, Any]:
            nonlocal body
            if body is None:
                return await receive()
            whole, body = body, None
            return {"type": "http.request", "body": whole, "more_body": False}

        await self.app(scope, replay, with_headers)

    async def body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body, if it is of a kind and size that the path takes."""
        if scope["method"] in ("GET", "HEAD", "OPTIONS", "DELETE"):
            return None
        headers = dict(scope["headers"])
        path = scope["path"]
        upload = any(path.endswith(one) for one in self.uploads)
        takes = FORM if path in self.forms else (*JSON, *UPLOAD) if upload else JSON
        most = self.most_upload if upload else self.most
        if int(headers.get(b"content-length", b"0") or 0) > most:
            raise TooLarge(f"at most {most} bytes")
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return b""
            parts.append(message.get("body", b""))
            size, more = size + len(parts[-1]), message.get("more_body", False)
            if size > most:
                raise TooLarge(f"at most {most} bytes")
        kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower().decode("latin-1")
        if size and kind not in takes:
            raise WrongMediaType(f"send {' or '.join(takes)}")
        return b"".join(parts)
