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

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def streams(served: Served, token: str) -> bool:
    if served.name == "ceiling":
        return True
    return STREAM in ask(served.port, "GET", "/openapi.json", token)["paths"]


def read(served: Served, case_id: str, entries: int, token: str, rounds: int) -> Read:
    """The median of a few readings; the peak is that of all of them."""
    whole = streams(served, token)
    pids = [served.pid, *([served.database_pid] if served.database_pid else [])]
    processes.forget_peak(served.pid)
    before, cpu, took = processes.peak(served.pid), [], []
    for _ in range(rounds):
        used, begun = sum(map(processes.seconds, pids)), time.perf_counter()
        told = stream(served, case_id, token) if whole else pages(served, case_id, token)
        took.append(time.perf_counter() - begun)
        cpu.append((sum(map(processes.seconds, pids)) - used) * 1e6 / told)
    peak = processes.peak(served.pid)
    way = "stream" if whole else "the first pages of 200"
    seconds = median(took)
    return Read(
        *(served.name, entries, told, way, seconds, told / seconds, median(cpu)),
        peak,
        peak - before,
    )


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
    for entries, case_id in known["long"].items():
        for name, one in served.items():
            if name != "ninja" and not name.startswith("unaudited"):
                reading = read(one, case_id, int(entries), known["token"], rounds)
                line(reading)
                found.append(reading)
    return found


def heading() -> None:
    print(
        f"\n{'W5':4}{'':18}{'entries':>9}{'told':>8}{'s':>8}{'entries/s':>11}"
        f"{'ms/1000':>9}{'peak MiB':>10}{'+ MiB':>8}"
    )


def line(r: Read) -> None:
    print(
        f"W5  {r.variant:18}{r.entries:9}{r.told:8}{r.seconds:8.2f}{r.rate:11.0f}{r.cpu:9.1f}"
        f"{r.peak / 1024:10.0f}{r.growth / 1024:8.1f}  {r.way}",
        flush=True,
    )
