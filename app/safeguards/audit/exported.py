"""Writes the whole log to a folder, for whoever judges it without us by `casework-verify`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from app.core.db import table
from app.safeguards.audit.chain import LOGGED, entry
from app.safeguards.audit.log_keys import published_keys
from app.safeguards.audit.models import AuditEvent, LogLeaf
from app.safeguards.audit.stored_log import head_of, reader
from app.safeguards.audit.tiles import WIDTH, Tile, edge, fetched, tile_path

EVENTS, LEAVES = table(AuditEvent), table(LogLeaf)


def export(db: Connection, folder: Path) -> int:
    """`checkpoint`, `entries`, `keys` and the tiles of the log as it was signed last.

    Gives its size. What happens meanwhile is not of it. Memory does not grow with the log.
    """
    head = head_of(db)
    if head is None:
        return 0
    size, note = head.given_away()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "keys").write_text("".join(f"{one}\n" for one in published_keys(db)))
    with (folder / "entries").open("wb") as file:
        for row in logged(db, size):
            file.write(entry(dict(row._mapping)) + b"\n")
    read = reader(db)
    for tile in tiles_of(size):
        path = folder / tile_path(tile)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(fetched(read, tile))
    (folder / "checkpoint").write_text(note)  # last: a folder without one is not whole
    return size


def logged(db: Connection, size: int, some: int = 16 * WIDTH) -> Iterator[Row[Any]]:
    """The events of the first `size` leaves, in their order, so many at a time."""
    source = EVENTS.join(LEAVES, LEAVES.c.event_id == EVENTS.c.id)
    columns = [EVENTS.c[name] for name in LOGGED]
    for first in range(0, size, some):
        part = LEAVES.c.leaf_index.between(first, min(first + some, size) - 1)
        statement = select(*columns).select_from(source).where(part)
        yield from db.execute(statement.order_by(LEAVES.c.leaf_index))


def tiles_of(size: int) -> Iterator[Tile]:
    """All tiles of a log of this size."""
    level, count = 0, size
    while count:
        for n in range(count // WIDTH):
            yield Tile(level, n, WIDTH)
        level, count = level + 1, count // WIDTH
    yield from edge(size)
