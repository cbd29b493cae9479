"""Pure: which readings are out of the ordinary, and to which night each belongs."""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

OUT_OF_TEAM, SAME_SURNAME = "out_of_team", "same_surname"
IN_BULK, AFTER_HOURS = "in_bulk", "after_hours"
RULES = (OUT_OF_TEAM, SAME_SURNAME, IN_BULK, AFTER_HOURS)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Hours:
    """The hours of work of a place, by its own clock; `closes` is the first moment after them."""

    zone: ZoneInfo
    opens: time
    closes: time
    days: Collection[int]  # ISO: Monday is 1
    holidays: Collection[date]

    def after(self, at: datetime) -> bool:
        """Whether nobody is at work here at this moment."""
        here = at.astimezone(self.zone)
        if here.isoweekday() not in self.days or here.date() in self.holidays:
            return True
        return not self.opens <= here.time() < self.closes

    def night(self, at: datetime) -> date:
        """The day to whose work and night this moment belongs: from one opening to the next."""
        here = at.astimezone(self.zone)
        return here.date() - timedelta(days=here.time() < self.opens)


@dataclass(frozen=True)
class Shown:
    """What one answer showed to somebody. `fresh`: it was not judged before."""

    at: datetime
    files: frozenset[UUID]
    fresh: bool


@dataclass(frozen=True)
class Heap:
    """All that was shown within an hour up to `last`, where that is a lot."""

    first: datetime
    last: datetime
    files: frozenset[UUID]


def in_bulk(shown: Iterable[Shown], most: int) -> Iterator[Heap]:
    """Each hour up to an answer in which more than so many files were shown, and something fresh.

    Of one reader. What was judged before may be of a later moment than what is fresh.
    """
    within: deque[Shown] = deque()
    times, fresh = defaultdict[UUID, int](int), 0
    for one in sorted(shown, key=lambda one: one.at):
        within.append(one)
        for file in one.files:
            times[file] += 1
        fresh += one.fresh
        while within[0].at <= one.at - HOUR:
            gone = within.popleft()
            fresh -= gone.fresh
            for file in gone.files:
                times[file] -= 1
                if not times[file]:
                    del times[file]
        if fresh and len(times) > most:
            yield Heap(within[0].at, one.at, frozenset(times))
