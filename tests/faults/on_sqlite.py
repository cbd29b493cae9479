"""Faults of SQLite: a driver's connection that fails where it is told to, whoever uses it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from sqlalchemy import create_engine
from sqlcipher3 import dbapi2

from tests.faults.striking import Faults

TOLD = "disk I/O error"  # SQLite undoes the whole transaction at some of them, and not at others


class Cursor(dbapi2.Cursor):  # type: ignore[misc]
    connection: "Connection"

    def execute(self, statement: str, *values: Any) -> Any:
        return self.connection.do(statement, partial(super().execute, statement, *values))

    def executemany(self, statement: str, *values: Any) -> Any:
        return self.connection.do(statement, partial(super().executemany, statement, *values))


class Connection(dbapi2.Connection):  # type: ignore[misc]
    """Every statement goes by a cursor, `execute` of a connection too; but for the ends."""

    faults: Faults

    def cursor(self, factory: type[Cursor] = Cursor) -> Any:
        return super().cursor(factory)

    def do(self, statement: str, work: Any) -> Any:
        how = self.faults.strikes(statement)
        if how == "refused":
            raise dbapi2.OperationalError(TOLD)
        done = work()
        if how == "cut":
            super().rollback()
            raise dbapi2.OperationalError(TOLD)
        return done

    def commit(self) -> None:
        if self.in_transaction:
            self.do("COMMIT", super().commit)

    def rollback(self) -> None:
        if self.in_transaction:
            self.do("ROLLBACK", super().rollback)


@contextmanager
def failing(faults: Faults) -> Iterator[None]:
    """Whoever opens an engine meanwhile gets one with these faults."""
    kind = type("Failing", (Connection,), {"faults": faults})

    def create(url: Any, **given: Any) -> Any:
        if url.get_backend_name() == "sqlite":
            given["connect_args"] = {**given["connect_args"], "factory": kind}
        return create_engine(url, **given)

    with patch("app.core.engine.create_engine", create):
        yield
