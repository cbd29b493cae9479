"""Faults of PostgreSQL: a wire that understands enough of the protocol to strike one statement.

All that an application sends passes it, by whichever of its ways: the driver, prepared statements,
pipelines. A statement ends with `Execute`, or is a simple `Query`.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from struct import pack, unpack_from
from threading import Event, Thread

from tests.faults.striking import Faults

# Both fail with 34000 (there is no such cursor), in the transaction of whoever sent it.
NO_QUERY = b"Q" + pack("!I", 4 + 13) + b"CLOSE absent\0"
NO_EXECUTE = b"E" + pack("!I", 4 + 7 + 4) + b"absent\0" + pack("!I", 0)


class Wire:
    def __init__(self, host: str, port: int, faults: Faults) -> None:
        self.there, self.faults = (host, port), faults
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.lines: list[socket.socket] = []
        Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with suppress(OSError):  # closed at the end
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.there)
                for line in (client, server):
                    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.lines += [client, server]
                cut = Event()
                Thread(target=self.ask, args=(client, server, cut), daemon=True).start()
                Thread(target=answer, args=(client, server, cut), daemon=True).start()

    def ask(self, client: socket.socket, server: socket.socket, cut: Event) -> None:
        """From the application to the server, message by message; a cut ends it."""
        talk = Talk(self.faults)
        with suppress(OSError):
            while not cut.is_set() and (part := client.recv(65_536)):
                told, ends = talk.understood(part)
                if ends:
                    cut.set()  # what the server answers is for nobody
                if told:
                    server.sendall(told)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)  # it does what it was sent, then leaves

    def close(self) -> None:
        self.listener.close()
        for line in self.lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()


def answer(client: socket.socket, server: socket.socket, cut: Event) -> None:
    with suppress(OSError):
        while part := server.recv(65_536):
            if not cut.is_set():
                client.sendall(part)
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)


class Talk:
    """What one connection says to the server."""

    def __init__(self, faults: Faults) -> None:
        self.faults, self.rest, self.begun = faults, b"", False
        self.texts: dict[bytes, str] = {}  # of what was prepared, by its name
        self.last = ""

    def understood(self, part: bytes) -> tuple[bytes, bool]:
        """What goes on to the server, and whether it is the last that does."""
        rest, out = self.rest + part, b""
        while (message := self.whole(rest)) is not None:
            rest = rest[len(message) :]
            if not self.begun or message[:1] not in (b"Q", b"E"):
                self.hear(message)
                out += message
                continue
            simple = message[:1] == b"Q"
            how = self.faults.strikes(message[5:-1].decode() if simple else self.last)
            if how == "refused":
                message = NO_QUERY if simple else NO_EXECUTE
            out += message
            if how == "cut":
                if rest[:1] == b"S":  # a transaction of its own, which ends there
                    out += rest[:5]
                return out, True
        self.rest = rest
        return out, False

    def whole(self, rest: bytes) -> bytes | None:
        """The next message, if all of it is here; before the greeting they have no kind."""
        kind = int(self.begun)
        if len(rest) < kind + 4:
            return None
        (length,) = unpack_from("!I", rest, kind)
        return rest[: kind + length] if len(rest) >= kind + length else None

    def hear(self, message: bytes) -> None:
        if not self.begun:
            self.begun = unpack_from("!I", message, 4)[0] >> 16 == 3  # else it asks for secrecy
        elif message[:1] == b"P":
            name, text, _ = message[5:].split(b"\0", 2)
            self.texts[name] = text.decode()
        elif message[:1] == b"B":
            _, name, _ = message[5:].split(b"\0", 2)
            self.last = self.texts.get(name, "")


@contextmanager
def wire(host: str, port: int, faults: Faults) -> Iterator[Wire]:
    one = Wire(host, port, faults)
    try:
        yield one
    finally:
        one.close()
