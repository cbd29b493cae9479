"""Keeps each engine from planning more than it need.

PostgreSQL would plan the first five runs of a statement on every connection each by itself. SQLite
plans a statement anew each time its values change, if it has samples of the data (a table that
ANALYZE makes), which costs more than the statement.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from psycopg import pq
from sqlalchemy import Connection, inspect, text

from app.core.answers import checked
from app.core.lines import Line, NotHere
from app.core.local import Local
from app.core.statements import wrapped

ROWS = 1_000  # of each index that are looked at
WORTH_IT = 10_000  # events; with fewer, a guess does


def take_stock(db: Connection) -> None:
    """Within a transaction; milliseconds, however much there is."""
    if db.dialect.name != "sqlite":
        return  # PostgreSQL does so by itself
    if inspect(db).has_table("audit_events") and db.execute(BEYOND, {"few": WORTH_IT}).first():
        db.exec_driver_sql(f"PRAGMA analysis_limit = {ROWS}")
        db.exec_driver_sql("ANALYZE")
    if db.execute(SAMPLED).first():
        db.exec_driver_sql("DROP TABLE sqlite_stat4")


BEYOND = text("SELECT 1 FROM audit_events LIMIT 1 OFFSET :few")
SAMPLED = text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat4'")


GENERIC = b"SET LOCAL plan_cache_mode = force_generic_plan"


@contextmanager
def planned_once(db: Connection, local: Local) -> Iterator[None]:
    """For a statement whose planning would cost more than its rows: one plan for all values.

    PostgreSQL would else plan the first five runs on every connection each by itself.
    `local` is stated in the same breath.
    """
    if isinstance(db, Line):
        raise NotHere("a plan of its own kind")
    if db.dialect.name != "postgresql":
        yield
        return
    connection: pq.abc.PGconn = cast(Any, db.connection.driver_connection).pgconn
    alone = connection.transaction_status == pq.TransactionStatus.IDLE
    try:
        checked(connection.exec_(b"BEGIN;" * alone + GENERIC + b";" + local.text(db)))
        yield
        if alone:
            checked(connection.exec_(b"COMMIT"))
    except BaseException as failure:
        if alone and connection.status == pq.ConnStatus.OK:
            connection.exec_(b"ROLLBACK")
        told = wrapped(db, failure)
        if told is failure:
            raise
        raise told from failure
