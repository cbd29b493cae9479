"""A wire to PostgreSQL that can be cut at the commit: before it arrives there, or after."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import Literal


class Wire:
    """Passes on all that comes; once `armed`, the next COMMIT breaks its connection."""

    def __init__(self, host: str, port: int) -> None:
        self.there = (host, port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.armed: Literal["before", "after"] | None = None
        self.lock, self.lines = Lock(), list[socket.socket]()
        self.cuts = 0
        Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with suppress(OSError):  # closed at the end
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.there)
                self.lines += [client, server]
                unheard = Event()
                for one, other in ((client, server), (server, client)):
                    more = (one is client, unheard)
                    Thread(target=self.pass_on, args=(one, other, *more)).start()

    def pass_on(
        self, one: socket.socket, other: socket.socket, asking: bool, unheard: Event
    ) -> None:
        with suppress(OSError):
            while part := one.recv(65_536):
                if unheard.is_set() and not asking:
                    break  # the server has answered, and so has done what it was asked for
                if asking and b"COMMIT" in part and (when := self.disarm()):
                    if when == "before":
                        break
                    unheard.set()
                other.sendall(part)
        for line in (one, other):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def disarm(self) -> Literal["before", "after"] | None:
        with self.lock:
            when, self.armed = self.armed, None
            self.cuts += bool(when)
            return when

    def close(self) -> None:
        self.listener.close()
        for line in self.lines:
            line.close()


@contextmanager
def wire(host: str, port: int) -> Iterator[Wire]:
    one = Wire(host, port)
    try:
        yield one
    finally:
        one.close()
