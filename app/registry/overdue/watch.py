"""Looks for what is overdue while the application runs, beside the requests."""

import logging
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import ClassVar

from app.core.logs import told
from app.core.repeating import Repeating
from app.registry.overdue import deadlines
from app.registry.overdue.looks import LOOKS, Look
from app.safeguards.guard.calls import House
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.unasked import unasked

log = logging.getLogger("casework.overdue")
AT_ONCE = 32  # of one transaction: on SQLite nobody else writes meanwhile
assert deadlines.TOPIC  # what the registry itself looks for is among the looks
TELLS = Permit("notice.tell")


@dataclass
class Overdue(Repeating):
    """One thread. Several processes may have one: what one has told, the others find told."""

    called: ClassVar[str] = "overdue"
    every: ClassVar[float] = 30.0
    house: House
    over: Event = field(default_factory=Event)
    thread: Thread | None = None

    def once(self) -> None:
        try:
            self.drain()
        except Exception as fault:  # whatever it is, the next look comes
            log.warning("what is overdue could not be told", extra=told(fault))

    def drain(self) -> int:
        """All that waits; how many were told of."""
        return sum(map(self.all_of, LOOKS))

    def all_of(self, look: Look) -> int:
        count = 0
        while not self.over.is_set():
            with unasked(self.house, TELLS) as work:
                found = look(work, AT_ONCE)
            count += found
            if found < AT_ONCE:
                break
        return count
