"""Mixed load for half an hour: what the server holds at the end is what it held at the start."""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import cycle
from json import dumps
from pathlib import Path
from statistics import median
from threading import Event
from time import monotonic
from urllib.parse import urlencode

import pytest

from app.core.engine import CACHE
from tests.hostile.siege import JSON, Siege, besieged
from tests.worlds import Worlds

MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
CONNECTIONS = 16
EVERY = 5.0  # seconds between two looks
REMEMBERED = 500  # sign-ins; known until there are so many, which must be early in the run
WARM = 0.25  # of the time is not judged: pools, caches and prepared statements fill up,
WARMTH = 64 * 1024 * 1024  # and take no more than these bytes
SLOPE = 1024 * 1024  # bytes in 100,000 requests
# SQLite keeps pages of a growing file, up to a bound for each connection that is in use: the one
# of the lane and those of whoever signs in. PostgreSQL keeps its pages outside of our process.
PAGES = 3 * -CACHE * 1024
FORM = "application/x-www-form-urlencoded"


@dataclass
class Load:
    siege: Siege
    over: Event = field(default_factory=Event)
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)

    def steps(self, name: str, password: str) -> list[tuple[str, str, str, str, str]]:
        """Label, method, path, body and media type."""
        case, note = self.siege.places["case"], {"kind": "social_work", "text": "soaked"}
        note["occurred_on"] = "2025-11-01"
        form = {"grant_type": "password", "username": name, "password": password}
        missing = "00000000-0000-7000-8000-000000000000"
        return [
            ("sign in", "POST", "/v1/token", urlencode(form), FORM),
            *[("list", "GET", "/v1/cases?limit=20", "", "")] * 3,
            *[("read", "GET", f"/v1/cases/{case}", "", "")] * 8,
            *[("note", "POST", f"/v1/cases/{case}/notes", dumps(note), JSON)] * 3,
            *[("notes", "GET", f"/v1/cases/{case}/notes?limit=20", "", "")] * 3,
            ("search", "GET", "/v1/cases?status=open&count=true&limit=5", "", ""),
            ("refused", "GET", f"/v1/cases/{missing}", "", ""),
            ("refused", "GET", f"/v1/users/{missing}/changes", "", ""),
            ("wrong", "POST", f"/v1/cases/{case}/notes", '{"surprise": 1}', JSON),
        ]

    def work(self, number: int) -> None:
        member = self.siege.staff["social_worker", "north"]
        line = HTTPConnection("127.0.0.1", self.siege.served.port, timeout=60)
        steps = self.steps(member.username, member.password)
        with closing(line):
            for label, method, path, body, kind in cycle(steps[number % 7 :] + steps[: number % 7]):
                if self.over.is_set():
                    return
                headers = {"Authorization": f"Bearer {member.token}"}
                if body:
                    headers["Content-Type"] = kind
                if label == "sign in":
                    del headers["Authorization"]
                line.request(method, path, body or None, headers)
                answer = line.getresponse()
                answer.read()
                self.statuses[label, answer.status] += 1

    @property
    def requests(self) -> int:
        return sum(self.statuses.values())


def least(siege: Siege, over: Event) -> list[int]:
    """Bytes, connections, threads and descriptors: each the least of many looks, for a password
    that is being hashed holds 19 MiB for a moment."""
    found, process = [], siege.process
    for _ in range(20):
        over.wait(EVERY / 20)
        lines = len(process.net_connections("tcp"))
        found.append((siege.resident(), lines, process.num_threads(), process.num_fds()))
    return [min(one) for one in zip(*found, strict=True)]


def slope(points: list[tuple[float, float]]) -> float:
    """Of the line with the least squares."""
    mx = sum(x for x, _ in points) / len(points)
    my = sum(y for _, y in points) / len(points)
    spread = sum((x - mx) ** 2 for x, _ in points)
    return sum((x - mx) * (y - my) for x, y in points) / spread


@pytest.mark.prove
@pytest.mark.timeout(0)
def test_nothing_grows(worlds: Worlds, tmp_path: Path) -> None:
    seen: list[tuple[int, ...]] = []
    with (
        besieged(worlds, tmp_path / "soak", remembered=REMEMBERED) as siege,
        ThreadPoolExecutor(CONNECTIONS) as pool,
    ):
        load, end = Load(siege), monotonic() + 60 * MINUTES
        clients = [pool.submit(load.work, n) for n in range(CONNECTIONS)]
        while monotonic() < end and not any(one.done() for one in clients):
            seen.append((load.requests, *least(siege, load.over)))
        load.over.set()
        for one in clients:
            one.result()
    judged = seen[int(len(seen) * WARM) :]
    growth = slope([(count, resident) for count, resident, *_ in judged]) * 100_000
    told = f"{load.requests} requests, {growth / 1024:.0f} KiB more in 100,000"
    told += f"; first, warm and last: {seen[0]} {judged[0]} {judged[-1]}; {dict(load.statuses)}"
    print(told)  # noqa: T201  # shown by `pytest -s`, and with a failure
    right = {("sign in", 200), ("list", 200), ("read", 200), ("note", 201), ("notes", 200)}
    right |= {("search", 200), ("refused", 404), ("refused", 403), ("wrong", 422)}
    assert set(load.statuses) <= right, told
    assert judged[0][1] - seen[0][1] < WARMTH, told
    if worlds.server:
        assert growth < SLOPE, told
    else:
        assert judged[-1][1] - judged[0][1] < PAGES, told
    third = len(judged) // 3
    for place in (2, 3, 4):  # the framework's own pool of threads breathes: one look says little
        early, late = judged[:third], judged[-third:]
        assert median(one[place] for one in late) <= median(one[place] for one in early) + 1, told
