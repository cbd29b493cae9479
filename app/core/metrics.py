"""Counts for Prometheus, in its text format 0.0.4: method, route template and status class alone.

Counting happens on the event loop, so that it needs no lock. Labels come from closed lists; nothing
that a client chose becomes one, and so the number of rows has a bound.
"""

import os
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from app.core.version import VERSION

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
STARTED = time.time()
Row = tuple[str, float]  # labels as they are written, and the value


class Metrics:
    """Of one worker; `watch` adds what is read when somebody asks."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, str]] = Counter()
        self.seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.slots: defaultdict[tuple[str, str], list[int]] = defaultdict(
            lambda: [0] * (len(BOUNDS) + 1)
        )
        self.unavailable = 0
        self.throttled: Counter[str] = Counter()
        self.gauges: dict[str, tuple[str, Callable[[], Iterable[Row]]]] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One answer; method and route come from closed lists, the seconds are from head to end."""
        self.requests[method, route, f"{status // 100}xx"] += 1
        self.seconds[method, route] += seconds
        self.slots[method, route][bisect_left(BOUNDS, seconds)] += 1
        self.unavailable += status == 503

    def watch(self, name: str, about: str, read: Callable[[], Iterable[Row]]) -> None:
        """A gauge that is read each time somebody asks, on the event loop: it must not wait."""
        self.gauges[name] = about, read

    def text(self) -> str:
        return "\n".join(self.lines()) + "\n"

    def lines(self) -> Iterator[str]:
        requests = [(labels(m, r, c), n) for (m, r, c), n in self.requests.items()]
        yield from family("casework_requests_total", "counter", "Requests answered.", requests)
        yield from self.histogram()
        refused = [(f'{{limit="{name}"}}', n) for name, n in self.throttled.items()]
        about = "Requests refused by a rate limit."
        yield from family("casework_throttled_total", "counter", about, refused)
        unavailable = [("", self.unavailable)]
        about = "Answers with status 503."
        yield from family("casework_unavailable_total", "counter", about, unavailable)
        for name, (about, read) in {**self.gauges, **PROCESS}.items():
            yield from family(name, "gauge", about, read())

    def histogram(self) -> Iterator[str]:
        name = "casework_request_duration_seconds"
        yield from family(name, "histogram", "Time from the head of a request to its answer.", ())
        for (method, route), slots in self.slots.items():
            where, total = f'method="{method}",route="{route}"', 0
            for bound, n in zip((*BOUNDS, "+Inf"), slots, strict=True):
                total += n
                yield f'{name}_bucket{{{where},le="{bound}"}} {total}'
            yield f"{name}_sum{{{where}}} {self.seconds[method, route]:.6f}"
            yield f"{name}_count{{{where}}} {total}"


def labels(method: str, route: str, status: str) -> str:
    return f'{{method="{method}",route="{route}",status="{status}"}}'


def family(name: str, kind: str, about: str, rows: Iterable[Row]) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"
    yield from (f"{name}{where} {value}" for where, value in rows)


def resident() -> float:
    """Bytes of memory in use; 0 where the system does not say."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return 0
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


PROCESS: dict[str, tuple[str, Callable[[], Iterable[Row]]]] = {
    "process_resident_memory_bytes": ("Memory in use.", lambda: [("", resident())]),
    "process_start_time_seconds": ("Start, in Unix time.", lambda: [("", round(STARTED, 3))]),
    "casework_build_info": ("The build.", lambda: [(f'{{version="{VERSION}"}}', 1)]),
}
