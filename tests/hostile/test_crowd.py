"""More connections than there is room for: who asks nothing makes way for who comes."""

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.core.descriptors import BURST, OTHERS, room_for
from tests.hostile.siege import Siege, besieged, read, request
from tests.worlds import Worlds

MOST, CROWD = 20, 90
ALIVE = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture(scope="module")
def small(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """Of one engine: no request of these tests has to do with it."""
    folder = tmp_path_factory.mktemp("small")
    with besieged(Worlds(shared, None), folder, max_connections=MOST, head_seconds=600) as one:
        yield one


def line_to(siege: Siege, kept: ExitStack) -> socket.socket:
    return kept.enter_context(
        socket.create_connection(("127.0.0.1", siege.served.port), timeout=30)
    )


def test_who_says_nothing_makes_way_for_who_asks(small: Siege) -> None:
    asked = request(small, "GET", "/v1/cases?limit=1")
    before = small.process.num_fds()
    with ExitStack() as kept:
        polite = line_to(small, kept)
        polite.sendall(ALIVE)
        assert polite.recv(100).startswith(b"HTTP/1.1 200 ")
        idle = [line_to(small, kept) for _ in range(CROWD)]
        for line in idle[::3]:
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")  # begun, and not more
        assert small.send(*asked).status == 200
        while polite.recv(65_536):  # the rest of its answer, then the end
            pass
        assert small.process.num_fds() <= before + MOST
        for line in idle[: CROWD - MOST]:
            assert ended(line)
        idle[-1].sendall(ALIVE)
        assert idle[-1].recv(100).startswith(b"HTTP/1.1 200 ")
    assert small.send(*asked).status == 200


def test_who_keeps_back_a_body_makes_way_for_who_asks(small: Siege) -> None:
    asked = request(small, "GET", "/v1/cases?limit=1")
    slow = b"POST /v1/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n"
    slow += b"Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n"
    with ExitStack() as kept:
        lines = [line_to(small, kept) for _ in range(MOST)]
        for line in lines:
            line.sendall(slow)
            assert line.recv(100).startswith(b"HTTP/1.1 100 ")  # the body is awaited
        assert small.send(*asked).status == 200
        assert status(lines[0]) == 503
    assert small.send(*asked).status == 200


def ended(line: socket.socket) -> bool:
    try:
        return line.recv(100) == b""
    except ConnectionResetError:
        return True


def test_where_everybody_is_being_answered_who_comes_is_told(small: Siege) -> None:
    (asked,) = request(small, "GET", "/v1/cases/{case}")
    with ExitStack() as kept:
        with small.held():
            lines = [line_to(small, kept) for _ in range(MOST)]
            for line in lines:
                line.sendall(ALIVE + asked)
                begun = line.recv(65_536)  # the first is answered: the second is in hand
                assert begun.startswith(b"HTTP/1.1 200 ")
            with socket.create_connection(("127.0.0.1", small.served.port), timeout=30) as late:
                answer = read(late)
            assert answer.status == 503
            assert b'"busy"' in answer.body
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["retry-after"] == "1"
            assert answer.headers["connection"] == "close"
        assert [status(line) for line in lines] == [200] * MOST
    assert small.send(asked).status == 200


def status(line: socket.socket) -> int:
    """Of the second answer; of the first, the body may still be to come."""
    raw = b""
    while part := line.recv(65_536):
        raw += part
    return int(raw.partition(b"HTTP/1.1 ")[2][:3])


def test_there_are_files_for_all_connections() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1024), hard))
        wanted = min(2000, hard - BURST - OTHERS) if hard != resource.RLIM_INFINITY else 2000
        assert room_for(wanted) == wanted
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= wanted + OTHERS
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_where_the_system_has_fewer_so_have_we(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr("app.core.descriptors.getrlimit", lambda _: (256, 1024))
    monkeypatch.setattr("app.core.descriptors.setrlimit", lambda _, both: asked.append(both))
    assert room_for(1000) == 1024 - OTHERS
    assert asked == [(1024, 1024)]
