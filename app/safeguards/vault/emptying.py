"""What is left of a row whose file was erased: which record it was, and of whom nothing."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, UniqueConstraint

from app.safeguards.vault.sealed import is_sealed

# For columns that say what is counted and not who it is; beside these, ids and times of versions
# are left, and the record class, by which the chains go.
STAYS: dict[str, Any] = {"stays": True}
STRUCTURE = {"id", "created_at", "updated_at", "version", "last_event_id", "record_class"}
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
EMPTY: Mapping[type, Any] = {
    **{str: "", bytes: b"", bool: False, int: 0, dict: {}, list: []},
    **{date: LONG_AGO.date(), datetime: LONG_AGO},
}


@cache
def emptied(rows: Table, kept: frozenset[str] = frozenset()) -> tuple[Column[Any], ...]:
    """The columns that say something of somebody. `kept`: what a row repeats of its file's."""
    ours = STRUCTURE | kept
    return tuple(
        one
        for one in rows.c
        if one.name not in ours and "stays" not in one.info and one.type.python_type is not UUID
    )


def empty(column: Column[Any], row_id: UUID) -> Any:
    """The value that says nothing; where no two rows may say the same, the id of the row."""
    if column.nullable:
        return None
    if is_sealed(column):
        return ""
    if column.type.python_type is str and is_unique(column):
        return str(row_id)
    return EMPTY[column.type.python_type]


@cache
def is_unique(column: Column[Any]) -> bool:
    rows = column.table
    keys = [one.columns for one in rows.constraints if isinstance(one, UniqueConstraint)]
    keys += [one.columns for one in rows.indexes if one.unique]
    return any(column.name in one for one in keys)
