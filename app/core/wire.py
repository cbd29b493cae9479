"""One connection of the HTTP server: bounded in bytes and seconds, and no less polite for it.

The server itself would gather the first lines of a request without end, wait for them without
end, and refuse what it cannot parse in plain text. Nor would it mind how many connections are open
at one time: here who asks nothing makes room for who comes, and where everybody is being answered,
who comes is told to come later.
"""

from asyncio import TimerHandle, Transport
from http import HTTPStatus
from typing import Any, ClassVar, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.core.errors import HeadTooLarge, Problem, TimedOut, TooLarge, Unavailable
from app.core.heads import LARGEST_HEAD, LONGEST_TARGET, MOST_HEADERS
from app.core.joined import Joined
from app.core.problems import SAFE, plain, refusal
from app.core.values import new_id

MOST_CHUNKS = 20_000  # of one body
AT_THE_END = 2  # seconds for a client to take what waits for it, once the server is to stop


class Wire(HttpToolsProtocol):
    """The bytes of a request are counted as they arrive, before anything is made of them."""

    head_seconds: ClassVar[float] = 10
    taking_seconds: float = 60  # for a client to take what waits for it
    most: ClassVar[int] = 1 << 24  # bytes of one request, with all that frames it
    most_open: ClassVar[int] = 1000
    idle: ClassVar[dict["Wire", None]]  # with no request in hand; who has been so longest is first
    arriving: ClassVar[dict["Wire", None]]  # whose one request is still to arrive in full
    in_head: bool
    taken: int
    trailed: int
    chunks: int
    timer: TimerHandle | None
    stalled: TimerHandle | None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(Transport, Joined(transport, self.loop)))
        self.taken, self.in_head, self.timer, self.stalled = 0, True, None, None
        if len(self.connections) > self.most_open and not self.make_room():
            self.refuse(Unavailable("too many connections", code="busy"))
            return
        self.idle[self] = None
        self.await_head()

    def make_room(self) -> bool:
        """A client may lose a connection on which nothing is under way at any time.

        Then it is the turn of who has been sending a body for longest: nothing is done of it yet.
        """
        if oldest := next(iter(self.idle), None):
            del self.idle[oldest]
            oldest.transport.close()
        elif oldest := next(iter(self.arriving), None):
            del self.arriving[oldest]
            oldest.refuse(Unavailable("too many connections", code="busy"))
        return oldest is not None

    def on_message_complete(self) -> None:
        self.arriving.pop(self, None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self.arriving.pop(self, None)
        last = not self.pipeline
        super().on_response_complete()
        if last and not self.transport.is_closing():
            self.idle[self] = None

    def connection_lost(self, exc: Exception | None) -> None:
        self.idle.pop(self, None)
        self.arriving.pop(self, None)
        self.head_came()
        self.taken_up()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.taken += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self.in_head and self.taken > LARGEST_HEAD + LONGEST_TARGET:
            self.refuse(HeadTooLarge("the request does not come to its body"))
        elif self.taken > self.most:
            self.refuse(TooLarge(f"at most {self.most} bytes, with what frames them"))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.taken, self.trailed, self.chunks, self.in_head = 0, 0, 0, True
        self.await_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.in_head:
            super().on_header(name, value)
            return
        self.trailed += 1  # what trails a body is not looked at
        if self.trailed > MOST_HEADERS:
            raise ValueError("too many trailers")

    def on_chunk_header(self) -> None:
        self.chunks += 1
        if self.chunks > MOST_CHUNKS:
            raise ValueError("a body in crumbs")

    def on_headers_complete(self) -> None:
        self.in_head = False
        self.idle.pop(self, None)
        self.head_came()
        if not self.url.startswith((b"/", b"*")):
            # The authority of the target counts, whatever Host says (RFC 9112 §3.2.2).
            target = httptools.parse_url(self.url)
            port = b":%d" % target.port if target.port else b""
            self.headers[:] = [one for one in self.headers if one[0] != b"host"]
            self.headers.append((b"host", (target.host or b"") + port))
        if self.cycle is None or self.cycle.response_complete:
            self.arriving[self] = None
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """More waits for this client than it should: either it takes that, or it is let go."""
        super().pause_writing()
        self.stalled = self.loop.call_later(self.taking_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        self.taken_up()
        super().resume_writing()

    def taken_up(self) -> None:
        if self.stalled is not None:
            self.stalled.cancel()
            self.stalled = None

    def shutdown(self) -> None:
        """A client that takes nothing keeps nobody waiting when the server is to stop."""
        self.taking_seconds = min(self.taking_seconds, AT_THE_END)
        if self.stalled is not None:
            self.taken_up()
            self.stalled = self.loop.call_later(self.taking_seconds, self.transport.abort)
        super().shutdown()

    def await_head(self) -> None:
        self.head_came()
        self.timer = self.loop.call_later(self.head_seconds, self.late)

    def head_came(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def late(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.await_head()  # an earlier request of this connection is being answered
        elif self.headers is not None:  # something has begun
            self.refuse(TimedOut("the request did not arrive in time"))
        else:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        self.refuse(plain(HTTPStatus.BAD_REQUEST, {}))

    def refuse(self, problem: Problem) -> None:
        """Unless an answer is under way already: then there is nothing left to say."""
        cycle = self.cycle
        if (
            cycle is None
            or cycle.response_complete
            or (cycle.more_body and not cycle.response_started)
        ):
            request_id = new_id()
            status, headers, body = refusal(problem, request_id)
            headers += [*SAFE, (b"x-request-id", str(request_id).encode())]
            lines = [b"HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase.encode())]
            lines += [name + b": " + value for name, value in headers]
            self.transport.write(b"\r\n".join([*lines, b"connection: close", b"", body]))
        self.transport.close()


def wire(
    head_seconds: float, largest_body: int, taking_seconds: float, most_open: int
) -> type[Any]:
    """The class of connections of one server: times in seconds, `largest_body` in bytes.

    Room for a body in small chunks, but not for a little body in endless wrapping.
    """
    given: dict[str, Any] = {"head_seconds": head_seconds, "taking_seconds": taking_seconds}
    given |= {"most_open": most_open, "idle": {}, "arriving": {}}
    given |= {"most": 2 * largest_body + LARGEST_HEAD}
    return type("Wire", (Wire,), given)
