"""Columns of protected rows: which may be set, which are withheld, how values are spelled."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Column, literal

from app.core.db import table
from app.core.values import plain
from app.safeguards.access.policy import Grants
from app.safeguards.guard.protected import Protected
from app.safeguards.guard.shown import Out


def scoped(scope: type[Protected], grants: Grants) -> Grants:
    """The reaches alone: the cover of the file opens by any class that the action needs."""
    own = frozenset({scope.record_class or ""})
    return dict.fromkeys(grants, own)


def withheld(column: Column[Any], readable: frozenset[str]) -> bool:
    marked = column.info.get("record_class")
    return marked is not None and marked not in readable


@lru_cache(maxsize=1000)
def names_withheld(kind: type[Protected], readable: frozenset[str]) -> dict[str, None]:
    """Nothing, under the name of each column that must not be read."""
    return {column.name: None for column in table(kind).c if withheld(column, readable)}


@cache
def settable(kind: type[Protected]) -> frozenset[str]:
    """Columns that a handler may set; the others are the guard's."""
    own = {"id", "version", "created_at", "updated_at", "last_event_id", kind.file, *kind.inherits}
    return frozenset(table(kind).c.keys()) - own


@cache
def defaults(kind: type[Protected]) -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    for column in table(kind).c:
        if column.default is not None and column.default.is_scalar:
            values[str(column.name)] = column.default.arg  # type: ignore[attr-defined]
        else:
            values[str(column.name)] = None
    values.pop("last_event_id")
    return values


def typed(values: list[Any], columns: list[Any]) -> list[Any]:
    """Cursor values back as the columns hold them, whichever engine compares them."""
    readers: dict[type, Callable[[str], Any]] = {
        UUID: UUID,
        date: date.fromisoformat,
        datetime: datetime.fromisoformat,
    }
    found = []
    for value, column in zip(values, columns, strict=True):
        reader = readers.get(column.type.python_type)
        found.append(literal(reader(value) if reader else value, column.type))
    return found


def said(row: Any) -> dict[str, Any]:
    return {name: plain(value) for name, value in row.items()}


@cache
def columns_shown(kind: type[Protected], readable: frozenset[str]) -> frozenset[str]:
    """Columns that some schema of this kind shows, less those withheld from such a reader."""
    shown = {name for out in schemas_of(kind) for name in columns_of(out)}
    columns = (one for one in table(kind).c if not withheld(one, readable))
    return frozenset(one.name for one in columns if one.name in shown)


def columns_of(out: type[BaseModel]) -> Iterator[str]:
    """Those that the fields of a schema stand for; a nested claim is of several (`birth_value`)."""
    for name, info in out.model_fields.items():
        yield name
        nested = info.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            yield from (f"{name}_{one}" for one in nested.model_fields)


def schemas_of(kind: type[Protected], base: type[Out] = Out) -> Iterator[type[Out]]:
    for out in base.__subclasses__():
        if getattr(out, "of", None) is kind:
            yield out
        yield from schemas_of(kind, out)
