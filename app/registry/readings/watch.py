"""Tells of readings while the application runs, beside the requests."""

import logging
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import ClassVar

from app.core.logs import told
from app.core.repeating import Repeating
from app.registry.readings.addressing import addressed
from app.registry.readings.judging import Judge
from app.registry.readings.places import Places
from app.registry.readings.telling import tell
from app.registry.readings.told import told as exemptions
from app.safeguards.guard.calls import House
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.onlooking import begin, looking_on, told_up_to
from app.safeguards.guard.unasked import SYSTEM

log = logging.getLogger("casework.readings")
MOST = 2_000  # events of one stretch
# Notices of one transaction, each some milliseconds: on SQLite nobody else writes meanwhile.
AT_ONCE = 64
EVERY = 60.0  # seconds between two looks: readings of one file meanwhile are one notice
TELLS = Permit("notice.tell")


@dataclass
class Watch(Repeating):
    """One thread. Several processes may have one: what one has told, the others do not."""

    called: ClassVar[str] = "readings"
    every: ClassVar[float] = EVERY
    house: House
    places: Places
    most: int  # files that one may be shown in an hour
    events: int = MOST  # of the next stretch
    over: Event = field(default_factory=Event)
    thread: Thread | None = None

    def once(self) -> None:
        """All that waits; what fails is told and tried again the next time."""
        try:
            self.drain()
        except Exception as fault:  # whatever it is, the next look comes
            log.warning("readings could not be told of", extra=told(fault))

    def drain(self) -> int:
        """How many notices were made, or grew."""
        begin(self.house)
        count = 0
        while not self.over.is_set():
            made = self.stretch()
            if made is None:
                break
            count += made
        return count

    def stretch(self) -> int | None:
        """The next stretch of the log; None where there is none."""
        with looking_on(self.house, SYSTEM, TELLS, self.events) as on:
            if on is None:
                return None
            judge = Judge(on, self.places, self.most)
            tellings, stretch = addressed(judge, judge.findings()), on.stretch
        if len(tellings) > AT_ONCE and self.events > 1:
            self.events //= 2
            return 0
        self.events = min(2 * self.events, MOST)
        with told_up_to(self.house, SYSTEM, TELLS, stretch) as work:
            if work is None:  # somebody else was faster
                return 0
            tell(work, tellings)
        return len(tellings)


def watch_of(house: House) -> Watch:
    """Raises DataFileError for exemptions that cannot be read."""
    exemptions()
    given = house.settings
    return Watch(house, Places(given.hours_of_work), given.bulk_of_readings)
