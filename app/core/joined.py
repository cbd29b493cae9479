"""The head of an answer leaves together with what follows it: one call of the system, not two."""

from asyncio import AbstractEventLoop, Transport
from typing import Any


class Joined:
    """A transport that holds a head back until more is written, at most until the loop's next turn.

    All else is the transport's own.
    """

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self.transport, self.loop = transport, loop
        self.head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def write(self, data: bytes) -> None:
        if self.head:
            head, self.head = self.head, b""
            self.transport.writelines((head, data))
        elif data.endswith(b"\r\n\r\n"):
            self.head = data
            self.loop.call_soon(self.flush)
        else:
            self.transport.write(data)

    def flush(self) -> None:
        head, self.head = self.head, b""
        if head and not self.transport.is_closing():
            self.transport.write(head)

    def close(self) -> None:
        self.flush()
        self.transport.close()
