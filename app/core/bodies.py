"""Bodies as they arrive: of a kind and a size that the path takes, in time, and not too many."""

from asyncio import timeout
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from app.core.errors import Problem, TimedOut, TooLarge, Unavailable, WrongMediaType

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
JSON = ("application/json", "application/merge-patch+json", "application/fhir+json")
FORM = ("application/x-www-form-urlencoded",)
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UPLOAD = ("multipart/form-data", "text/csv", WORKBOOK)
LARGEST_FORM = 65_536  # bytes; forms are for signing in alone
WITHOUT_BODY = ("GET", "HEAD", "OPTIONS", "DELETE")


class Gone(Exception):
    """The client left before the request was whole: nothing is to be done."""


class Bodies:
    """`forms` and `uploads` are the paths that take something other than JSON."""

    def __init__(
        self,
        most: int,
        most_upload: int,
        forms: Iterable[str] = (),
        uploads: Iterable[str] = (),
        most_held: int = 1 << 27,
        seconds: float = 60,
    ) -> None:
        self.most, self.most_upload, self.most_held = most, most_upload, most_held
        self.forms, self.uploads, self.seconds = tuple(forms), tuple(uploads), seconds
        self.held = 0  # bytes of all bodies that are being received or answered

    @asynccontextmanager
    async def received(
        self, scope: Mapping[str, Any], headers: Mapping[bytes, bytes], receive: Receive
    ) -> AsyncIterator[bytes]:
        """The whole body, for as long as its request is answered."""
        kind, charset = kind_of(headers.get(b"content-type", b""))
        takes, most = self.takes(scope["path"], kind)
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 18:
            raise Problem("Content-Length is not a number", code="content-length")
        if int(length) > most:
            raise TooLarge(f"at most {most} bytes")
        body, more = bytearray(), True
        before = 0
        try:
            async with timeout(self.seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Gone
                    body += message.get("body", b"")
                    more = message.get("more_body", False)
                    self.held += len(body) - before
                    before = len(body)
                    if before > most:
                        raise TooLarge(f"at most {most} bytes")
                    if self.held > self.most_held:
                        raise Unavailable("too many bodies at one time", code="busy")
            if scope["method"] in WITHOUT_BODY:
                body.clear()
            elif body and kind not in takes:
                raise WrongMediaType(f"send {' or '.join(takes)}")
            elif charset not in ("", "utf-8", "utf8") or b"content-encoding" in headers:
                raise WrongMediaType("send UTF-8, without a content encoding")
            yield bytes(body)
        except TimeoutError:
            raise TimedOut("the body did not arrive in time") from None
        finally:
            self.held -= before

    def takes(self, path: str, kind: str) -> tuple[tuple[str, ...], int]:
        """Media types, and how many bytes of this one."""
        if path in self.forms:
            return FORM, min(self.most, LARGEST_FORM)
        if any(path.endswith(one) for one in self.uploads):
            return (*JSON, *UPLOAD), self.most_upload if kind in UPLOAD else self.most
        return JSON, self.most


def none_follows(headers: Mapping[bytes, bytes]) -> bool:
    """RFC 9112 §6.3."""
    return b"content-length" not in headers and b"transfer-encoding" not in headers


def kind_of(content_type: bytes) -> tuple[str, str]:
    kind, _, parameters = content_type.decode("latin-1").lower().partition(";")
    return kind.strip(), parameters.partition("charset=")[2].strip(' "')
