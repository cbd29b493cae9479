"""Rounds of alternating cells, and the medians that are told of them."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from statistics import median

from bench import processes
from bench.load import press
from bench.servers import Served
from bench.works import Work, examine

CEILING, PEER = "ceiling", "ninja"
CASEWORK = ("postgresql", "sqlite")
UNAUDITED = {"postgresql": "unaudited", "sqlite": "unaudited-sqlite"}


Spread = tuple[float, float, float]


@dataclass(frozen=True)
class Cell:
    """One variant, one work item, one round. Milliseconds, KiB."""

    rate: float
    cpu: float  # of the server and its database, for one request
    server_cpu: float
    p50: float
    p99: float
    peak: int


@dataclass(frozen=True)
class Result:
    """Medians of the rounds; ratios are to the ceiling of the same round."""

    work: str
    variant: str
    rate: float
    ratio: float | None
    least: float | None
    most: float | None
    cpu: float
    server_cpu: float
    cpu_ratio: float | None
    p50: float
    p99: float
    spread: float  # p99 / p50
    peak: int
    size: int
    rounds: int
    # The median, the least and the most of the rounds:
    of_peer: Spread | None  # the rate, times that of the peer
    of_unaudited: Spread | None  # what is left of the rate without events

    def told(self) -> dict[str, object]:
        return asdict(self)


def cell(served: Served, work: Work, token: str, seconds: float) -> Cell:
    pids = [served.pid, *([served.database_pid] if served.database_pid else [])]
    before = [processes.seconds(pid) for pid in pids]
    told = press(served.port, token, work.orders, work.connections, seconds)
    used = [processes.seconds(pid) - was for pid, was in zip(pids, before, strict=True)]
    each = 1000 / max(1, told.requests)
    return Cell(
        told.rate,
        sum(used) * each,
        used[0] * each,
        told.p50,
        told.p99,
        processes.peak(served.pid),
    )


def compare(
    served: dict[str, Served], work: Work, token: str, rounds: int, seconds: float
) -> list[Result]:
    served = {n: one for n, one in served.items() if work.reads_one or "unaudited" not in n}
    size = examine(served, work, token)
    cells = alternating(served, work, token, rounds, seconds)
    return [result(work.name, name, cells, size) for name in served]


def alternating(
    served: dict[str, Served], work: Work, token: str, rounds: int, seconds: float
) -> dict[str, list[Cell]]:
    """A B C A B C: what disturbs the machine disturbs all; the first round only warms up."""
    for one in served.values():
        press(one.port, token, work.orders, work.connections, 1)
    cells: dict[str, list[Cell]] = defaultdict(list)
    for _ in range(rounds):
        for name, one in served.items():
            cells[name].append(cell(one, work, token, seconds))
    return cells


def spread_of(own: list[Cell], others: list[Cell]) -> Spread | None:
    """How the rates compare round by round."""
    ratios = [a.rate / b.rate for a, b in zip(own, others, strict=False)]
    return (median(ratios), min(ratios), max(ratios)) if ratios else None


def result(work: str, name: str, cells: dict[str, list[Cell]], size: int) -> Result:
    own, top = cells[name], cells.get(CEILING)
    ratios = [a.rate / b.rate for a, b in zip(own, top, strict=True)] if top else []
    relative = [a.cpu / b.cpu for a, b in zip(own, top, strict=True)] if top else []
    without = cells.get(UNAUDITED.get(name, ""), [])
    peer = cells.get(PEER, []) if name in CASEWORK else []
    p50, p99 = median(c.p50 for c in own), median(c.p99 for c in own)
    return Result(
        work=work,
        variant=name,
        rate=median(c.rate for c in own),
        ratio=median(ratios) if ratios else None,
        least=min(ratios, default=None),
        most=max(ratios, default=None),
        cpu=median(c.cpu for c in own),
        server_cpu=median(c.server_cpu for c in own),
        cpu_ratio=median(relative) if relative else None,
        p50=p50,
        p99=p99,
        spread=p99 / p50,
        peak=max(c.peak for c in own),
        size=size,
        rounds=len(own),
        of_peer=spread_of(own, peer),
        of_unaudited=spread_of(own, without),
    )
