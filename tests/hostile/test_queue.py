"""Two hundred clients before a database that does not answer: bounded, told at once, and over."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice

import pytest

from tests.hostile.siege import Answer, Siege, besieged, request
from tests.worlds import Worlds

CLIENTS, QUEUE = 200, 10


@pytest.fixture(scope="module")
def narrow(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    with besieged(worlds, tmp_path_factory.mktemp("narrow"), lines=1, queue=QUEUE) as one:
        yield one


def test_a_full_queue_says_so_at_once(narrow: Siege) -> None:
    kept = QUEUE + 1  # SQLite has one lane; for PostgreSQL this is a matter of lines
    path = "/v1/cases/{case}"

    def ask(_: int) -> Answer:
        return narrow.send(*request(narrow, "GET", path, b""))

    with ThreadPoolExecutor(CLIENTS) as pool, narrow.held():
        asked = [pool.submit(ask, n) for n in range(CLIENTS)]
        for _ in islice(as_completed(asked), CLIENTS - kept):
            pass
        # All but those whom lane or line and queue hold have their answer, while nothing moves.
        early = [one.result() for one in asked if one.done()]
        assert {one.status for one in early} == {503}
        assert {one.headers["retry-after"] for one in early} == {"1"}
        assert sum(b'"busy"' in one.body for one in early) == CLIENTS - kept
        alive = narrow.send(*request(narrow, "GET", "/healthz", b"", role=None))
        assert alive.status == 200
        threads = narrow.process.num_threads()
    late = [one.result() for one in asked if one.result() not in early]
    assert {one.status for one in late} == {200}
    assert narrow.process.num_threads() == threads
    assert narrow.send(*request(narrow, "GET", path, b"")).status == 200
