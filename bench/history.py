"""W5: the long history of a case, read whole where it streams, and page by page where it does not.

A server that streams says so by a path of its own in its OpenAPI file; until then the pages of
`history` are what there is, and of a very long one the first few.
"""

import time
import urllib.request
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from bench import processes
from bench.servers import Served, ask

STREAM = "/v1/cases/{case_id}/timeline"
PAGED = "/v1/cases/{case_id}/history"
MOST_PAGES, MOST_SECONDS = 5, 5.0
MARK = b'"event_id"'


@dataclass(frozen=True)
class Read:
    """How much of one history was told, and what it took."""

    variant: str
    entries: int  # in the history
    told: int
    way: str
    seconds: float
    rate: float  # entries told in a second
    cpu: float  # ms of server and database, for a thousand entries told
    peak: int  # KiB, the server's
    growth: int  # KiB of the peak over that before
    ratio: float | None  # of the rate of the ceiling in the same round; the least and the most
    least: float | None
    most: float | None

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def streams(served: Served, token: str) -> bool:
    if served.name == "ceiling":
        return True
    return STREAM in ask(served.port, "GET", "/openapi.json", token)["paths"]


@dataclass(frozen=True)
class Turn:
    """One reading: entries told, seconds, ms of server and database for a thousand entries."""

    told: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        return self.told / self.seconds


def turn(served: Served, case_id: str, token: str, whole: bool) -> Turn:
    pids = [served.pid, *([served.database_pid] if served.database_pid else [])]
    used, begun = sum(map(processes.seconds, pids)), time.perf_counter()
    told = stream(served, case_id, token) if whole else pages(served, case_id, token)
    took = time.perf_counter() - begun
    return Turn(told, took, (sum(map(processes.seconds, pids)) - used) * 1e6 / told)


def read(
    served: dict[str, Served], case_id: str, entries: int, token: str, rounds: int
) -> list[Read]:
    """The medians of a few readings in turns; the peak is that of all of them."""
    whole = {name: streams(one, token) for name, one in served.items()}
    before = {}
    for name, one in served.items():
        processes.forget_peak(one.pid)
        before[name] = processes.peak(one.pid)
    turns: dict[str, list[Turn]] = {name: [] for name in served}
    for _ in range(rounds):
        for name, one in served.items():
            turns[name].append(turn(one, case_id, token, whole[name]))
    found = []
    for name, each in turns.items():
        top = turns.get("ceiling")
        ratios = [a.rate / b.rate for a, b in zip(each, top, strict=True)] if top else []
        peak = processes.peak(served[name].pid)
        rate, cpu = median(one.rate for one in each), median(one.cpu for one in each)
        way = "stream" if whole[name] else "the first pages of 200"
        told, seconds = each[0].told, median(one.seconds for one in each)
        spread = (median(ratios), min(ratios), max(ratios)) if ratios else (None, None, None)
        some = (name, entries, told, way, seconds, rate, cpu, peak, peak - before[name], *spread)
        found.append(Read(*some))
    return found


def stream(served: Served, case_id: str, token: str) -> int:
    path = PAGED if served.name == "ceiling" else STREAM
    request = urllib.request.Request(
        f"http://127.0.0.1:{served.port}{path.format(case_id=case_id)}",
        headers={"Authorization": f"Bearer {token}"},
    )
    told, rest = 0, b""
    with urllib.request.urlopen(request, timeout=300) as answer:
        while some := answer.read(65_536):
            whole = rest + some
            told += whole.count(MARK)
            rest = whole[-len(MARK) + 1 :]
    return told


def pages(served: Served, case_id: str, token: str) -> int:
    told, cursor, until = 0, "", time.perf_counter() + MOST_SECONDS
    for _ in range(MOST_PAGES):
        path = f"{PAGED.format(case_id=case_id)}?limit=200{cursor}"
        answer = ask(served.port, "GET", path, token)
        told += len(answer["items"])
        if answer["next"] is None or time.perf_counter() > until:
            break
        cursor = f"&cursor={answer['next']}"
    return told


def compare(served: dict[str, Served], known: dict[str, Any], rounds: int) -> list[Read]:
    """After each connection has read some, for that costs the same with a history of any length."""
    found, longest = [], max(known["long"].items(), key=lambda one: int(one[0]))[1]
    for name, one in served.items():
        if name != "ninja" and streams(one, known["token"]):
            stream(one, longest, known["token"])
    asked = {name: one for name, one in served.items() if is_asked(name)}
    for entries, case_id in known["long"].items():
        for reading in read(asked, case_id, int(entries), known["token"], rounds):
            line(reading)
            found.append(reading)
    return found


def is_asked(name: str) -> bool:
    """The peer has no such history, and what is unaudited none at all."""
    return name != "ninja" and not name.startswith("unaudited")


def heading() -> None:
    print(
        f"\n{'W5':4}{'':18}{'entries':>9}{'told':>8}{'s':>8}{'entries/s':>11}"
        f"{'ratio':>8}{'min–max':>13}{'ms/1000':>9}{'peak MiB':>10}{'+ MiB':>8}"
    )


def line(r: Read) -> None:
    ratio = f"{r.ratio:8.2f}{f'{r.least:.2f}–{r.most:.2f}':>13}" if r.ratio else " " * 21
    print(
        f"W5  {r.variant:18}{r.entries:9}{r.told:8}{r.seconds:8.2f}{r.rate:11.0f}{ratio}"
        f"{r.cpu:9.1f}{r.peak / 1024:10.0f}{r.growth / 1024:8.1f}  {r.way}",
        flush=True,
    )
