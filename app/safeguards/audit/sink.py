"""The second record: a line of event and leaf, outside of the database, before the answer leaves.

Between the commit of an event and the next checkpoint nobody has signed for it yet. What stands
here by then cannot be taken out of the database unnoticed: `casework-verify sink` wants each line
to be in the log. It is worth as much as it is out of reach of who administers the database: a file
of another owner, which this process may only append to, or the system log, which goes elsewhere.
"""

import os
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from app.core.errors import Uncertain
from app.safeguards.audit.chain import log_leaf

SYSLOG = "syslog:"
PRIORITY = 13 * 8 + 6  # RFC 5424: log audit, informational


class UnsafeSink(RuntimeError):
    """The second record cannot be written to."""


class Sink:
    """Appends at once, from any thread, for as long as the process lives."""

    def __init__(self, place: str) -> None:
        self.to_syslog = place.startswith(SYSLOG)
        self.cut = False  # whether the last line of the file may lack its end
        try:
            if self.to_syslog:
                self.file = connected(place.removeprefix(SYSLOG))
            else:
                Path(place).parent.mkdir(parents=True, exist_ok=True)
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
                self.file = os.open(place, flags, 0o600)
        except OSError as fault:
            why = fault.strerror or "no such place"
            raise UnsafeSink(f"CASEWORK_SINK: {place} cannot be written to: {why}") from None

    def tell(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Raises Uncertain: what was done is done, and its second record is not there."""
        lines = [f"{event['id']} {log_leaf(event).hex()}".encode() for event in events]
        try:
            if self.to_syslog:
                for line in lines:
                    os.write(self.file, b"<%d>casework: %b" % (PRIORITY, line))
            elif lines:
                self.append(b"".join(line + b"\n" for line in lines))
        except OSError as fault:
            raise Uncertain("the second record of events cannot be written") from fault

    def append(self, whole: bytes) -> None:
        whole = b"\n" + whole if self.cut else whole
        self.cut = True
        if os.write(self.file, whole) < len(whole):
            raise OSError("a full disk")
        self.cut = False


def connected(place: str) -> int:
    """Each write to it is one message."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.connect(place)
        return one.detach()


def open_sink(place: str) -> Sink | None:
    """None where `place` is empty; UnsafeSink where it cannot be written to."""
    return Sink(place) if place else None
