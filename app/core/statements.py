"""Statements compiled once and run prepared on the raw connection that a thread holds."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, cast
from uuid import UUID

import orjson
from psycopg import Error, errors, pq
from sqlalchemy import (
    JSON,
    BindParameter,
    Boolean,
    Connection,
    Date,
    Executable,
    Integer,
    LargeBinary,
    bindparam,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from app.core.db import Identifier, UtcDateTime
from app.core.values import moment

Values = Mapping[str, Any]
Cells = Sequence[Any]
POSTGRESQL = psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
SQLITE = sqlite.dialect(paramstyle="qmark")
FINE = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
EPOCH, DAY_ONE = datetime(2000, 1, 1, tzinfo=UTC), date(2000, 1, 1).toordinal()
numbers = count(1)
GENERIC = b"SET LOCAL plan_cache_mode = force_generic_plan"
MOST_PREPARED = 400  # on one connection
UNJOINED = re.compile(r"\bFROM [\w\"]+(?: AS \w+)?,")  # EXISTS in there would always be true


def read_json(cell: Any) -> Any:
    return orjson.loads(cell)


def read_int(cell: bytes) -> int:
    return int.from_bytes(cell, signed=True)


# What PostgreSQL's binary format holds, by the type of the column.
FROM_POSTGRESQL: tuple[tuple[type[TypeEngine[Any]], Callable[[bytes], Any]], ...] = (
    (Identifier, lambda cell: UUID(bytes=cell)),
    (UtcDateTime, lambda cell: EPOCH + timedelta(microseconds=read_int(cell))),
    (Date, lambda cell: date.fromordinal(DAY_ONE + read_int(cell))),
    (Boolean, lambda cell: cell == b"\1"),
    (Integer, read_int),
    (JSON, read_json),
    (LargeBinary, lambda cell: cell),
)
FROM_SQLITE: tuple[tuple[type[TypeEngine[Any]], Callable[[Any], Any]], ...] = (
    (Identifier, UUID),
    (UtcDateTime, lambda cell: datetime.fromisoformat(cell).astimezone(UTC)),
    (Date, date.fromisoformat),
    (Boolean, bool),
    (JSON, read_json),
    (LargeBinary, lambda cell: cell.encode() if isinstance(cell, str) else cell),
)


def bare(value: object) -> str:
    """JSON as text, for a column that holds it."""
    return orjson.dumps(value, default=str).decode()


TO_TEXT: dict[type, Callable[[Any], Any]] = {
    str: str,
    int: int,
    bytes: bytes,
    bool: int,
    UUID: str,
    datetime: moment,
    date: date.isoformat,
}
TO_WIRE: dict[type, Callable[[Any], bytes]] = {
    str: str.encode,
    int: lambda value: b"%d" % value,
    bytes: bytes,
    bool: lambda value: b"true" if value else b"false",
    UUID: lambda value: str(value).encode(),
    datetime: lambda value: moment(value).encode(),
    date: lambda value: value.isoformat().encode(),
}


def bind(name: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
    """A value to be given at each run; one that is not given is null."""
    return bindparam(name, None, type_=kind, required=False)


class Statement:
    """What SQLAlchemy would make of it each time, kept: the text, and how cells are read.

    A column of type LargeBinary comes back as bytes, whatever the engine holds it as: so does the
    text of JSON that is only passed on.
    """

    def __init__(self, statement: Executable, engine: str) -> None:
        self.name = b"s%d" % next(numbers)
        self.postgresql = engine == "postgresql"
        compiled = cast(
            SQLCompiler,
            statement.compile(  # type: ignore[attr-defined]
                dialect=POSTGRESQL if self.postgresql else SQLITE,
                compile_kwargs={"render_postcompile": True},
            ),
        )
        self.text = compiled.string
        if UNJOINED.search(self.text):
            raise ValueError("tables side by side: some clause is about no row of this statement")
        self.sql = self.text.encode()
        self.order = tuple(compiled.positiontup or ())
        self.given = dict(compiled.construct_params(_check=False))
        self.ready: list[tuple[str, Any]] = []
        kinds = {name: compiled.binds[name].type for name in compiled.binds}
        kinds |= {n: compiled.binds[n.rsplit("_", 1)[0]].type for n in self.order if n not in kinds}
        self.formats = [int(isinstance(kinds[name], LargeBinary)) for name in self.order]
        self.documents = frozenset(n for n in self.order if isinstance(kinds[n], JSON))
        self.encoders = TO_WIRE if self.postgresql else TO_TEXT
        given = {name: None for name in self.order} | self.given
        self.ready = [(name, None) for name in self.order]
        self.ready = list(zip(self.order, self.asked(given), strict=True))
        readers = FROM_POSTGRESQL if self.postgresql else FROM_SQLITE
        plain_text = bytes.decode if self.postgresql else None
        self.readers = [
            next((read for kind, read in readers if isinstance(one.type, kind)), plain_text)
            for one in getattr(statement, "selected_columns", ())
        ]

    def run(self, db: Connection, values: Values) -> list[Cells]:
        """Inside the transaction that is open on the connection, or as one of its own."""
        return self.on_postgresql(db, values) if self.postgresql else self.on_sqlite(db, values)

    def asked(self, values: Values) -> list[Any]:
        """What the engine wants for each place, in order; what is ours alone is made once."""
        encoders, documents, asked = self.encoders, self.documents, []
        for name, ready in self.ready:
            if name not in values:
                asked.append(ready)
                continue
            value = values[name]
            if value is not None and name in documents:
                value = bare(value)
            asked.append(None if value is None else encoders[type(value)](value))
        return asked

    def on_sqlite(self, db: Connection, values: Values) -> list[Cells]:
        driver: Any = db.connection.driver_connection
        try:
            found = driver.execute(self.text, self.asked(values)).fetchall()
        except Exception as failure:
            raise wrapped(db, failure) from failure
        readers = self.readers
        return [
            [
                cell if cell is None or read is None else read(cell)
                for cell, read in zip(row, readers, strict=False)
            ]
            for row in found
        ]

    def on_postgresql(self, db: Connection, values: Values) -> list[Cells]:
        pooled = db.connection
        driver: Any = pooled.driver_connection
        connection: pq.abc.PGconn = driver.pgconn
        asked = self.asked(values)
        prepared: set[bytes] = pooled.info.setdefault("prepared", set())
        try:
            if self.name not in prepared:
                if len(prepared) >= MOST_PREPARED:  # each keeps memory of the server
                    checked(connection, connection.exec_(b"DEALLOCATE ALL"))
                    prepared.clear()
                checked(connection, connection.prepare(self.name, self.sql))
                prepared.add(self.name)
            result = connection.exec_prepared(self.name, asked, self.formats, 1)
            checked(connection, result)
        except Error as failure:
            raise wrapped(db, failure) from failure
        take, columns = result.get_value, list(enumerate(self.readers))
        rows: list[Cells] = []
        for row in range(result.ntuples):
            cells: list[Any] = []
            for place, read in columns:
                cell = take(row, place)
                cells.append(None if cell is None else read(cell))  # type: ignore[misc]
            rows.append(cells)
        return rows


def checked(connection: pq.abc.PGconn, result: pq.abc.PGresult) -> None:
    if result.status not in FINE:
        raise errors.error_from_result(result)


def begin(db: Connection) -> None:
    """Before the first statement of a transaction: the driver only begins before its own."""
    if db.dialect.name == "postgresql":
        connection = cast(Any, db.connection.driver_connection).pgconn
        if connection.transaction_status == pq.TransactionStatus.IDLE:
            try:
                checked(connection, connection.exec_(b"BEGIN"))
            except Error as failure:
                raise wrapped(db, failure) from failure


@contextmanager
def planned_once(db: Connection) -> Iterator[None]:
    """For a statement whose planning would cost more than its rows: one plan for all values.

    PostgreSQL would else plan the first five runs on every connection each by itself.
    """
    if db.dialect.name != "postgresql":
        yield
        return
    connection: pq.abc.PGconn = cast(Any, db.connection.driver_connection).pgconn
    alone = connection.transaction_status == pq.TransactionStatus.IDLE
    try:
        checked(connection, connection.exec_(b"BEGIN;" * alone + GENERIC))
        yield
        if alone:
            checked(connection, connection.exec_(b"COMMIT"))
    except BaseException as failure:
        if alone and connection.status == pq.ConnStatus.OK:
            connection.exec_(b"ROLLBACK")
        told = wrapped(db, failure)
        if told is failure:
            raise
        raise told from failure


def wrapped(db: Connection, failure: BaseException) -> BaseException:
    """As SQLAlchemy would raise it; of a broken connection the next use opens another."""
    dialect = db.dialect
    base: Any = dialect.loaded_dbapi.Error
    if not isinstance(failure, base):
        return failure
    driver: Any = db.connection.driver_connection
    lost = dialect.is_disconnect(failure, driver, None)
    if lost:
        db.invalidate(failure)
    told = DBAPIError.instance(
        "a prepared statement",
        None,
        failure,
        base,
        True,
        lost,
        dialect,
    )
    return cast(BaseException, told)
