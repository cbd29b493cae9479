"""What rights hung on at a moment: those rows as they were, in a database that is memory alone.

The one predicate is asked of them there as it is of the rows of today, so nothing words it a
second time. A connection begins with nothing and leaves nothing behind. Bars have no past of their
own: the records that set them have, and each says which it set.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    NullPool,
    Select,
    Table,
    create_engine,
    insert,
)

from app.core.db import table
from app.safeguards.access.bars import Bar
from app.safeguards.guard.protected import Protected, protected_kinds
from app.safeguards.vault.sealed import is_sealed

MEMORY = create_engine("sqlite://", poolclass=NullPool)
Row = Mapping[str, Any]
Bars = Callable[[UUID], Select[Any]]
BARS: list[Bars] = []
Bearing = Callable[[FromClause, UUID, datetime], ColumnElement[bool]]
BEARING: dict[type[Protected], Bearing] = {}


def sets_bars(rule: Bars) -> Bars:
    """Says, from the rows of a moment, what bars a file then: as file, user and source.

    What sets and lifts bars as time goes on does so by the same records.
    """
    BARS.append(rule)
    return rule


def bears(kind: type[Protected]) -> Callable[[Bearing], Bearing]:
    """Says on which rows of a kind something can hang for a file at a moment.

    By what of them never changes: it is asked of the rows of today.
    """

    def register(rule: Bearing) -> Bearing:
        BEARING[kind] = rule
        return rule

    return register


def opening_kinds() -> Iterator[type[Protected]]:
    """Kinds of which a row can open, or close, what is kept in other rows."""
    return (kind for kind in protected_kinds() if kind.opens)


@contextmanager
def as_it_was(rows: Mapping[type[Protected], Sequence[Row]], file_id: UUID) -> Iterator[Connection]:
    """Tables of these kinds with these rows, and the bars on this file that follow from them."""
    with MEMORY.connect() as db:
        for kind, kept in rows.items():
            make(db, table(kind), kept)
        bars = table(Bar)
        make(db, bars)
        for rule in BARS:
            db.execute(insert(bars).from_select([column.name for column in bars.c], rule(file_id)))
        yield db


def make(db: Connection, whole: Table, rows: Sequence[Row] = ()) -> None:
    """Without what is sealed, and without constraints: not all that they refer to is here."""
    names = [column.name for column in whole.c if not is_sealed(column)]
    db.exec_driver_sql(f"CREATE TABLE {whole.name} ({', '.join(map(quoted, names))})")
    for index in whole.indexes:
        index.create(db)
    if rows:
        db.execute(insert(whole), [{name: row[name] for name in names} for row in rows])


def quoted(name: str) -> str:
    return f'"{name}"'
