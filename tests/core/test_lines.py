"""Lines to PostgreSQL: what a question meets on the way, and what its asker is told."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from gc import collect
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any, Literal
from weakref import ref

import pytest
from psycopg import OperationalError
from sqlalchemy import Engine, create_engine, make_url

from app.core.errors import Unavailable, Uncertain
from app.core.lines import Line, Lines
from tests.conftest import started
from tests.cutting import Wire, wire
from tests.making import new_case, today
from tests.postgres import Server
from tests.worlds import Worlds, opened

NOTE = {"kind": "social_work", "occurred_on": today().isoformat(), "text": "written once"}


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Server:
    return started(request.config)


@pytest.fixture(scope="module")
def cut(server: Server) -> Iterator[tuple[Engine, Wire]]:
    """Over a wire that can be cut."""
    there = make_url(server.url).set(drivername="postgresql+psycopg")
    with wire(str(there.host), there.port or 5432) as line:
        engine = create_engine(there.set(host="127.0.0.1", port=line.port), pool_pre_ping=True)
        yield engine, line
        engine.dispose()


def on_lines(engine: Engine, job: Callable[[Lines], Awaitable[Any]], size: int = 1) -> Any:
    async def whole() -> Any:
        lines = Lines(engine, size, 10)
        await lines.start()
        try:
            return await job(lines)
        finally:
            lines.stop()

    return asyncio.run(asyncio.wait_for(whole(), 20))


def one(line: Line) -> Any:
    asked = line.ask(lambda pg: pg.send_query_params(b"SELECT 1", None))
    return asked.get_value(0, 0)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("alone", [True, False])
def test_a_commit_that_is_cut_is_uncertain(
    cut: tuple[Engine, Wire], when: Literal["before", "after"], alone: bool
) -> None:
    engine, wire_ = cut

    def job(line: Line) -> None:
        line.begin()
        one(line)
        wire_.armed = when
        if not alone:
            line.commit_with_next()
            one(line)
        line.commit()

    with pytest.raises(Uncertain):
        on_lines(engine, lambda lines: lines.run(job))


def test_a_line_that_is_given_up_is_replaced_and_nothing_of_it_stays(
    cut: tuple[Engine, Wire],
) -> None:
    engine, _ = cut

    def sleeping(line: Line) -> None:
        line.begin()
        line.ask(lambda pg: pg.send_query_params(b"SELECT pg_sleep(30)", None))

    async def job(lines: Lines) -> Any:
        for _ in range(3):
            task = asyncio.ensure_future(lines.run(sleeping))
            while not any(line.answer for line in lines.open):
                await asyncio.sleep(0.001)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            while not lines.free:
                await asyncio.sleep(0.001)
            pool: Any = engine.pool
            assert (len(lines.open), pool.checkedout()) == (1, 1)
        return await lines.run(one)

    assert on_lines(engine, job) == b"1"


def test_lines_are_opened_as_they_are_wanted_and_no_more_than_allowed(
    cut: tuple[Engine, Wire],
) -> None:
    engine, _ = cut

    def slowly(line: Line) -> Any:
        line.ask(lambda pg: pg.send_query_params(b"SELECT pg_sleep(0.05)", None))

    async def job(lines: Lines) -> list[int]:
        found = []
        for at_once in (1, 1, 2, 9):
            await asyncio.gather(*(lines.run(slowly) for _ in range(at_once)))
            await asyncio.gather(*lines.laying)
            found.append(len(lines.open))
        assert len(lines.free) == len(lines.open)
        return found

    assert on_lines(engine, job, size=3) == [1, 1, 2, 3]


def test_who_waits_for_a_line_at_the_end_is_sent_away(cut: tuple[Engine, Wire]) -> None:
    engine, _ = cut

    def sleeping(line: Line) -> None:
        line.ask(lambda pg: pg.send_query_params(b"SELECT pg_sleep(30)", None))

    async def job(lines: Lines) -> list[Any]:
        tasks = [asyncio.ensure_future(lines.run(sleeping)) for _ in range(2)]
        while not lines.waiting:
            await asyncio.sleep(0.001)
        lines.stop()
        return await asyncio.gather(*tasks, return_exceptions=True)

    cut_off, sent_away = on_lines(engine, job)
    assert isinstance(cut_off, OperationalError)
    assert sent_away is None


def test_so_many_wait_for_a_line_and_who_comes_then_is_told(cut: tuple[Engine, Wire]) -> None:
    engine, _ = cut

    def sleeping(line: Line) -> None:
        line.ask(lambda pg: pg.send_query_params(b"SELECT pg_sleep(30)", None))

    async def job(lines: Lines) -> Any:
        lines.most = 2
        busy = asyncio.ensure_future(lines.run(sleeping))
        while lines.free:
            await asyncio.sleep(0)
        waiting = [asyncio.ensure_future(lines.run(one)) for _ in range(2)]
        while len(lines.waiting) < 2:
            await asyncio.sleep(0)
        with pytest.raises(Unavailable) as told:
            await lines.run(one)
        assert (told.value.code, told.value.headers["Retry-After"]) == ("busy", "1")
        busy.cancel()
        return await asyncio.gather(*waiting)

    assert on_lines(engine, job) == [None, None]  # the only line was given up: they go elsewhere


class Kept:
    """What somebody said."""


def test_a_line_that_rests_holds_nobodys_answer(cut: tuple[Engine, Wire]) -> None:
    engine, _ = cut
    alive: list[Any] = []

    def answers(line: Line) -> Kept:
        one(line)
        kept = Kept()
        alive.append(ref(kept))
        return kept

    def fails(line: Line) -> None:
        kept = Kept()
        alive.append(ref(kept))
        raise LookupError

    async def job(lines: Lines) -> list[Any]:
        assert isinstance(await lines.run(answers), Kept)
        with pytest.raises(LookupError):
            await lines.run(fails)
        assert not any(line.results for line in lines.free)
        collect()
        return [one() for one in alive]

    assert on_lines(engine, job) == [None, None]


def test_an_answer_that_is_none_ends_the_line_and_not_the_loop(server: Server) -> None:
    """Whatever speaks there: who asked hears that it is lost."""
    there = make_url(server.url).set(drivername="postgresql+psycopg")
    listener = socket.create_server(("127.0.0.1", 0))
    spoilt = [False]

    def pass_on(one: socket.socket, other: socket.socket, answers: bool) -> None:
        while part := one.recv(65_536):
            other.sendall(b"\xff\x00\x00\x00\x01" + part if answers and spoilt[0] else part)

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            to = socket.create_connection((str(there.host), there.port or 5432))
            for pair in ((client, to, False), (to, client, True)):
                Thread(target=pass_on, args=pair, daemon=True).start()

    Thread(target=accept, daemon=True).start()
    engine = create_engine(there.set(host="127.0.0.1", port=listener.getsockname()[1]))

    async def job(lines: Lines) -> None:
        assert await lines.run(one) == b"1"
        spoilt[0] = True
        await lines.run(one)

    with closing(listener), pytest.raises(OperationalError):
        on_lines(engine, job)


def test_a_database_that_is_away_does_not_keep_the_start(server: Server) -> None:
    away = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")

    async def job(lines: Lines) -> Any:
        return await lines.run(one)

    assert on_lines(away, job, size=3) is None


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_note_whose_commit_is_cut_is_not_written_twice(
    server: Server,
    shared: Path,
    tmp_path: Path,
    when: Literal["before", "after"],
) -> None:
    there = make_url(server.url)
    with (
        Worlds(shared, server).database(tmp_path, "demo") as settings,
        wire(str(there.host), there.port or 5432) as line,
    ):
        url = make_url(settings.database_url).set(host="127.0.0.1", port=line.port)
        through = {
            "database_url": url.render_as_string(hide_password=False),
            "lanes": 1,
            "lines": 1,
        }
        with opened(settings.model_copy(update=through), tmp_path) as world:
            made = new_case(world)
            written = made.post("social_worker", "/notes", NOTE)
            assert written.status_code == 201
            line.armed = when
            lost = made.post("social_worker", "/notes", NOTE)
            assert (lost.status_code, lost.json()["code"]) == (503, "uncertain")
            expected = 1 + (when == "after")
            for _ in range(100):  # the server may still be at it, for nobody
                notes = made.get("social_worker", "/notes")["items"]
                if len(notes) == expected:
                    break
                sleep(0.05)
            assert len(notes) == expected
