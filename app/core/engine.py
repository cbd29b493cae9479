"""Opens PostgreSQL, or an encrypted SQLite file, and refuses to start on an unsafe one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock, local
from typing import Any, cast

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError, DBAPIError

from app.core import server_log, session
from app.core.errors import Uncertain
from app.core.key_file import obtain_key
from app.core.statements import begin as begin_now
from app.core.statements import send_whole, wrapped

OLDEST_SQLITE = (3, 51, 3)  # older ones can lose committed writes when several connections use WAL
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}  # synchronous 2 is FULL
CACHE = -32_000  # KiB of decrypted pages for each connection
# PostgreSQL: off means that a crash can lose commits. Of synchronous_commit, any other value keeps
# them on the disk of the server that answered.
NEEDED = ("fsync", "full_page_writes", "synchronous_commit")
# Ours are prepared by `statements`; at each rollback the driver would throw away all, with its own.
DRIVER = {"options": session.OPTIONS, "prepare_threshold": None}
POOLED = {"prepare_threshold": None}


class UnsafeDatabase(RuntimeError):
    """This database cannot keep the promises that Casework makes; the message says what."""


def open_engine(
    url: str,
    key_file: Path,
    connections: int = 8,
    owner: bool = False,
    pooled: bool = False,
) -> Engine:
    """Connect once, so that a database we must not use stops the start.

    `owner` opens the connection for migrations, which alone may own the tables. `pooled`: a pooler
    of transactions may stand before PostgreSQL.
    """
    location = make_url(url)
    encrypted = location.get_backend_name() == "sqlite"
    if encrypted:
        path = Path(location.database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        key = obtain_key(key_file, path.exists())
        # A raw key needs no derivation, which would slow every new connection.
        location = location.set(drivername="sqlite+pysqlcipher", password=f"x'{key}'")
    elif location.drivername == "postgresql":
        location = location.set(drivername="postgresql+psycopg")
    engine = create_engine(
        location,
        poolclass=QueuePool,  # this dialect's own choice closes connections other threads still use
        pool_size=connections,
        max_overflow=connections,  # no thread takes two; a second application may share the house
        pool_timeout=5,
        pool_pre_ping=not encrypted,
        hide_parameters=True,  # errors are logged; what people said is not
        connect_args={"timeout": 15} if encrypted else POOLED if pooled else DRIVER,
    )
    if pooled and not encrypted:
        event.listen(engine, "connect", send_whole)
    if encrypted:
        event.listen(engine, "connect", secure)
        event.listen(engine, "begin", begin)
        path.touch(0o600)
        path.chmod(0o600)  # the encrypted file is nobody else's business either
    try:
        with engine.connect() as connection:
            if not encrypted:
                examine_postgresql(connection, owner, pooled)
    except Exception as failure:
        engine.dispose()  # a refused database is let go of
        if encrypted and isinstance(failure, DatabaseError) and "not a database" in str(failure):
            raise UnsafeDatabase(f"{key_file} does not open {path}") from None
        if not encrypted and "unsupported startup parameter" in str(failure):
            raise UnsafeDatabase(behind_a_pooler(owner)) from None
        raise
    return engine


def secure(connection: Any, _: object) -> None:
    """Refuse, on every connect, anything but a current SQLCipher with durable, checked writes."""
    connection.isolation_level = None  # the driver would begin late; `begin` below does it in time
    (version,) = connection.execute("SELECT sqlite_version()").fetchone()
    if tuple(map(int, version.split("."))) < OLDEST_SQLITE:
        raise UnsafeDatabase(f"SQLite {version} is older than 3.51.3 and can lose commits in WAL")
    if connection.execute("PRAGMA cipher_status").fetchone() != ("1",):
        raise UnsafeDatabase("no key is in use: the SQLite file would be plain text")
    connection.execute(f"PRAGMA cache_size = {CACHE}")
    for name, wanted in PRAGMAS.items():
        connection.execute(f"PRAGMA {name} = {wanted}")
        (actual,) = connection.execute(f"PRAGMA {name}").fetchone()
        if actual != wanted:
            raise UnsafeDatabase(f"SQLite: {name} is {actual!r}, not {wanted!r}")


def begin(connection: Connection) -> None:
    """Take the write lock first and wait for it: every unit of work writes its audit event."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def behind_a_pooler(owner: bool) -> str:
    if owner:
        return "CASEWORK_MIGRATION_URL: name PostgreSQL itself, not the pooler before it"
    return "PostgreSQL: a pooler stands before it: set CASEWORK_POOLER=transaction"


def examine_postgresql(connection: Connection, owner: bool, pooled: bool) -> None:
    if pooled and (missing := session.missing(connection)):
        raise UnsafeDatabase(
            f"PostgreSQL: CASEWORK_POOLER leaves it to the role: {'; '.join(missing)}; then let "
            "the pooler connect anew (docs/operate.md)"
        )
    if not pooled and session.pooled(connection):
        raise UnsafeDatabase(behind_a_pooler(owner))
    for name in NEEDED:
        if connection.execute(text(f"SHOW {name}")).scalar() == "off":
            raise UnsafeDatabase(f"PostgreSQL: {name} is off, so a crash can lose commits")
    if setting := server_log.loud_setting(connection):
        raise UnsafeDatabase(
            f"PostgreSQL: {setting}, so the server's log would hold what people said; as a "
            "superuser, ALTER ROLE … SET log_parameter_max_length = 0 (docs/operate.md)"
        )
    role = connection.execute(
        text("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
    ).one()
    if role.rolsuper:
        raise UnsafeDatabase(f"PostgreSQL: role {role.rolname} is a superuser")
    if role.rolbypassrls:
        raise UnsafeDatabase(f"PostgreSQL: role {role.rolname} has BYPASSRLS")
    if owner:
        return
    if connection.execute(text(OWNED)).scalar():
        raise UnsafeDatabase(
            f"PostgreSQL: role {role.rolname} owns the database or tables, itself or as a member "
            "of their owner, and could change the evidence; use another role"
        )


OWNED = """
SELECT EXISTS (SELECT FROM pg_class WHERE pg_has_role(current_user, relowner, 'MEMBER'))
    OR EXISTS (SELECT FROM pg_database WHERE datname = current_database()
               AND pg_has_role(current_user, datdba, 'MEMBER'))
"""
SQLITE_WRITERS: dict[str, "Turns"] = {}
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
        HELD.together = True
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


def is_together(engine: Engine) -> bool:
    return at_hand(engine) is not None and getattr(HELD, "together", False)


# One statement or few, and how they are begun, ended and undone.
ALONE = ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
WITHIN = ("SAVEPOINT one", "RELEASE one", "ROLLBACK TO one")


@contextmanager
def at_once(engine: Engine, connection: Connection) -> Iterator[None]:
    """For one prepared statement: on PostgreSQL it is a transaction of its own."""
    if engine.dialect.name != "sqlite":
        yield
        return
    alone = not is_together(engine)
    first, last, back = ALONE if alone else WITHIN
    with turn(engine) if alone else nullcontext():
        driver = cast(Any, connection.connection.driver_connection)
        try:
            driver.execute(first)
            yield
            driver.execute(last)
        except BaseException as failure:
            if alone:
                undo(connection)
            elif driver.in_transaction:
                driver.execute(back)
                driver.execute(last)
            told = wrapped(connection, failure)
            if told is failure:
                raise
            raise told from failure


def undo(connection: Connection) -> None:
    """A connection that is kept must not stay inside a transaction that nobody ends."""
    try:
        cast(Any, connection.connection.driver_connection).rollback()
    except Exception:
        connection.invalidate()


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed on success."""
    mine = at_hand(engine)
    if mine is not None and is_together(engine):
        with mine.begin_nested():
            yield mine
        return
    with turn(engine), nullcontext(mine) if mine is not None else engine.connect() as connection:
        begun = connection.begin()
        try:
            begin_now(connection)
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
