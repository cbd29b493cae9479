"""Carries a test's request to the application in one step, where the usual client takes seven."""

import asyncio
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

import anyio
import httpx

Message = MutableMapping[str, Any]


class Straight(httpx.BaseTransport):
    """Runs the application to its end on the loop of its lifespan; then there is an answer.

    `state` is what the lifespan has made, as a server hands it to each request.
    """

    def __init__(
        self,
        app: Any,
        client: tuple[str, int],
        loop: Callable[[], asyncio.AbstractEventLoop],
        state: Callable[[], Any],
    ) -> None:
        self.app, self.client, self.loop, self.state = app, client, loop, state

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "path": unquote(url.path),
            "raw_path": url.raw_path.split(b"?", 1)[0],
            "root_path": "",
            "scheme": url.scheme,
            "query_string": url.query,
            "headers": headers,
            "client": list(self.client),
            "server": [url.host, url.port or 80],
            "extensions": {},
            "state": dict(self.state()),
        }
        told: list[Message] = []
        asking = self.run(scope, request.read(), told)
        asyncio.run_coroutine_threadsafe(asking, self.loop()).result()
        if not told:
            return httpx.Response(500, request=request)
        start, *parts = told
        body = b"".join(part.get("body", b"") for part in parts)
        if request.method == "HEAD":
            body = b""
        stream = httpx.ByteStream(body)
        return httpx.Response(
            start["status"], headers=start["headers"], stream=stream, request=request
        )

    async def run(self, scope: dict[str, Any], body: bytes, told: list[Message]) -> None:
        given: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        complete = anyio.Event()

        async def receive() -> Message:
            """As a server tells it: who has asked stays until all is said."""
            if given:
                return given.pop()
            await complete.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            told.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                complete.set()

        with suppress(Exception):  # an answer that has begun goes on; without one it is a 500
            await self.app(scope, receive, send)
