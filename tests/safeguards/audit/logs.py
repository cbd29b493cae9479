"""A log in memory, made with the application's own functions, and written out for a verifier."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.core.values import new_id, now, plain
from app.safeguards.audit import chain, tiles
from app.safeguards.audit.checkpoint import Checkpoint
from app.safeguards.audit.keys import Kind, SigningKey
from app.safeguards.audit.merkle import EMPTY
from app.safeguards.audit.notes import Note, sign
from app.safeguards.audit.tiles import Tile

ORIGIN = "casework.example/audit"
AT = 1_800_000_000
KEY = SigningKey(ORIGIN, Kind.ED25519, bytes([1]) * 32)
PQ_KEY = SigningKey(ORIGIN, Kind.ML_DSA_44, bytes([2]) * 32)
WITNESS = SigningKey("ombudsman.example/w1", Kind.COSIGNATURE, bytes([3]) * 32)
OTHER_WITNESS = SigningKey("court.example/w2", Kind.ML_DSA_44, bytes([4]) * 32)
VKEY, PQ_VKEY = KEY.verifier.vkey(), PQ_KEY.verifier.vkey()


class Log:
    def __init__(self, leaves: Sequence[bytes] = ()) -> None:
        self.size, self.root = 0, EMPTY
        self.tiles: dict[Tile, bytes] = {}
        self.leaves: list[bytes] = []
        self.append(leaves)

    def append(self, leaves: Sequence[bytes]) -> None:
        done = tiles.append(self.read, self.size, leaves)
        self.tiles |= done.tiles
        self.leaves += leaves
        self.size, self.root = done.size, done.root

    def read(self, level: int, n: int, width: int) -> bytes:
        return self.tiles[Tile(level, n, width)]

    def note(self, *keys: SigningKey) -> Note:
        said = Checkpoint(ORIGIN, self.size, self.root).written()
        return sign(said, keys or (KEY,), AT)

    def write(self, folder: Path, *keys: SigningKey, levels: int = 64) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "checkpoint").write_bytes(self.note(*keys).written())
        present = set(tiles.edge(self.size))
        for tile, hashes in self.tiles.items():
            if (tile.width == tiles.WIDTH or tile in present) and tile.level < levels:
                place = folder / tiles.tile_path(tile)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(hashes)
        return folder


def chained(count: int, file_id: Any = None, name: str = "psychosocial") -> list[dict[str, Any]]:
    """Events of one chain, as the database has them."""
    found, previous = [], chain.GENESIS
    file_id = file_id or new_id()
    for seq in range(1, count + 1):
        event = {
            **dict.fromkeys(chain.LOGGED),
            **{"id": new_id(), "created_at": now(), "actor_id": new_id(), "role": "psychologist"},
            **{"action": "note.write", "route": "/v1/cases/{id}/notes", "outcome": "written"},
            **{"file_id": file_id, "record_class": name, "record": "note", "record_id": new_id()},
            **{"record_version": seq, "request_id": new_id(), "policy": "0123456789abcdef"},
            **{"detail": {"fields": ["text", "naïve – “quoted” \u007f \t😀"]}, "chain": name},
        }
        previous = chain.link(previous, chain.leaf(event))
        found.append(event | {"seq": seq, "hash": previous})
    return found


def unchained(**more: Any) -> dict[str, Any]:
    event = {**chained(1)[0], "outcome": "refused", "chain": None, "seq": None, "hash": None}
    return event | more


def shown(event: dict[str, Any]) -> dict[str, Any]:
    """An event as JSON has it."""
    return {name: plain(value) for name, value in event.items()}
