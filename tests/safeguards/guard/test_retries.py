"""A unit of work that meets bad luck: done once, or told that nobody knows."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any, Literal
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import make_url, select
from sqlalchemy.exc import OperationalError

from app.core import engine, transactions
from app.core.db import table
from app.core.lines import Line
from app.core.transactions import at_hand
from app.safeguards.audit.chain import broken
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard import carrying
from tests.conftest import started
from tests.cutting import Wire, wire
from tests.looking import transaction
from tests.making import Made, new_case, today
from tests.postgres import Server
from tests.worlds import World, Worlds, opened

NOTE = {"kind": "social_work", "occurred_on": today().isoformat(), "text": "written once"}


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Server:
    return started(request.config)


@pytest.fixture(scope="module")
def world(
    server: Server, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """On PostgreSQL, where a connection can break; with one lane, so that it is known which."""
    folder = tmp_path_factory.mktemp("steady")
    with Worlds(shared, server).database(folder, "demo") as settings:
        settings = settings.model_copy(update={"lanes": 1})
        with opened(settings, folder) as one:
            yield one


@pytest.fixture(scope="module")
def cut(
    server: Server, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, Wire]]:
    """Another one, over a wire that can be cut."""
    folder, there = tmp_path_factory.mktemp("cut"), make_url(server.url)
    with (
        Worlds(shared, server).database(folder, "demo") as settings,
        wire(str(there.host), there.port or 5432) as line,
    ):
        url = make_url(settings.database_url).set(host="127.0.0.1", port=line.port)
        through = {"database_url": url.render_as_string(hide_password=False), "lanes": 1}
        with opened(settings.model_copy(update=through), folder) as one:
            yield one, line


class Owner:
    """Another session, that of who owns the tables."""

    def __init__(self, db: psycopg.Connection[Any], server: Server, name: str) -> None:
        self.db, self.server, self.name = db, server, name

    def run(self, *statements: str) -> None:
        for one in statements:
            self.db.execute(one.encode())

    def waiting(self) -> int:
        """The process of who waits for a lock in this database, as soon as somebody does."""
        query = (
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            f"AND datname = '{self.name}' AND usename = '{self.server.app}'"
        )
        for _ in range(1000):
            if found := self.server.run_as_superuser(query):
                return int(found[0][0])
            sleep(0.01)
        raise AssertionError("nobody waits")


@contextmanager
def owner(world: World, server: Server, superuser: bool = False) -> Iterator[Owner]:
    settings = world.house.settings
    assert settings.migration_url
    url = make_url(settings.migration_url).set(drivername="postgresql")
    if superuser:
        found = make_url(server.url)
        url = url.set(username=found.username, password=found.password)
    with psycopg.connect(url.render_as_string(hide_password=False)) as db:
        db.execute("SET casework.scope = 'system'")  # the second wall binds the owner, too
        db.commit()
        yield Owner(db, server, str(url.database))


@contextmanager
def asking(job: Callable[[], Any]) -> Iterator[Any]:
    """While it is being answered."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(job)


def write(made: Made, key: str = "one") -> Any:
    return made.post("social_worker", "/notes", NOTE, headers={"Idempotency-Key": key})


def notes(made: Made) -> int:
    return len(made.get("social_worker", "/notes")["items"])


def told(world: World, answer: Any) -> list[tuple[str, str | None]]:
    """Outcome and code of what is on record of one request."""
    events = table(AuditEvent).c
    asked = events.request_id == UUID(answer.headers["X-Request-Id"])
    with transaction(world.house.engine) as db:
        return [tuple(row) for row in db.execute(select(events.outcome, events.code).where(asked))]


def chains_hold(world: World, made: Made) -> bool:
    events = table(AuditEvent)
    mine = (events.c.file_id == UUID(made.id), events.c.chain == "psychosocial_notes")
    with transaction(world.house.engine) as db:
        chain = [dict(row._mapping) for row in db.execute(select(events).where(*mine))]
    return bool(chain) and not broken(chain)


LOCKS = {
    "at the door": "SELECT 1 FROM cases WHERE id = '{}' FOR UPDATE",
    "in the chain": "SELECT 1 FROM chain_heads WHERE file_id = '{}' FOR UPDATE",
}


@pytest.mark.parametrize("place", LOCKS)
def test_a_connection_lost_before_the_commit(world: World, server: Server, place: str) -> None:
    made = new_case(world)
    assert write(made, "before").status_code == 201
    with owner(world, server) as other:
        other.run(LOCKS[place].format(made.id))
        with asking(lambda: write(made)) as answer:
            server.run_as_superuser(f"SELECT pg_terminate_backend({other.waiting()})")
            other.waiting()  # the same request, on another connection
            other.db.rollback()
            first = answer.result()
    assert first.status_code == 201, first.text
    assert told(world, first) == [("written", None)]
    again = write(made)
    assert (again.content, again.headers["Idempotency-Replayed"]) == (first.content, "true")
    assert notes(made) == 2
    assert chains_hold(world, made)


def test_a_read_whose_connection_was_lost_is_answered(world: World, server: Server) -> None:
    made = new_case(world)
    expected = made.get("social_worker")
    with owner(world, server) as other:
        name = f"datname = '{other.name}' AND usename = '{server.app}'"
        query = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {name}"
        assert server.run_as_superuser(query)[0][0] >= 1
    assert made.get("social_worker") == expected
    assert write(made).status_code == 201


def test_a_body_that_does_not_fit_is_told_all_the_same(world: World, server: Server) -> None:
    made = new_case(world)
    with owner(world, server) as other:
        other.run(LOCKS["at the door"].format(made.id))
        with asking(lambda: made.post("social_worker", "/notes", {"wish": 1})) as answer:
            server.run_as_superuser(f"SELECT pg_terminate_backend({other.waiting()})")
            other.waiting()
            other.db.rollback()
            assert answer.result().status_code == 422


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_lost_at_the_commit(
    cut: tuple[World, Wire], when: Literal["before", "after"]
) -> None:
    """Whether it took place, we do not know and say so; who asks again finds out."""
    world, line = cut
    made, cuts = new_case(world), line.cuts
    line.armed = when
    lost = write(made)
    assert line.cuts == cuts + 1
    assert (lost.status_code, lost.json()["code"]) == (503, "uncertain"), lost.text
    assert lost.headers["Retry-After"] == "1"
    assert notes(made) == (when == "after")  # and nobody tried once more
    assert told(world, lost) == [("written", None)] * (when == "after")
    again = write(made)
    assert again.status_code == 201
    assert ("Idempotency-Replayed" in again.headers) == (when == "after")
    assert notes(made) == 1
    assert chains_hold(world, made)


TROUBLE = """
CREATE SEQUENCE tries;
CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    IF nextval('tries') <= {times} THEN RAISE 'canary trouble' USING ERRCODE = '{code}'; END IF;
    RETURN new;
END $$;
CREATE TRIGGER trouble BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION trouble()
"""
OVER = "DROP TRIGGER trouble ON notes; DROP FUNCTION trouble; DROP SEQUENCE tries"


def troubled(
    world: World, server: Server, code: str, times: int, *, key: bool = True
) -> tuple[Made, Any, int]:
    """A note that meets this error so often: the case, the answer, and how often it was tried."""
    made = new_case(world)
    made.get("social_worker")  # remembered: without a key it is tried on a line
    with owner(world, server) as other:
        other.run(TROUBLE.format(code=code, times=times))
        other.db.commit()
        answer = write(made) if key else made.post("social_worker", "/notes", NOTE)
        row = other.db.execute("SELECT last_value FROM tries").fetchone()
        other.run(OVER)
    assert row is not None
    return made, answer, row[0]


@pytest.mark.parametrize("code", ["40001", "40P01"])
@pytest.mark.parametrize("times", [1, 2])
def test_what_may_pass_is_tried_again_as_a_whole(
    world: World, server: Server, code: str, times: int
) -> None:
    made, answer, tried = troubled(world, server, code, times)
    assert (answer.status_code, tried) == (201, times + 1), answer.text
    assert told(world, answer) == [("written", None)]
    assert notes(made) == 1
    assert chains_hold(world, made)


@pytest.mark.parametrize(("code", "most"), [("40001", 3), ("40P01", 3), ("57014", 1)])
def test_and_then_it_is_told(world: World, server: Server, code: str, most: int) -> None:
    """A statement that took too long is not repeated: it would take as long again."""
    made, answer, tried = troubled(world, server, code, 100)
    assert (answer.status_code, tried) == (503, most), answer.text
    assert answer.json()["code"] == "unavailable"
    assert notes(made) == 0


@pytest.mark.parametrize("code", ["57014", "55P03"])
def test_a_plain_write_that_took_too_long_is_not_repeated_either(
    world: World, server: Server, code: str
) -> None:
    made, answer, tried = troubled(world, server, code, 100, key=False)
    assert (answer.status_code, tried) == (503, 1), answer.text
    assert notes(made) == 0


@pytest.mark.parametrize("limit", ["lock_timeout", "statement_timeout"])
@pytest.mark.parametrize("place", LOCKS)
def test_who_waits_for_too_long_is_told(
    *,
    server: Server,
    shared: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    place: str,
) -> None:
    """Somebody keeps the case and does not let go of it: each session has its own end of that."""
    options = f"{engine.DRIVER['options']} -c {limit}=2s"
    monkeypatch.setitem(engine.DRIVER, "options", options)
    with (
        Worlds(shared, server).database(tmp_path, "demo") as settings,
        opened(settings, tmp_path) as world,
    ):
        made = new_case(world)
        assert write(made, "before").status_code == 201
        with owner(world, server) as other:
            other.run(LOCKS[place].format(made.id))
            answer = write(made)
            other.db.rollback()
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
        assert write(made).status_code == 201
        assert notes(made) == 2
        assert chains_hold(world, made)


def test_a_deadlock(world: World, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one holds what we want next, and wants what we hold; it waits longer than we."""
    met: list[str | None] = []
    passing = transactions.passing

    def heard(failure: OperationalError) -> bool:
        met.append(getattr(failure.orig, "sqlstate", None))
        return passing(failure)

    monkeypatch.setattr(carrying, "passing", heard)
    made = new_case(world)
    assert write(made, "before").status_code == 201
    with owner(world, server, superuser=True) as other:
        other.run("SET LOCAL deadlock_timeout = '1h'", LOCKS["in the chain"].format(made.id))
        with asking(lambda: write(made)) as answer:
            other.waiting()
            other.run(LOCKS["at the door"].format(made.id))
            other.db.rollback()
            assert answer.result().status_code == 201
    assert set(met) == {"40P01"}  # once, or again before the other one has let go
    assert notes(made) == 2
    assert chains_hold(world, made)


# --- what is prepared -----------------------------------------------------------------------------

CHANGES = {
    "notes": (  # as a migration, after what the database insists on has stood down
        "DROP TRIGGER insists_notes_update ON notes",
        "ALTER TABLE notes ALTER COLUMN kind TYPE varchar(60)",
    ),
    "cases": ("ALTER TABLE cases ALTER COLUMN phase TYPE varchar(60)",),
    "users": ("ALTER TABLE users ALTER COLUMN username TYPE varchar(80)",),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_migration_under_a_running_server(world: World, server: Server, name: str) -> None:
    """The result of a statement that is prepared would have another type: it is prepared anew."""
    made = new_case(world)
    assert write(made, "before").status_code == 201
    send = made.as_("social_worker")
    paths = (made.path, f"{made.path}/notes", f"{made.path}/history", "/v1/cases?limit=2")
    before = [send("GET", path).content for path in paths * 2][len(paths) :]
    with owner(world, server) as other:
        other.run(*CHANGES[name], f"ALTER TABLE {name} ADD COLUMN since_then integer")
        other.db.commit()
    for path, content in zip(paths, before, strict=True):
        assert send("GET", path).content == content, path
    answer = write(made)
    assert answer.status_code == 201, answer.text
    assert told(world, answer) == [("written", None)]
    assert notes(made) == 2


@pytest.mark.parametrize("first", ["read", "write"])
@pytest.mark.parametrize("statement", ["DEALLOCATE ALL", "DISCARD ALL"])
def test_what_somebody_threw_away_is_prepared_anew(
    world: World, first: str, statement: str
) -> None:
    made = new_case(world)
    assert write(made, "before").status_code == 201
    expected = [made.get("social_worker") for _ in range(2)][1]

    def throw_away() -> None:
        db: Any = at_hand(world.house.engine)
        driver = db.connection.driver_connection
        driver.rollback()
        driver.autocommit = True
        driver.execute(statement)
        driver.autocommit = False

    def throw_away_there(line: Line) -> None:
        line.ask(lambda pg: pg.send_query_params(statement.encode(), None))

    state: Any = world.client.app.state  # type: ignore[attr-defined]
    assert world.client.portal
    world.client.portal.call(state.lanes.run, throw_away)
    for _ in range(state.lines.size):
        world.client.portal.call(state.lines.run, throw_away_there)
    if first == "write":
        answer = write(made)
        assert answer.status_code == 201, answer.text
        assert told(world, answer) == [("written", None)]
    assert made.get("social_worker") == expected
    assert write(made, "after").status_code == 201
