"""The second record: a line of event and leaf, outside of the database, before the answer leaves.

Between the commit of an event and the next checkpoint nobody has signed for it yet. What stands
here by then cannot be taken out of the database unnoticed: `casework-verify sink` wants each line
to be in the log. It is worth as much as it is out of reach of who administers the database: a file
of another owner, which this process may only append to, or the system log, which goes elsewhere.
"""

import os
import socket
import struct
from collections.abc import Iterable, Mapping
from errno import ECONNREFUSED, ECONNRESET, ENOTCONN, EPIPE
from pathlib import Path
from typing import Any

from app.core.errors import Uncertain
from app.safeguards.audit.chain import log_leaf

SYSLOG = "syslog:"
PATIENCE = 1, 0  # seconds and microseconds
PRIORITY = 13 * 8 + 6  # RFC 5424: log audit, informational


class UnsafeSink(RuntimeError):
    """The second record cannot be written to."""


class Sink:
    """Appends at once, from any thread, for as long as the process lives.

    `begins`: whether a file that is not there may be made. Where one was kept before, a new one
    would be another record.
    """

    def __init__(self, place: str, begins: bool = True) -> None:
        self.socket = place.removeprefix(SYSLOG) if place.startswith(SYSLOG) else None
        try:
            if self.socket is not None:
                self.file = connected(self.socket)
            else:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
                if begins:
                    Path(place).parent.mkdir(parents=True, exist_ok=True)
                    flags |= os.O_CREAT
                self.file = os.open(place, flags, 0o600)
        except OSError as fault:
            why = fault.strerror or "no such place"
            raise UnsafeSink(f"CASEWORK_SINK: {place} cannot be written to: {why}") from None

    def tell(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Raises Uncertain: what was done is done, and its second record is not there."""
        lines = [f"{event['id']} {log_leaf(event).hex()}".encode() for event in events]
        try:
            if self.socket is not None:
                for line in lines:
                    self.send(self.socket, b"<%d>casework: %b" % (PRIORITY, line))
            elif lines:
                # Begun on a line of its own, whoever was cut off before: another process, too.
                whole = b"\n%b\n" % b"\n".join(lines)
                if os.write(self.file, whole) < len(whole):
                    raise OSError("a full disk")
        except OSError as fault:
            raise Uncertain("the second record of events cannot be written") from fault

    def send(self, place: str, message: bytes) -> None:
        """To who listens there now: a system log that began anew is another one."""
        try:
            os.write(self.file, message)
        except OSError as fault:
            if fault.errno not in (ECONNREFUSED, ENOTCONN, EPIPE, ECONNRESET):
                raise
            fresh = connected(place)
            os.dup2(fresh, self.file, inheritable=False)
            os.close(fresh)
            os.write(self.file, message)


def connected(place: str) -> int:
    """Each write to it is one message; one that nobody takes fails after a while."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", *PATIENCE))
        one.connect(place)
        return one.detach()


def open_sink(place: str, begins: bool = True) -> Sink | None:
    """None where `place` is empty; UnsafeSink where it cannot be written to."""
    return Sink(place, begins) if place else None


def real_place(said: str) -> str:
    """The same for the same file or socket, from whichever folder and by whichever link."""
    if not said:
        return ""
    kind = SYSLOG if said.startswith(SYSLOG) else ""
    return f"{kind}{Path(said.removeprefix(kind)).resolve()}"
