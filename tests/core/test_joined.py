"""A head waits for what follows it, and for nothing else."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from app.core.joined import Joined

HEAD, BODY = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", b"{}"


class Recording:
    def __init__(self) -> None:
        self.calls: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.calls.append(data)

    def writelines(self, parts: tuple[bytes, ...]) -> None:
        self.calls.append(b"".join(parts))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True
        self.calls.append(b"closed")


Steps = Callable[[Any], None]


@pytest.mark.parametrize(
    ("steps", "calls"),
    [
        (lambda to: (to.write(HEAD), to.write(BODY)), [HEAD + BODY]),
        (lambda to: (to.write(HEAD), to.write(b"1"), to.write(b"2")), [HEAD + b"1", b"2"]),
        (lambda to: to.write(HEAD), [HEAD]),
        (lambda to: (to.write(HEAD), to.close()), [HEAD, b"closed"]),
        (lambda to: (to.close(), to.write(HEAD)), [b"closed"]),
        (lambda to: (to.write(HEAD), to.write(HEAD), to.write(BODY)), [HEAD + HEAD, BODY]),
        (lambda to: (to.write(BODY), to.write(HEAD), to.write(BODY)), [BODY, HEAD + BODY]),
    ],
)
def test_what_is_written_leaves_whole_in_order_and_in_few_calls(
    steps: Steps, calls: list[bytes]
) -> None:
    made: Any = Recording()

    async def one_turn() -> None:
        steps(Joined(made, asyncio.get_running_loop()))
        await asyncio.sleep(0)

    asyncio.run(one_turn())
    assert made.calls == calls
