"""Clients that take their time, or everybody's room: bounded, on the wire and before it."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from app.core.bodies import Bodies
from app.core.decisions import decide
from app.core.edge import Edge
from tests.core.test_problems import ask
from tests.hostile.siege import Answer, Siege, besieged, read, request
from tests.worlds import Worlds


@pytest.fixture(scope="module")
def hurried(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    folder = tmp_path_factory.mktemp("hurried")
    few = {"head_seconds": 0.2, "body_seconds": 0.2}
    with besieged(worlds, folder, **few) as one:
        yield one


def left_waiting(siege: Siege, sent: bytes) -> Answer:
    """All that comes until the server has had enough."""
    with socket.create_connection(("127.0.0.1", siege.served.port), timeout=60) as line:
        line.sendall(sent)
        return read(line)


def test_a_body_that_never_comes(hurried: Siege) -> None:
    for length in (("Content-Length", "10"), ("Transfer-Encoding", "chunked")):
        (whole,) = request(hurried, "POST", "/v1/people", b"", length)
        answer = left_waiting(hurried, whole)
        assert answer.status == 408, answer.raw
        assert b'"request-timeout"' in answer.body
        assert answer.headers["cache-control"] == "no-store"


def test_a_head_that_never_ends(hurried: Siege) -> None:
    answer = left_waiting(hurried, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: 1")
    assert answer.status == 408
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_head_of_a_second_request_that_never_ends(hurried: Siege) -> None:
    whole = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    answer = left_waiting(hurried, whole + b"GET /healthz HTTP/1.1\r\nHost: ")
    assert (answer.status, answer.raw.count(b"HTTP/1.1 ")) == (200, 2)
    assert b"HTTP/1.1 408 " in answer.raw


def test_who_says_nothing_hears_nothing(hurried: Siege) -> None:
    with socket.create_connection(("127.0.0.1", hurried.served.port), timeout=60) as line:
        assert line.recv(100) == b""


def test_what_cannot_be_parsed_does_not_cut_into_an_answer(hurried: Siege) -> None:
    """The second of two requests is noise: the first is answered, or nothing is."""
    whole = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with socket.create_connection(("127.0.0.1", hurried.served.port), timeout=60) as line:
        line.sendall(whole + b"\0\0\0\0\r\n\r\n")
        raw = b""
        while part := line.recv(65_536):
            raw += part
    assert raw.count(b"HTTP/1.1 ") <= 1


def test_all_bodies_together_are_bounded() -> None:
    """Who waits with half a body keeps it; more than there is room for is refused, and let go."""
    served: list[bytes] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        served.append((await receive())["body"])
        decide(scope, True)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    bodies = Bodies(100, 100, most_held=150)
    edge, release = Edge(app, ["here"], bodies), asyncio.Event()
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/"}
    kind = (b"content-type", b"application/json")
    chunked = (b"transfer-encoding", b"chunked")
    scope |= {"headers": [(b"host", b"here"), kind, chunked]}
    sent: list[Any] = []

    async def waiting() -> None:
        parts = [{"type": "http.request", "body": b"1" * 90, "more_body": True}]

        async def receive() -> Any:
            if parts:
                return parts.pop()
            await release.wait()
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message.get("status"))

        await edge(dict(scope), receive, send)

    async def both() -> None:
        one, two = asyncio.create_task(waiting()), asyncio.create_task(waiting())
        await two
        assert [status for status in sent if status] == [503]
        release.set()
        await one

    asyncio.run(both())
    assert [status for status in sent if status] == [503, 200]
    assert bodies.held == 0
    part = {"type": "http.request", "body": b"1" * 60, "more_body": True}
    ask(edge, {}, part, {"type": "http.disconnect"})
    assert bodies.held == 0
