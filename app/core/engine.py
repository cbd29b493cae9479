"""Opens PostgreSQL, or an encrypted SQLite file, and refuses to start on an unsafe one."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError

from app.core import server_log, session
from app.core.key_file import obtain_key
from app.core.statements import send_whole
from app.core.transactions import READS

OLDEST_SQLITE = (3, 51, 3)  # older ones can lose committed writes when several connections use WAL
# Synchronous 2 is FULL; recursive_triggers: a row that REPLACE throws out counts as deleted.
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}
CACHE = -32_000  # KiB of decrypted pages for each connection
# PostgreSQL: off means that a crash can lose commits. Of synchronous_commit, any other value keeps
# them on the disk of the server that answered.
NEEDED = ("fsync", "full_page_writes", "synchronous_commit")
# Release → the first of its updates in which row security cannot be passed by a plan that is kept
# (CVE-2024-10976) nor by what statistics tell (CVE-2025-8713).
SAFE_UPDATES = {15: 14, 16: 10, 17: 6}
# Ours are prepared by `statements`; at each rollback the driver would throw away all, with its own.
# A database that is silently gone is given up a little after the longest statement would be.
POOLED = {
    "prepare_threshold": None,
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # ms
}
DRIVER = {**POOLED, "options": session.OPTIONS}


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
    """Take the write lock first and wait for it: every unit of work writes its audit event.

    Not so in `transactions.reading`.
    """
    reads = connection.get_execution_options().get(READS)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def outdated(release: int, update: int) -> str | None:
    """What is wrong with this version of PostgreSQL: 17, 5 is 17.5."""
    if release < min(SAFE_UPDATES):
        return f"PostgreSQL {release}: {min(SAFE_UPDATES)} or later is needed"
    if update < (least := SAFE_UPDATES.get(release, 0)):
        return (
            f"PostgreSQL {release}.{update}: row security can be passed by; "
            f"{release}.{least} or later of this release is needed"
        )
    return None


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
    number = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    if fault := outdated(*divmod(number, 10_000)):
        raise UnsafeDatabase(fault)
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
