"""The signed log of a seed: how fast it grows from nothing, and what an auditor takes from it."""

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator

from bench import postgres, processes
from bench.bars import Figure
from bench.places import Seed, environment, launched
from bench.servers import Served, one_server, seeded

LONG = (500, 5_000)  # events of the cases of which a bundle is made
COPY = "logged"
TOLD = re.compile(rb'"events":(\d+),"sha256":"[0-9a-f]{64}"\}$')


class Cut(RuntimeError):
    """A bundle that does not end as it should, or lacks events."""


def measure(
    server: postgres.Server, seed: Seed, chosen: list[str], rounds: int
) -> Iterator[Figure]:
    seeded(server, seed, {"postgresql"})
    with postgres.alone():
        grown = [grow(server, seed) for _ in range(rounds if "sequencer" in chosen else 1)]
        if "sequencer" in chosen:
            leaves, rates = grown[0]["leaves"], [one["leaves"] / one["seconds"] for one in grown]
            yield Figure(f"sequencer, backlog of {leaves:,.0f}: leaves/s", rates, least=10_000)
        if "bundle" in chosen:
            with one_server("bundles", server, seed, COPY) as served:
                yield from bundles(served, seed, rounds)
        server.drop(COPY)


def grow(server: postgres.Server, seed: Seed) -> dict[str, float]:
    """On a copy whose events are all of the application's, and none of them in the log."""
    server.copy(seed.name, COPY)
    surrounding = environment(server.url(postgres.APP, COPY))
    command = launched(seed.tree, "bench.sequencing")
    ran = subprocess.run(command, env=surrounding, check=True, stdout=subprocess.PIPE)
    told: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return told


def bundles(served: Served, seed: Seed, rounds: int) -> Iterator[Figure]:
    """The largest of the rounds, for what was taken once may be kept for the next."""
    known = seed.known()
    few, many = ((entries, known["long"][str(entries)]) for entries in LONG)
    fetch(served, known["auditor"], *many)  # statements, and what each thread keeps of its own
    grew, size = [], 0
    for _ in range(rounds):
        least, _ = fetch(served, known["auditor"], *few)
        most, size = fetch(served, known["auditor"], *many)
        grew.append((most - least) / 1024)
    what = f"bundle of {many[0]:,} events ({size / 2**20:.1f} MiB)"
    yield Figure(f"{what}: peak over that of {few[0]:,}", [max(grew)], most=4, unit=" MiB")


def fetch(served: Served, token: str, events: int, case_id: str) -> tuple[int, int]:
    """Reads a bundle as it comes; the peak of the server in KiB, and bytes of the bundle."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{served.port}/v1/cases/{case_id}/audit-bundle",
        headers={"Authorization": f"Bearer {token}"},
    )
    processes.forget_peak(served.pid)
    end, size = b"", 0
    with urllib.request.urlopen(request, timeout=600) as answer:
        while some := answer.read(65_536):
            end, size = (end + some)[-200:], size + len(some)
    told = TOLD.search(end)
    if told is None or int(told[1]) < events:
        raise Cut(f"{size} bytes that end in {end!r}")
    return processes.peak(served.pid), size
