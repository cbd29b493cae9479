"""Hears an answer message by message, as the server beneath the application would."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.safeguards.guard import carrying, streaming, timeline
from tests.conftest import World

Step = Callable[[int], Awaitable[None]]
PATIENCE = 60  # seconds; a test that waits for longer has failed


@dataclass
class Heard:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    parts: list[bytes] = field(default_factory=list)
    ended: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(self.parts)


async def nothing(_: int) -> None:
    """A client that takes everything at once."""


def listen(
    world: World,
    path: str,
    role: str = "social_worker",
    *,
    taken: Step = nothing,
    begun: Step = nothing,
    left: asyncio.Event | None = None,
) -> Heard:
    """`taken` is called with the number of each part before the client takes it."""
    app: Any = world.client.app
    heard = Heard()
    target, _, query = path.partition("?")
    token = world.staff[role, "north"].token
    headers = [(b"host", b"testserver"), (b"authorization", f"Bearer {token}".encode())]
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": target, "headers": headers}
    scope |= {"raw_path": target.encode(), "query_string": query.encode(), "state": {}}
    scope |= {"client": ("127.0.0.1", 1), "server": ("testserver", 80), "scheme": "http"}
    scope |= {"http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"}}

    async def whole() -> None:
        over, asked = asyncio.Event(), False

        async def receive() -> Any:
            nonlocal asked
            if not asked:
                asked = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await (left or over).wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                await begun(message["status"])
                heard.status = message["status"]
                heard.headers = {k.decode(): v.decode() for k, v in message["headers"]}
                return
            await taken(len(heard.parts))
            heard.parts.append(message.get("body", b""))
            heard.ended = not message.get("more_body", False)

        async with asyncio.timeout(PATIENCE):
            await app(scope, receive, send)
        over.set()

    # Lines are read by the loop of the service; this one is the client's own.
    lines, app.state.lines = app.state.lines, None
    try:
        asyncio.run(whole())
    finally:
        app.state.lines = lines
    return heard


@contextmanager
def in_parts_of(entries: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """How often something followed."""
    followed: list[Any] = []
    carry_on = carrying.carry_on

    def counted(*given: Any) -> Any:
        followed.append(given)
        return carry_on(*given)

    with monkeypatch.context() as patched:
        patched.setattr(timeline, "PART", entries)
        patched.setattr(streaming, "carry_on", counted)
        yield followed
