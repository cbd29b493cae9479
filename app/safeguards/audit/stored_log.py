"""The signed log as the database keeps it: leaves in their order, tiles above them, and its head.

Level 0 of the tiles is read from the leaves; what is above is stored, for it takes long to hash.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from app.core.db import table
from app.core.many import insert_all
from app.safeguards.audit.checkpoint import Checkpoint
from app.safeguards.audit.log_keys import LogKeys
from app.safeguards.audit.merkle import EMPTY, SIZE
from app.safeguards.audit.models import LogHead, LogLeaf, LogTile
from app.safeguards.audit.notes import sign
from app.safeguards.audit.tiles import WIDTH, Reader, Tile, append

LEAVES, TILES, HEADS = table(LogLeaf), table(LogTile), table(LogHead)
NEW = b""  # root of a log that nobody has signed yet


class NewLeaf(NamedTuple):
    event_id: UUID
    leaf: bytes
    about_id: UUID | None


class Head(NamedTuple):
    size: int
    root: bytes
    note: str
    signed_at: datetime | None
    witnessed: str | None = None


def reader(db: Connection) -> Reader:
    """Tiles of the log in this database, for proofs and to append to it."""

    def read(level: int, n: int, width: int) -> bytes:
        if level:
            here = TILES.c.level == level, TILES.c.n == n
            kept = db.execute(select(TILES.c.hashes).where(*here)).scalar()
            return bytes(kept or b"")[: width * SIZE]
        first = n * WIDTH
        some = LEAVES.c.leaf_index.between(first, first + width - 1)
        ordered = select(LEAVES.c.leaf).where(some).order_by(LEAVES.c.leaf_index)
        return b"".join(db.execute(ordered).scalars())

    return read


def head_of(db: Connection) -> Head | None:
    """The log as it was signed last; None before anything was."""
    row = db.execute(select(HEADS)).one_or_none()
    return head(row) if row and row.note else None


def index_of(db: Connection, event_id: UUID) -> int | None:
    """Where the event stands in the log, from 0; None while it is on its way there."""
    found = select(LEAVES.c.leaf_index).where(LEAVES.c.event_id == event_id)
    return db.execute(found).scalar()


def hold(db: Connection, keys: LogKeys, at: datetime) -> Head:
    """The head, locked to the end of the transaction: nobody else lets the log grow meanwhile."""
    statement = select(HEADS).where(HEADS.c.origin == keys.origin).with_for_update()
    row = db.execute(statement).one_or_none()
    if row is None:  # of two who begin it, one fails on its key and comes again
        fresh = {"origin": keys.origin, "size": 0, "root": EMPTY, "note": "", "signed_at": at}
        db.execute(insert(HEADS).values(fresh))
        return Head(0, EMPTY, "", None)
    return head(row)


def head(row: Any) -> Head:
    return Head(row.size, row.root, row.note, row.signed_at, row.witnessed)


def grow(
    db: Connection, keys: LogKeys, head: Head, leaves: Sequence[NewLeaf], at: datetime
) -> Head:
    """The log with these leaves after those it has, in their order, signed at `at`.

    Under `hold`. Raises BadTile where what is stored is not what the head says.
    """
    grown = append(reader(db), head.size, [one.leaf for one in leaves])
    places = enumerate(leaves, start=head.size)
    insert_all(db, LEAVES, [{"leaf_index": place, **one._asdict()} for place, one in places])
    insert_all(db, TILES, rows_of(grown.tiles), "replaced")
    text = Checkpoint(keys.origin, grown.size, grown.root).written()
    note = sign(text, keys.signers, int(at.timestamp())).written().decode()
    signed = {"size": grown.size, "root": grown.root, "note": note, "signed_at": at}
    db.execute(update(HEADS).where(HEADS.c.origin == keys.origin).values(signed))
    return Head(grown.size, grown.root, note, at)


def rows_of(tiles: Mapping[Tile, bytes]) -> Sequence[dict[str, Any]]:
    """Tiles above the leaves; of one that grew, the widest."""
    widest: dict[tuple[int, int], bytes] = {}
    for tile, hashes in tiles.items():
        place = (tile.level, tile.n)
        if tile.level and len(hashes) > len(widest.get(place, b"")):
            widest[place] = hashes
    return [
        {"level": level, "n": n, "hashes": hashes} for (level, n), hashes in sorted(widest.items())
    ]
