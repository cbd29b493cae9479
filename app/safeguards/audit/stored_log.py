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
from app.safeguards.audit.checkpoint import Checkpoint, read_checkpoint
from app.safeguards.audit.forms import BadText
from app.safeguards.audit.log_keys import LogKeys
from app.safeguards.audit.merkle import EMPTY, SIZE
from app.safeguards.audit.models import LogHead, LogLeaf, LogTile
from app.safeguards.audit.notes import read_note, sign, verified
from app.safeguards.audit.tiles import WIDTH, BadTile, Reader, Tile, append, root

LEAVES, TILES, HEADS = table(LogLeaf), table(LogTile), table(LogHead)
LATELY = 3600  # seconds; a witness that is silent for longer is not waited for


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

    def given_away(self) -> tuple[int, str]:
        """Size and note for whoever judges it: signed by witnesses too, if some did of late."""
        if self.witnessed and self.signed_at:
            note = read_note(self.witnessed.encode())
            signed = read_checkpoint(note.text)
            others = (one.value[:8] for one in note.signatures if one.name != signed.origin)
            last = max((int.from_bytes(moment) for moment in others), default=0)
            if self.signed_at.timestamp() - last < LATELY:
                return signed.size, self.witnessed
        return self.size, self.note


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
    if row is not None and row.note:
        return signed_by(keys, head(row), reader(db))
    if row is None:  # of two who begin it, one fails on its key and comes again
        fresh = {"origin": keys.origin, "size": 0, "root": EMPTY, "note": "", "signed_at": at}
        db.execute(insert(HEADS).values(fresh))
        return Head(0, EMPTY, "", None)
    return head(row)


def signed_by(keys: LogKeys, said: Head, read: Reader) -> Head:
    """What the row says, if it is what we signed and what the leaves come to. Raises BadTile.

    Whoever can write into the tables could else have us sign over leaves of theirs.
    """
    try:
        note = read_note(said.note.encode())
        signers = verified(note, [one.verifier for one in keys.signers])
        signed = read_checkpoint(note.text)
    except BadText:
        raise BadTile("the head of the log is not signed by it") from None
    if len(signers) < len(keys.signers) or signed != (keys.origin, said.size, said.root):
        raise BadTile("the head of the log is not what was signed")
    if root(read, said.size) != said.root:
        raise BadTile("the leaves of the log do not give the root that was signed")
    return said


def head(row: Any) -> Head:
    return Head(row.size, row.root, row.note, row.signed_at, row.witnessed)


def grow(
    db: Connection, keys: LogKeys, head: Head, leaves: Sequence[NewLeaf], at: datetime
) -> Head:
    """The log with these leaves after those it has, in their order, signed at `at`.

    Under `hold`, which has looked at what is stored.
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
