"""Behind PgBouncer in transaction mode, where sixteen clients share three sessions."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from json import dumps, loads
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import make_url, select, text

from app.core.db import table
from app.core.engine import UnsafeDatabase, open_engine
from app.core.settings import Settings
from app.safeguards.audit.chain import broken
from app.safeguards.audit.models import AuditEvent, ChainHead
from tests import test_family, test_journey
from tests.conftest import started
from tests.core.test_pooler import prepare
from tests.hostile.siege import JSON, Siege, siege_of
from tests.looking import transaction
from tests.pgbouncer import BINARY, Bouncer, pgbouncer
from tests.postgres import Server
from tests.worlds import Worlds, opened

pytestmark = pytest.mark.prove
CLIENTS, ROUNDS, SESSIONS = 16, 12, 3
WORDS = {"kind": "social_work", "occurred_on": "2025-11-01"}


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Server:
    return started(request.config)


@pytest.fixture(scope="module")
def bouncer(server: Server) -> Iterator[Bouncer]:
    with pgbouncer(server, SESSIONS) as one:
        yield one


@pytest.fixture
def settings(server: Server, bouncer: Bouncer, shared: Path, tmp_path: Path) -> Iterator[Settings]:
    """Of a copy of the demo, through the pooler."""
    with Worlds(shared, server).database(tmp_path / "pooled", "demo") as direct:
        through = {"database_url": bouncer.before(direct.database_url)}
        yield prepare(server, direct).model_copy(update=through)


def test_the_package_is_there() -> None:
    assert BINARY.exists(), f"{BINARY} is not there: install the package pgbouncer"


def test_the_journey_and_a_family(settings: Settings, tmp_path: Path) -> None:
    tests = [one for name, one in vars(test_journey).items() if name.startswith("test_")]
    with opened(settings, tmp_path / "pooled") as world:
        assert world.house.engine.url.port == make_url(settings.database_url).port
        for test in (*tests, test_family.test_from_the_aircraft_to_closure):
            test(world)


def work(siege: Siege, client: int) -> list[str]:
    """One client: writes a note, sends it again, reads it and lists, some rounds of it."""
    line = HTTPConnection("127.0.0.1", siege.served.port, timeout=60)
    bearer = {"Authorization": f"Bearer {siege.token('social_worker')}"}
    case, made = f"/v1/cases/{siege.places['case']}", []

    def ask(method: str, path: str, body: Any = None, **more: str) -> Any:
        headers = {**bearer, **({"Content-Type": JSON} if body else {}), **more}
        line.request(method, path, dumps(body) if body else None, headers)
        answer = line.getresponse()
        told = answer.read()
        assert answer.status in (200, 201), told
        return loads(told)

    for number in range(ROUNDS):
        note = {**WORDS, "text": f"{client}/{number}"}
        key = {"Idempotency-Key": f"{client}-{number}"}
        first = ask("POST", f"{case}/notes", note, **key)
        assert ask("POST", f"{case}/notes", note, **key) == first
        assert ask("GET", f"{case}/notes/{first['id']}") == first
        assert ask("GET", case)["id"] == siege.places["case"]
        assert ask("GET", "/v1/cases?limit=3")["items"]
        made.append(first["id"])
    line.close()
    return made


def test_sixteen_clients_share_three_sessions(
    settings: Settings, server: Server, bouncer: Bouncer, tmp_path: Path
) -> None:
    database = make_url(settings.database_url).database
    sessions = f"SELECT pid FROM pg_stat_activity WHERE datname = '{database}'"
    with (
        siege_of(settings.model_copy(update={"lanes": 8}), tmp_path / "pooled") as siege,
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        working = [pool.submit(work, siege, client) for client in range(CLIENTS)]
        made = [note for one in working for note in one.result()]
        clients = [one for one in bouncer.ask("SHOW CLIENTS") if one["database"] == database]
        assert len(clients) >= 8  # each lane keeps its own, and the pooler tells them apart
        assert 1 < len(server.run_as_superuser(sessions)) <= SESSIONS
        assert len(set(made)) == CLIENTS * ROUNDS
        events, heads = table(AuditEvent), table(ChainHead)
        here = UUID(siege.places["case"])
        with transaction(siege.house.engine) as db:
            rows = db.execute(select(events).where(events.c.file_id == here)).all()
            ends = db.execute(select(heads).where(heads.c.file_id == here)).all()
            written = [str(one.record_id) for one in rows if one.outcome == "written"]
            assert all(written.count(one) == 1 for one in made)
            left = db.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar()
        assert left == 0
        chains: dict[str, list[Any]] = {}
        for row in rows:
            if row.chain is not None:
                chains.setdefault(row.chain, []).append(row._mapping)
        assert {one.chain: one.seq for one in ends} == {n: len(c) for n, c in chains.items()}
        assert not [name for name, chain in chains.items() if broken(chain)]
        assert "Traceback" not in siege.served.log.read_text()


def test_without_the_setting_the_pooler_is_named(settings: Settings) -> None:
    """It refuses the settings of a session itself; that is told in the operator's words."""
    with pytest.raises(UnsafeDatabase, match=r"set CASEWORK_POOLER=transaction$"):
        open_engine(settings.database_url, Path("unused"), 1)
    with pytest.raises(UnsafeDatabase, match=r"^CASEWORK_MIGRATION_URL: name PostgreSQL itself"):
        open_engine(settings.database_url, Path("unused"), 1, owner=True)


def test_a_pooler_that_drops_the_settings_is_found_too(settings: Settings, server: Server) -> None:
    with pgbouncer(server, 1, "ignore_startup_parameters = options") as deaf:
        url = deaf.before(settings.database_url)
        with pytest.raises(UnsafeDatabase, match=r"set CASEWORK_POOLER=transaction$"):
            open_engine(url, Path("unused"), 1)
