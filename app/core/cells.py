"""How values are told to each engine, and read from what it answers."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import JSON, Boolean, Date, Integer, LargeBinary
from sqlalchemy.types import TypeEngine

from app.core.db import Identifier, UtcDateTime
from app.core.values import moment, uuid_of

Form = Mapping[type, Callable[[Any], Any]]  # how a value is told, by its own type
EPOCH, DAY_ONE = datetime(2000, 1, 1, tzinfo=UTC), date(2000, 1, 1).toordinal()


def read_json(cell: Any) -> Any:
    return orjson.loads(cell)


def read_int(cell: bytes) -> int:
    return int.from_bytes(cell, signed=True)


# What PostgreSQL's binary format holds, by the type of the column.
FROM_POSTGRESQL: tuple[tuple[type[TypeEngine[Any]], Callable[[bytes], Any]], ...] = (
    (Identifier, lambda cell: uuid_of(int.from_bytes(cell))),
    (UtcDateTime, lambda cell: EPOCH + timedelta(microseconds=read_int(cell))),
    (Date, lambda cell: date.fromordinal(DAY_ONE + read_int(cell))),
    (Boolean, lambda cell: cell == b"\1"),
    (Integer, read_int),
    (JSON, read_json),
    (LargeBinary, lambda cell: cell),
)
FROM_SQLITE: tuple[tuple[type[TypeEngine[Any]], Callable[[Any], Any]], ...] = (
    (Identifier, lambda cell: uuid_of(int(cell.replace("-", ""), 16))),
    (UtcDateTime, lambda cell: datetime.fromisoformat(cell).astimezone(UTC)),
    (Date, date.fromisoformat),
    (Boolean, bool),
    (JSON, read_json),
    (LargeBinary, lambda cell: cell.encode() if isinstance(cell, str) else cell),
)


def bare(value: object) -> bytes:
    """JSON, for a column that holds it."""
    return orjson.dumps(value, default=str)


class Documents(dict[type, Callable[[Any], Any]]):
    """By whatever type, for a column of JSON."""

    def __init__(self, spell: Callable[[Any], Any]) -> None:
        self.spell = spell

    def __missing__(self, _: type) -> Callable[[Any], Any]:
        return self.spell


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
IN_BINARY: dict[type, Callable[[Any], Any]]
IN_BINARY = {**TO_WIRE, UUID: lambda value: value.int.to_bytes(16)}
JSON_TO_TEXT, JSON_TO_WIRE = Documents(lambda value: bare(value).decode()), Documents(bare)


def form_of(kind: TypeEngine[Any], postgresql: bool) -> Form:
    """How values for a column of this kind are told to its engine."""
    if isinstance(kind, JSON):
        return JSON_TO_WIRE if postgresql else JSON_TO_TEXT
    if not postgresql:
        return TO_TEXT
    return IN_BINARY if isinstance(kind, Identifier) else TO_WIRE
