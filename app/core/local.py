"""Settings that hold for one transaction on PostgreSQL, and leave along with its first words.

A pooler of transactions hands the session to somebody else after it: nothing must be left there.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, cast

from psycopg import pq
from sqlalchemy import Connection, Text, func, literal, select, true

from app.core.statements import Statement, Values, bind

First = tuple[Statement, Values]
# For all values, whatever they are: what asks for many relationships takes longer to plan than to
# run, and PostgreSQL would plan it each time in the hope of something better.
ONE_PLAN = ("plan_cache_mode", "force_generic_plan")


@dataclass(frozen=True)
class Local:
    """Pairs of a setting and its value; what is not named is as it would be without."""

    settings: tuple[tuple[str, str], ...]

    def text(self, db: Connection) -> bytes:
        """For the simple protocol, in which values are spelled out; nothing for other engines."""
        if db.dialect.name != "postgresql":
            return b""
        pg: pq.abc.PGconn = cast(Any, db.connection.driver_connection).pgconn
        quoted = pq.Escaping(pg).escape_literal
        each = b", ".join(
            b"set_config(%s, %s, true)" % (quoted(name.encode()), quoted(value.encode()))
            for name, value in self.settings
        )
        return b"SELECT " + each

    def state(self, db: Connection) -> None:
        """From here to the end of the transaction that has begun."""
        if db.dialect.name == "postgresql":
            statement, values = prepared(self.settings)
            statement.run(db, values)

    @cached_property
    def first(self) -> First:
        """A prepared statement, for what is prepared as well and asked in the same round trip."""
        return prepared((*self.settings, ONE_PLAN))


def prepared(settings: tuple[tuple[str, str], ...]) -> First:
    values = {name.replace(".", "_"): value for name, value in settings}
    return setting(tuple(name for name, _ in settings)), values


@cache
def setting(names: tuple[str, ...]) -> Statement:
    each = (
        func.set_config(literal(name), bind(name.replace(".", "_"), Text()), true())
        for name in names
    )
    return Statement(select(*each), "postgresql")
