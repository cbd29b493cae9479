"""Units of work of one thread with one commit: each undone by itself, none done before it."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, text
from sqlalchemy.exc import DatabaseError

from app.core.db import table
from app.core.engine import open_engine
from app.core.errors import Unavailable
from app.core.installation import Fact
from app.core.lanes import Lanes, done
from app.core.transactions import Turns, at_hand, at_once, held, together
from tests.conftest import World
from tests.looking import transaction
from tests.making import new_case

FACTS = table(Fact)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(f"sqlite:///{tmp_path}/some.db", tmp_path / "key")
    with transaction(made) as db:
        FACTS.create(db)
    yield made
    made.dispose()


def state(name: str) -> Callable[[Engine], None]:
    def job(engine: Engine) -> None:
        with transaction(engine) as db:
            db.execute(insert(FACTS).values(name=name, value=""))

    return job


def fail(engine: Engine) -> None:
    with transaction(engine) as db:
        db.execute(insert(FACTS).values(name="never", value=""))
        raise LookupError("a rule")


def known(engine: Engine) -> set[str]:
    with engine.connect() as db:
        return set(db.execute(select(FACTS.c.name)).scalars())


def jobs(engine: Engine, *some: Callable[[Engine], None]) -> list[object]:
    """Their answers, of which the first ones wait until all are in the queue."""
    ready, answers = Event(), list[object]()
    lanes = Lanes[Any](1, 20, lambda: held(engine), lambda: together(engine))

    class Future:
        def __init__(self) -> None:
            answers.append(None)
            self.place = len(answers) - 1

        def get_loop(self) -> Any:
            return self

        def call_soon_threadsafe(self, settle: Callable[[], None]) -> None:
            settle()

        def cancelled(self) -> bool:
            return False

        def set_result(self, value: object) -> None:
            answers[self.place] = value

        set_exception = set_result

    lanes.jobs.put((Future(), ready.wait, ()))  # type: ignore[arg-type]
    lanes.start()
    for one in some:
        lanes.jobs.put((Future(), one, (engine,)))  # type: ignore[arg-type]
    ready.set()
    lanes.stop()
    return answers[1:]


@contextmanager
def commits(engine: Engine) -> Iterator[list[str]]:
    """What ends or undoes a transaction on any connection of the pool."""
    told: list[str] = []
    driver: Any
    with engine.connect() as db:
        driver = db.connection.driver_connection
        driver.set_trace_callback(
            lambda sql: told.append(sql) if sql.split()[0] in ("COMMIT", "ROLLBACK") else None
        )
    yield told
    driver.set_trace_callback(None)


def test_those_that_wait_have_one_commit(engine: Engine) -> None:
    with commits(engine) as told:
        assert jobs(engine, *map(state, "abcdef")) == [None] * 6
    assert told.count("COMMIT") == 1
    assert known(engine) == set("abcdef")


def test_one_that_fails_is_undone_alone(engine: Engine) -> None:
    first, failure, last = jobs(engine, state("a"), fail, state("b"))
    assert (first, last) == (None, None)
    assert isinstance(failure, LookupError)
    assert known(engine) == {"a", "b"}


def test_nobody_is_told_of_what_is_not_kept(engine: Engine) -> None:
    def spoil(engine: Engine) -> None:
        db = at_hand(engine)
        assert db is not None
        db.exec_driver_sql("ROLLBACK")  # as the engine itself does where its disk is full

    answers = jobs(engine, state("a"), spoil, state("b"))
    assert [type(one) for one in answers] == [Unavailable, Unavailable, type(None)]
    assert known(engine) == {"b"}  # which came after it, in a group of its own


def test_a_commit_that_fails_is_a_503_for_all(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Connection) -> None:
        raise DatabaseError("COMMIT", None, RuntimeError("disk"))

    monkeypatch.setattr(engine.dialect, "do_commit", refuse)
    assert [type(one) for one in jobs(engine, state("a"), state("b"))] == [Unavailable] * 2
    monkeypatch.undo()
    assert known(engine) == set()
    assert jobs(engine, state("c")) == [None]
    assert known(engine) == {"c"}


def test_a_single_statement_is_undone_alone(engine: Engine) -> None:
    def once(name: str, then: Exception | None = None) -> Callable[[Engine], None]:
        def job(engine: Engine) -> None:
            db = at_hand(engine)
            assert db is not None
            with at_once(engine, db):
                driver: Any = db.connection.driver_connection
                driver.execute("INSERT INTO installation VALUES (?, '')", (name,))
                if then:
                    raise then

        return job

    answers = jobs(engine, once("a"), once("b", LookupError()), once("c"))
    assert [type(one) for one in answers] == [type(None), LookupError, type(None)]
    assert known(engine) == {"a", "c"}


def test_without_a_connection_each_finds_out_for_itself(engine: Engine) -> None:
    with together(engine) as holds:
        assert done((Any, state("a"), (engine,))) is None  # type: ignore[arg-type]
        assert holds()
    assert known(engine) == {"a"}


def test_whatever_one_raises_the_others_are_told() -> None:
    ready = Event()
    lanes = Lanes[Any](1, 20, nullcontext, lambda: nullcontext(lambda: True))

    async def whole() -> list[Any]:
        asked = [lanes.run(ready.wait), lanes.run(next, iter(())), lanes.run(int)]
        told = asyncio.gather(*asked, return_exceptions=True)
        await asyncio.sleep(0)  # all are in the queue
        ready.set()
        return await asyncio.wait_for(told, 10)

    lanes.start()
    try:
        _, failure, last = asyncio.run(whole())
    finally:
        lanes.stop()
    assert isinstance(failure, RuntimeError)
    assert last == 0


def test_who_waits_comes_before_who_has_just_been() -> None:
    turns, order, waits = Turns(), list[str](), Event()

    def other() -> None:
        waits.set()
        with turns:
            order.append("other")

    turns.__enter__()
    thread = Thread(target=other)
    thread.start()
    waits.wait()
    while not turns.next.locked():
        pass
    turns.__exit__()
    with turns:
        order.append("again")
    thread.join()
    assert order == ["other", "again"]


def test_each_of_many_at_once_has_its_answer_and_its_event(world: World) -> None:
    made = new_case(world)
    note = {"kind": "social_work", "occurred_on": "2026-01-05"}

    def one(number: int) -> tuple[int, int]:
        text_ = f"Visit {number} of the household."
        written = made.post("social_worker", "/notes", {**note, "text": text_}).status_code
        refused = made.post(
            "social_worker", "/notes", {**note, "occurred_on": "2199-01-01", "text": text_}
        ).status_code
        return written, refused

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(16))) == [(201, 422)] * 16
    with transaction(world.house.engine) as db:
        told = text(
            "SELECT outcome, count(*) FROM audit_events "
            "WHERE file_id = :f OR asked_id = :f GROUP BY outcome"
        )
        given: Any = made.id if world.engine == "postgresql" else str(made.id)
        counted = {row[0]: row[1] for row in db.execute(told, {"f": given})}
    assert counted["refused"] == 16
    assert len(made.get("social_worker", "/notes")["items"]) == 16


def test_another_transaction_is_not_taken_for_the_one_that_is_gone(engine: Engine) -> None:
    """A savepoint outside of a transaction opens one, which going back to it does not end."""

    def spoil(engine: Engine) -> None:
        db = at_hand(engine)
        assert db is not None
        db.exec_driver_sql("ROLLBACK")  # as the engine itself does where its disk is full
        with suppress(LookupError):
            fail(engine)

    answers = jobs(engine, state("a"), spoil, state("b"))
    told = [name for name, one in zip("a-b", answers, strict=True) if one is None]
    assert known(engine) == set(told) - {"-"}
