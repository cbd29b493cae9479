"""Marks on columns whose values are encrypted: with the key of their file, or a master key."""

from typing import Any

import orjson
from sqlalchemy import Column, LargeBinary
from sqlalchemy.orm import MappedColumn, mapped_column

from app.core.values import spelled
from app.safeguards.vault.sealing import seal, unseal


def sealed(nullable: bool = False, record_class: str | None = None) -> MappedColumn[Any]:
    """Declare a sealed column; any JSON value fits."""
    info: dict[str, Any] = {"sealed": True}
    if record_class:
        info["record_class"] = record_class
    return mapped_column(LargeBinary, nullable=nullable, info=info)


def wrapped(name: str) -> MappedColumn[Any]:
    """Declare a column whose values a master key wraps; `name` is bound as that of the column."""
    return mapped_column(LargeBinary, nullable=True, info={"wrapped": name})


def wrapped_place(column: Column[Any], row_id: object) -> str:
    return f"{column.table.name}|{row_id}|{column.info['wrapped']}"


def is_sealed(column: Column[Any]) -> bool:
    return bool(column.info.get("sealed"))


def place(column: Column[Any], row_id: object) -> str:
    return f"{column.table.name}|{row_id}|{column.name}"


def seal_value(key: bytes, column: Column[Any], row_id: object, value: Any) -> bytes | None:
    """JSON under the file's key, bound to table, row and column; nothing stays nothing."""
    if value is None:
        return None
    return seal(key, spelled(value), place(column, row_id))


def open_value(key: bytes, column: Column[Any], row_id: object, value: bytes | None) -> Any:
    """What `seal_value` was given; Unopened if it stood in another row or column."""
    return None if value is None else orjson.loads(unseal(key, value, place(column, row_id)))
