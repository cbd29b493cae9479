"""How long `casework-verify log` takes for a log of so many leaves: python -m bench.verifying."""

import argparse
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from app import verify
from app.safeguards.audit import tiles
from app.safeguards.audit.checkpoint import Checkpoint
from app.safeguards.audit.keys import Kind, SigningKey
from app.safeguards.audit.notes import sign

KEY = SigningKey("bench.example/audit", Kind.ED25519, bytes([1]) * 32)
AT_ONCE = 256 * 256  # leaves


def write_log(folder: Path, leaves: int) -> None:
    """Leaves of no events, in tiles as a log gives them away, and a signed checkpoint."""

    def read(level: int, n: int, width: int) -> bytes:
        return (folder / tiles.tile_path(tiles.Tile(level, n, width))).read_bytes()

    size = 0
    while size < leaves:
        some = range(size, min(size + AT_ONCE, leaves))
        done = tiles.append(read, size, [sha256(b"%d" % one).digest() for one in some])
        for tile, hashes in done.tiles.items():
            place = folder / tiles.tile_path(tile)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(hashes)
        size = done.size
    said = Checkpoint(KEY.name, size, done.root).written()
    (folder / "checkpoint").write_bytes(sign(said, (KEY,), 1_800_000_000).written())


def measure(leaves: int) -> float:
    """Seconds, of one thread."""
    with TemporaryDirectory() as made:
        write_log(Path(made), leaves)
        begun = perf_counter()
        code = verify.main(["log", made, "--key", KEY.verifier.vkey()])
        took = perf_counter() - begun
    if code:
        raise SystemExit(code)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.verifying", description=__doc__)
    parser.add_argument("--leaves", type=int, default=10_000_000)
    leaves = parser.parse_args().leaves
    took = measure(leaves)
    print(f"{leaves} leaves in {took:.1f} s: {leaves / took:.0f} a second")


if __name__ == "__main__":
    main()
