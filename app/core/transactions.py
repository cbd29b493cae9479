"""Transactions, the connection that a thread keeps, and the turns of those who write on SQLite."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock, local
from typing import Any, NoReturn, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from app.core.errors import Uncertain
from app.core.local import Local
from app.core.statements import begin as begin_now
from app.core.statements import wrapped

SQLITE_WRITERS: dict[str, "Turns"] = {}
READS = "reads"  # an option of connections on which nothing is written
HELD = local()  # of each thread: the connection that it keeps, and the engine it is of


@contextmanager
def held(engine: Engine) -> Iterator[Connection]:
    """This thread keeps one connection: neither fetched from the pool nor tried each time."""
    with engine.connect() as connection:
        HELD.engine, HELD.connection = engine, connection
        try:
            yield connection
        finally:
            HELD.engine = HELD.connection = None


def at_hand(engine: Engine) -> Connection | None:
    return HELD.connection if getattr(HELD, "engine", None) is engine else None


class Turns:
    """Who waits comes before who has just been: a lock alone goes to whoever is quickest."""

    def __init__(self) -> None:
        self.next, self.now = Lock(), Lock()

    def __enter__(self) -> None:
        with self.next:
            self.now.acquire()

    def __exit__(self, *_: object) -> None:
        self.now.release()


@contextmanager
def turn(engine: Engine) -> Iterator[None]:
    """In one process SQLite's writers queue up fairly."""
    if engine.dialect.name != "sqlite":
        yield
        return
    with SQLITE_WRITERS.setdefault(engine.url.database or "", Turns()):
        yield


@contextmanager
def together(engine: Engine) -> Iterator[Callable[[], bool]]:
    """Units of work that this thread does one after the other, with one commit for all.

    Each is undone by itself if it fails; none is done before the commit. What is given says
    whether the transaction is there still: the engine may have undone all of it.
    """
    connection = at_hand(engine)
    if connection is None:  # each opens one of its own
        yield lambda: True
        return
    with turn(engine):
        begun = connection.begin()
        driver = cast(Any, connection.connection.driver_connection)
        HELD.together, HELD.steps = True, list[Callable[[], None]]()
        try:
            driver.execute("SAVEPOINT whole")
            yield lambda: bool(driver.in_transaction)
            # Fails in any other transaction: a savepoint of one unit may have opened another.
            driver.execute("RELEASE whole")
        except BaseException:
            begun.rollback()
            raise
        finally:
            HELD.together = False
        try:
            begun.commit()
        except DBAPIError:
            connection.rollback()
            undo(connection)
            raise
        for step in HELD.steps:
            step()


def once_committed(engine: Engine, step: Callable[[], None]) -> None:
    """After a transaction: now, or where it is one with those of others, as soon as all are."""
    if is_together(engine):
        HELD.steps.append(step)
    else:
        step()


def is_together(engine: Engine) -> bool:
    return at_hand(engine) is not None and getattr(HELD, "together", False)


@contextmanager
def at_once(engine: Engine, connection: Connection) -> Iterator[None]:
    """For one prepared statement: on PostgreSQL it is a transaction of its own."""
    if engine.dialect.name != "sqlite":
        yield
        return
    if is_together(engine):
        with savepoint(connection):
            yield
        return
    driver = cast(Any, connection.connection.driver_connection)
    with turn(engine):
        try:
            driver.execute("BEGIN IMMEDIATE")
            yield
            driver.execute("COMMIT")
        except BaseException as failure:
            undo(connection)
            tell(connection, failure)


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Within SQLite's transaction: undone by itself if it fails.

    In the words of the driver; SQLAlchemy's own take as long as three statements.
    """
    driver = cast(Any, connection.connection.driver_connection)
    begun = False
    try:
        driver.execute("SAVEPOINT one")
        begun = True
        yield
        driver.execute("RELEASE one")
    except BaseException as failure:
        if begun and driver.in_transaction:
            driver.execute("ROLLBACK TO one")
            driver.execute("RELEASE one")
        tell(connection, failure)


def tell(connection: Connection, failure: BaseException) -> NoReturn:
    """As SQLAlchemy would."""
    told = wrapped(connection, failure)
    if told is failure:
        raise failure
    raise told from failure


def undo(connection: Connection) -> None:
    """A connection that is kept must not stay inside a transaction that nobody ends."""
    try:
        cast(Any, connection.connection.driver_connection).rollback()
    except Exception:
        connection.invalidate()


@contextmanager
def reading(engine: Engine, local: Local | None = None) -> Iterator[Connection]:
    """What is committed, for who looks after the service; on SQLite beside whoever writes."""
    with engine.connect().execution_options(**{READS: True}) as connection, connection.begin():
        begin_now(connection, local.text(connection) if local else b"")
        yield connection


@contextmanager
def transaction(engine: Engine, local: Local | None = None) -> Iterator[Connection]:
    """One transaction, committed on success; `local` is stated with its beginning."""
    mine = at_hand(engine)
    if mine is not None and is_together(engine):
        with savepoint(mine):
            yield mine
        return
    with turn(engine), nullcontext(mine) if mine is not None else engine.connect() as connection:
        begun = connection.begin()
        try:
            begin_now(connection, local.text(connection) if local else b"")
            yield connection
        except BaseException:
            begun.rollback()
            raise
        try:
            begun.commit()
        except DBAPIError as failure:
            lost = failure.connection_invalidated
            connection.rollback()  # which, after a commit that failed, the driver hears nothing of
            undo(connection)
            if lost:
                raise Uncertain("ask again, with the same Idempotency-Key") from failure
            raise


def passing(failure: OperationalError) -> bool:
    """Whether the same unit of work may well succeed if tried again; nothing of it is committed."""
    if failure.connection_invalidated:
        return True
    state = getattr(failure.orig, "sqlstate", None)
    return state in ("40001", "40P01") or "locked" in str(failure.orig)
