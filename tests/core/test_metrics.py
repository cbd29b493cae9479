"""Counts for a scraper on this machine: without names, bounded, and for nobody else."""

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app.core.metrics import BOUNDS, Metrics
from app.core.version import VERSION
from tests.conftest import World
from tests.serving import ROOT
from tests.worlds import application

LINE = re.compile(r"([a-z_]+)(?:\{(.*)\})? (\S+)")
MISSING = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def near(world: World) -> Iterator[TestClient]:
    """A client on this machine."""
    with asking_from(world, "127.0.0.1") as one:
        yield one


@contextmanager
def asking_from(world: World, peer: str, **more: str) -> Iterator[TestClient]:
    settings = world.house.settings.model_copy(update=more)
    with application(settings, world.house) as app, TestClient(app, client=(peer, 1)) as one:
        yield one


def rows(text: str) -> dict[tuple[str, str], float]:
    found = [LINE.fullmatch(line) for line in text.splitlines() if not line.startswith("#")]
    assert all(found), text
    return {(one[1], one[2] or ""): float(one[3]) for one in found if one}


def test_each_request_is_counted_by_its_template(near: TestClient, world: World) -> None:
    token = world.staff["social_worker", "north"].token
    headers = {"Authorization": f"Bearer {token}"}
    for path in (f"/v1/cases/{MISSING}", "/v1/cases/none", "/nowhere/canary", "/openapi.json"):
        near.get(path, headers=headers)
    near.get("/v1/cases?limit=0", headers=headers)
    near.head("/v1/cases", headers=headers)
    near.request("CANARY", "/healthz")
    answer = near.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = rows(answer.text)
    requests = {where: n for (name, where), n in found.items() if name == "casework_requests_total"}
    assert requests == {
        'method="GET",route="/v1/cases/{case_id}",status="4xx"': 2,
        'method="GET",route="none",status="4xx"': 1,
        'method="GET",route="/openapi.json",status="2xx"': 1,
        'method="GET",route="/v1/cases",status="4xx"': 1,
        'method="HEAD",route="/v1/cases",status="2xx"': 1,
        'method="OTHER",route="/healthz",status="4xx"': 1,
    }
    assert MISSING not in answer.text
    assert "canary" not in answer.text.lower()
    assert found["casework_lanes", 'lanes="requests"'] == (1 if world.engine == "sqlite" else 6)
    assert (
        found["casework_pool_in_use", ""] >= found["casework_lanes", 'lanes="requests"']
    )  # each holds one
    lines = {"casework_lines": 1, "casework_lines_queue": 0} if world.engine != "sqlite" else {}
    assert {name: n for (name, _), n in found.items() if name.startswith("casework_lines")} == lines
    assert found["process_resident_memory_bytes", ""] > 1e6
    assert ("casework_build_info", f'version="{VERSION}"') in found


def test_paths_that_nobody_knows_add_no_rows(near: TestClient) -> None:
    for number in range(20):
        near.get(f"/nowhere/{number}")
    before = near.get("/metrics").text.count("\n")
    for number in range(20):
        near.get(f"/elsewhere/{number}")
    after = near.get("/metrics").text
    assert after.count("\n") <= before + 2 + len(BOUNDS) + 2  # the row of /metrics itself
    assert 'route="none",status="4xx"} 40' in after


@pytest.mark.turns
@pytest.mark.parametrize("name", ["Forwarded", "Via", "X-Forwarded-For", "X-Real-IP"])
def test_what_a_proxy_forwards_is_not_from_here(near: TestClient, name: str) -> None:
    assert near.get("/metrics").status_code == 200
    missing, refused = near.get("/nowhere"), near.get("/metrics", headers={name: "127.0.0.1"})
    assert alike(refused) == alike(missing)
    assert refused.status_code == 404


def alike(answer: httpx.Response) -> Any:
    return {**answer.json(), "request_id": ""}


@pytest.mark.turns
@pytest.mark.parametrize("peer", ["192.0.2.1", "10.0.0.1", "testclient", "::ffff:192.0.2.1"])
def test_nobody_else_is_told(world: World, peer: str) -> None:
    with asking_from(world, peer) as far:
        assert alike(far.get("/metrics")) == alike(far.get("/nowhere"))


def test_it_can_be_turned_off(world: World) -> None:
    with asking_from(world, "127.0.0.1", metrics="off") as one:
        assert one.get("/metrics").status_code == 404


def test_durations_are_cumulative() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.005, 0.02, 60):
        metrics.count("GET", "/", 200, seconds)
    metrics.count("GET", "/", 503, 0.001)
    found = rows(metrics.text())
    bucket, where = "casework_request_duration_seconds_bucket", 'method="GET",route="/"'
    assert [found[bucket, f'{where},le="{le}"'] for le in (0.005, 0.01, 0.025, 10.0, "+Inf")] == [
        *(3, 3, 4, 4, 5)
    ]
    assert found["casework_request_duration_seconds_count", where] == 5
    assert found["casework_unavailable_total", ""] == 1


def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
