"""Statements compiled once and run prepared: on the raw connection that a thread holds, or a line.

Behind a pooler they are sent whole each time: what is prepared there, another client would find.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any, cast

from psycopg import Error, errors, pq
from sqlalchemy import (
    BindParameter,
    Boolean,
    Connection,
    Dialect,
    Executable,
    Integer,
    LargeBinary,
    String,
    bindparam,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from app.core.answers import checked
from app.core.cells import FROM_POSTGRESQL, FROM_SQLITE, Form, form_of
from app.core.db import Identifier
from app.core.lines import Line, Send
from app.core.pipelines import in_one_trip

Values = Mapping[str, Any]
Cells = Sequence[Any]
UNSAID = object()
numbers = count(1)
# What was prepared is of a table as it was before a migration, or somebody threw it away.
OUTDATED = (errors.FeatureNotSupported, errors.InvalidSqlStatementName)
BINARY = (LargeBinary, Identifier)  # what is sent as it is in memory
MOST_PREPARED = 400  # on one connection
PREPARED = "prepared"  # of a connection's info: the names of what is prepared on it, or None
UNJOINED = re.compile(r"\bFROM [\w\"]+(?: AS \w+)?,")  # EXISTS in there would always be true


class Spelled(SQLCompiler):
    """Our own words and numbers stand in the text: nothing is sent, and the planner knows them."""

    def visit_bindparam(self, bindparam: BindParameter[Any], *args: Any, **more: Any) -> Any:
        ours = bindparam.unique and bindparam.value is not None
        if ours and isinstance(bindparam.type, (String, Integer, Boolean)):
            more["literal_binds"] = True
        return super().visit_bindparam(bindparam, *args, **more)  # type: ignore[no-untyped-call]


def spelling(dialect: Dialect) -> Dialect:
    compiler = dialect.statement_compiler
    dialect.statement_compiler = type("Compiler", (Spelled, compiler), {})
    return dialect


POSTGRESQL = spelling(psycopg.dialect(paramstyle="numeric_dollar"))  # type: ignore[no-untyped-call]
SQLITE = spelling(sqlite.dialect(paramstyle="qmark"))


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
        kinds = {name: compiled.binds[name].type for name in compiled.binds}
        kinds |= {n: compiled.binds[n.rsplit("_", 1)[0]].type for n in self.order if n not in kinds}
        self.formats = [int(isinstance(kinds[name], BINARY)) for name in self.order]
        forms = [form_of(kinds[name], self.postgresql) for name in self.order]
        self.places: list[tuple[str, Form, Any]]
        self.places = [(name, form, None) for name, form in zip(self.order, forms, strict=True)]
        ready = self.asked(dict.fromkeys(self.order) | self.given)  # what is ours alone, once
        self.places = list(zip(self.order, forms, ready, strict=True))
        readers = FROM_POSTGRESQL if self.postgresql else FROM_SQLITE
        plain_text = bytes.decode if self.postgresql else None
        self.readers = [
            next((read for kind, read in readers if isinstance(one.type, kind)), plain_text)
            for one in getattr(statement, "selected_columns", ())
        ]

    def run(
        self,
        db: Connection | Line,
        values: Values,
        first: "tuple[Statement, Values] | None" = None,
    ) -> list[Cells]:
        """The rows, in the order of the select's columns, as Python's own values.

        Inside the transaction that is open on the connection, or as one of its own; on PostgreSQL
        `first` goes ahead in the same one, and costs no round trip. Raises what SQLAlchemy would
        (DBAPIError); on a line also NotHere and Uncertain.
        """
        if not self.postgresql:
            assert not isinstance(db, Line)
            return self.on_sqlite(db, values)
        if isinstance(db, Line):
            if first is not None:
                first[0].run_with_next(cast(Connection, db), first[1])
            return self.on_line(db, values)
        return self.on_postgresql(db, values, first)

    def run_each(self, db: Connection, rows: Sequence[Values]) -> None:
        """SQLite's: once for each of many, of which none is asked for anything."""
        driver: Any = db.connection.driver_connection
        try:
            driver.executemany(self.text, map(self.asked, rows))
        except Exception as failure:
            raise wrapped(db, failure) from failure

    def asked(self, values: Values) -> list[Any]:
        """What the engine wants for each place, in order."""
        asked: list[Any] = []
        given = values.get
        for name, form, ready in self.places:
            value = given(name, UNSAID)
            if value is None:
                asked.append(None)
            else:
                asked.append(ready if value is UNSAID else form[type(value)](value))
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

    def on_postgresql(
        self, db: Connection, values: Values, first: "tuple[Statement, Values] | None" = None
    ) -> list[Cells]:
        pooled = db.connection
        driver: Any = pooled.driver_connection
        connection: pq.abc.PGconn = driver.pgconn
        asked = self.asked(values)
        prepared: set[bytes] | None = pooled.info.setdefault(PREPARED, set())
        try:
            if first is not None:
                ahead, given = first
                if prepared is not None:
                    ahead.prepare(connection, prepared)
                    self.prepare(connection, prepared)
                whole, both = prepared is None, ((ahead, ahead.asked(given)), (self, asked))
                result = in_one_trip(connection, [one.sent(whole, told) for one, told in both])
            elif prepared is None:
                result = checked(connection.exec_params(self.sql, asked, None, self.formats, 1))
            else:
                self.prepare(connection, prepared)
                result = checked(connection.exec_prepared(self.name, asked, self.formats, 1))
        except OUTDATED as outdated:
            if prepared is None:
                raise wrapped(db, outdated) from outdated
            raise lost(db, outdated) from outdated
        except Error as failure:
            raise wrapped(db, failure) from failure
        return self.read(result)

    def sent(self, whole: bool, asked: list[Any]) -> Send:
        """Into a pipeline: by its name, or `whole` where nothing is prepared."""
        if whole:
            return lambda pg: pg.send_query_params(self.sql, asked, None, self.formats, 1)
        return lambda pg: pg.send_query_prepared(self.name, asked, self.formats, 1)

    def run_with_next(self, db: Connection, values: Values) -> None:
        """On a line, within a transaction, before what is asked next; of its rows nobody hears."""
        if not isinstance(db, Line):
            raise TypeError("only a line asks several things at once")
        db.ahead.append(self.sending(db, values))

    def on_line(self, db: Line, values: Values) -> list[Cells]:
        try:
            result = db.ask(self.sending(db, values))
        except Error as failure:
            if isinstance(failure, OUTDATED):
                db.invalidate()
            raise wrapped(cast(Connection, db), failure) from failure
        return self.read(result)

    def sending(self, line: Line, values: Values) -> Send:
        asked = self.asked(values)
        prepared: set[bytes] = line.connection.info.setdefault(PREPARED, set())

        def send(connection: pq.abc.PGconn) -> None:
            if self.name not in prepared:
                line.unsure = True
                if len(prepared) >= MOST_PREPARED:
                    connection.send_query_params(b"DEALLOCATE ALL", None)
                    prepared.clear()
                connection.send_prepare(self.name, self.sql)
                prepared.add(self.name)
            connection.send_query_prepared(self.name, asked, self.formats, 1)

        return send

    def read(self, result: pq.abc.PGresult) -> list[Cells]:
        take, columns = result.get_value, list(enumerate(self.readers))
        rows: list[Cells] = []
        for row in range(result.ntuples):
            cells: list[Any] = []
            for place, read in columns:
                cell = take(row, place)
                cells.append(None if cell is None else read(cell))  # type: ignore[misc]
            rows.append(cells)
        return rows

    def prepare(self, connection: pq.abc.PGconn, prepared: set[bytes]) -> None:
        if self.name in prepared:
            return
        if len(prepared) >= MOST_PREPARED:  # each keeps memory of the server
            checked(connection.exec_(b"DEALLOCATE ALL"))
            prepared.clear()
        checked(connection.prepare(self.name, self.sql))
        prepared.add(self.name)


def send_whole(_: object, record: ConnectionPoolEntry) -> None:
    """For a new connection on which nothing may be prepared."""
    record.info[PREPARED] = None


def begin(db: Connection, first: bytes = b"") -> None:
    """Before the first statement of a transaction: the driver only begins before its own.

    `first`: what else goes with it, in the simple protocol.
    """
    if db.dialect.name == "postgresql":
        connection = cast(Any, db.connection.driver_connection).pgconn
        if connection.transaction_status == pq.TransactionStatus.IDLE:
            try:
                checked(connection.exec_(b"BEGIN;" + first if first else b"BEGIN"))
            except Error as failure:
                raise wrapped(db, failure) from failure


def wrapped(db: Connection, failure: BaseException) -> BaseException:
    """As SQLAlchemy would raise it; of a broken connection the next use opens another."""
    dialect = db.dialect
    base: Any = dialect.loaded_dbapi.Error
    if not isinstance(failure, base):
        return failure
    driver: Any = db.connection.driver_connection
    if dialect.is_disconnect(failure, driver, None):
        return lost(db, failure)
    told = DBAPIError.instance("a prepared statement", None, failure, base, True, dialect=dialect)
    return cast(BaseException, told)


def lost(db: Connection, failure: BaseException) -> OperationalError:
    """The next use opens another connection; whoever does the whole again may well succeed.

    So it is, too, where what was prepared is of a table as it was before a migration, or where
    somebody threw it away: within the transaction, which has failed, nothing can be prepared anew.
    """
    db.invalidate(failure)
    return OperationalError(
        "a prepared statement", None, failure, hide_parameters=True, connection_invalidated=True
    )
