"""What evidence costs, each promise beside what is measured: `make bench ARGS=--audit`.

Reads and writes in turns with those of a server that leaves no events, and the same work where
there are a hundred times as many events; what comes of the log is in `bench.logged`.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bench import logged, postgres, verifying
from bench.bars import Figure
from bench.filling import filled
from bench.load import Order
from bench.measuring import UNAUDITED, Cell, alternating
from bench.places import Seed
from bench.servers import Served, ask, one_server, seeded, serving
from bench.works import Work, examine, works

ITEMS = "W1,W4,growth,sequencer,bundle,verifier"
VARIANTS = ",".join(UNAUDITED)
CASES = 48_000  # two events each: a hundred thousand
EVENTS, LEAVES = 10_000_000, 10_000_000
ENTRIES = 25  # of each history that is read among many events
KEPT = {1: None, 8: 0.8, 16: 0.5}  # of the rate of an unaudited write, by how many write at once
Cells = dict[str, list[Cell]]


def measure(asked: Any) -> Iterator[Figure]:
    """As `arguments` of `bench` has it."""
    seed, chosen = Seed(asked.tree.resolve(), asked.cases, logged.LONG), asked.only.split(",")
    with postgres.running() as server:
        if {"W1", "W4"} & {*chosen}:
            yield from beside_unaudited(server, seed, asked)
        if "growth" in chosen:
            yield from among_many(server, seed, asked)
        if {"sequencer", "bundle"} & {*chosen}:
            yield from logged.measure(server, seed, chosen, asked.rounds)
    if "verifier" in chosen:
        took = verifying.measure(asked.leaves)
        yield Figure(f"casework-verify log, {asked.leaves:,} leaves", [took], most=60, unit=" s")


def turns(served: dict[str, Served], work: Work, asked: Any, token: str) -> Cells:
    examine(served, work, token)
    return alternating(served, work, token, asked.rounds, asked.seconds)


# --- beside the same without events ---------------------------------------------------------------


def beside_unaudited(server: postgres.Server, seed: Seed, asked: Any) -> Iterator[Figure]:
    engines, chosen = asked.variants.split(","), asked.only.split(",")
    names = [name for one in engines for name in (one, UNAUDITED[one])]
    with serving(server, seed, names) as served:
        known = seed.known()
        found, token = works(known), known["token"]
        if "W1" in chosen:
            cells = turns(served, found["W1"], asked, token)
            for one in engines:
                yield from of_reads(one, cells)
        if "W4" in chosen:
            many = {
                n: turns(served, replace(found["W4"], connections=n), asked, token) for n in KEPT
            }
            for one in engines:
                yield from of_writes(one, many)


def pairs(engine: str, cells: Cells) -> list[tuple[Cell, Cell]]:
    """Of each round the audited cell and the one without events."""
    return [*zip(cells[engine], cells[UNAUDITED[engine]], strict=True)]


def of_reads(engine: str, cells: Cells) -> Iterator[Figure]:
    found, name = pairs(engine, cells), f"W1 {engine}"
    yield Figure(f"{name}: rate, of the unaudited", [a.rate / b.rate for a, b in found], least=0.65)
    yield Figure(f"{name}: CPU ms, audited", [a.cpu for a, _ in found])
    yield Figure(f"{name}: CPU ms, unaudited", [b.cpu for _, b in found])
    share = [(a.cpu - b.cpu) / a.cpu for a, b in found]
    yield Figure(f"{name}: its event's share of the CPU", share, most=0.25)


def of_writes(engine: str, many: dict[int, Cells]) -> Iterator[Figure]:
    gained = {}
    for writers, bar in KEPT.items():
        found, name = pairs(engine, many[writers]), f"W4 {engine}, {writers} at once"
        gained[writers] = [a.rate / b.rate for a, b in found]
        yield Figure(f"{name}: rate, of the unaudited", gained[writers], least=bar)
        yield Figure(f"{name}: CPU, × the unaudited", [a.cpu / b.cpu for a, b in found])
    beside = [eight / one for one, eight in zip(gained[1], gained[8], strict=True)]
    yield Figure(f"W4 {engine}: what 8 writers gain over 1, of the unaudited", beside)


# --- among ever more events -----------------------------------------------------------------------


def among_many(server: postgres.Server, seed: Seed, asked: Any) -> Iterator[Figure]:
    """The same histories and writes where only the events of other cases are more."""
    seeded(server, seed, {"postgresql"})
    known, sources = seed.known(), {"few": seed.name, "many": filled(server, seed, asked.events)}
    for name, source in sources.items():
        server.copy(source, name)
    with (
        postgres.alone(),
        one_server("few", server, seed, "few") as few,
        one_server("many", server, seed, "many") as many,
    ):
        token, read = known["token"], known["full"]
        for order in works({**known, "own": read})["W4"].orders * ENTRIES:
            for one in (few, many):
                ask(one.port, order.method, order.path, token, order.body)
        histories = [Order("GET", f"/v1/cases/{one}/history") for one in read]
        written = [one for one in known["own"] if one not in read]
        how = f"{many.events():,} events, × that with {few.events():,}"
        for work in (
            Work("history", f"{ENTRIES} entries of a case", histories),
            works({**known, "own": written})["W4"],
        ):
            cells = turns({"few": few, "many": many}, work, asked, token)
            slower = [a.rate / b.rate for a, b in zip(cells["few"], cells["many"], strict=True)]
            yield Figure(f"{work.name}: time with {how}", slower, most=1.15)
            dearer = [b.cpu / a.cpu for a, b in zip(cells["few"], cells["many"], strict=True)]
            yield Figure(f"{work.name}: CPU, likewise", dearer)
    for name in sources:
        server.drop(name)
