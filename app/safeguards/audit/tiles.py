"""Pure: the Merkle tree as tiles of 256 hashes, all of it that is stored (C2SP tlog-tiles).

The tile `n` of level `l` has the roots of up to 256 neighbouring complete subtrees of 256**l
leaves each: level 0 has the leaves, and each hash above is the top of a full tile below. What
lies between is hashed anew when it is asked for. A tile that is not full is named by its width.

Whoever stores tiles gives a `Reader`. Asked for a width, it may cut it from a wider tile.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from app.safeguards.audit.merkle import EMPTY, SIZE, node, top

WIDTH = 256


class Tile(NamedTuple):
    level: int
    n: int
    width: int  # hashes, 1 to 256


Reader = Callable[[int, int, int], bytes]  # level, n, width → that many hashes, side by side


class BadTile(ValueError):
    """The store does not have what a tree of this size must have."""


class Appended(NamedTuple):
    size: int
    root: bytes
    tiles: dict[Tile, bytes]  # new, or wider than before


def tile_path(tile: Tile) -> str:
    """Where a tile is, below the log's own address: tile/0/x001/234, or tile/0/x001/234.p/5."""
    groups, rest = [f"{tile.n % 1000:03}"], tile.n // 1000
    while rest:
        groups.insert(0, f"x{rest % 1000:03}")
        rest //= 1000
    part = f".p/{tile.width}" if tile.width < WIDTH else ""
    return f"tile/{tile.level}/{'/'.join(groups)}{part}"


def edge(size: int) -> Iterator[Tile]:
    """The tile of each level that a tree of this size has begun and not filled."""
    level = 0
    while size:
        if size % WIDTH:
            yield Tile(level, size // WIDTH, size % WIDTH)
        size, level = size // WIDTH, level + 1


def append(read: Reader, size: int, leaves: Sequence[bytes]) -> Appended:
    """The tree of `size` leaves with these after them; reads one tile a level and stores nothing.

    Raises BadTile for a tile that is too short, ValueError for a leaf that is no hash.
    """
    if any(len(leaf) != SIZE for leaf in leaves):
        raise ValueError(f"a leaf has {SIZE} bytes")
    old = {tile.level: tile for tile in edge(size)}
    tiles: dict[Tile, bytes] = {}
    fresh, before, level = b"".join(leaves), size, 0
    while fresh:
        begun = old.get(level)
        row = (fetched(read, begun) if begun else b"") + fresh
        first, above = before // WIDTH, []
        for at in range(0, len(row), WIDTH * SIZE):
            hashes = row[at : at + WIDTH * SIZE]
            width = len(hashes) // SIZE
            tiles[Tile(level, first + at // (WIDTH * SIZE), width)] = hashes
            if width == WIDTH:
                above.append(top(hashes))
        fresh, before, level = b"".join(above), before // WIDTH, level + 1

    def now(level: int, n: int, width: int) -> bytes:
        return tiles.get(Tile(level, n, width)) or read(level, n, width)

    grown = size + len(leaves)
    return Appended(grown, root(now, grown), tiles)


def root(read: Reader, size: int) -> bytes:
    """The root of the first `size` leaves; reads at most one tile a level."""
    return span(cache(read), size, 0, size)


def inclusion(read: Reader, index: int, size: int) -> list[bytes]:
    """The proof that the leaf is in the tree of the first `size` leaves (RFC 6962 §2.1.1).

    Reads at most two tiles a level. Raises ValueError for an index outside that tree.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf in a tree of this size")
    read, proof = cache(read), []
    start, end = 0, size
    while end - start > 1:
        middle = start + half(end - start)
        if index < middle:
            proof.append(span(read, size, middle, end))
            end = middle
        else:
            proof.append(span(read, size, start, middle))
            start = middle
    return proof[::-1]


def consistency(read: Reader, old: int, new: int) -> list[bytes]:
    """The proof that the first `old` leaves of the tree of `new` are those of the tree of `old`.

    RFC 6962 §2.1.2; reads at most two tiles a level. Empty where there is nothing to prove: from
    no leaves, or to the same size. Raises ValueError for sizes in the wrong order.
    """
    if not 0 <= old <= new:
        raise ValueError("a tree does not shrink")
    if old == 0:
        return []
    read, proof = cache(read), []
    start, end, known = 0, new, True  # known: what is left is the whole old tree
    while end != old:
        middle = start + half(end - start)
        if old <= middle:
            proof.append(span(read, new, middle, end))
            end = middle
        else:
            proof.append(span(read, new, start, middle))
            start, known = middle, False
    if not known:
        proof.append(span(read, new, start, end))
    return proof[::-1]


def half(count: int) -> int:
    """The largest power of two below `count`, where RFC 6962 parts a tree."""
    return 1 << (count - 1).bit_length() - 1


def span(read: Reader, size: int, start: int, end: int) -> bytes:
    """The root over leaves `start` to `end` of a tree of `size`: a subtree as RFC 6962 parts it."""
    tops = []
    while start < end:
        height = (end - start).bit_length() - 1
        tops.append(subtree(read, size, height, start >> height))
        start += 1 << height
    if not tops:
        return EMPTY
    found = tops.pop()
    while tops:
        found = node(tops.pop(), found)
    return found


def subtree(read: Reader, size: int, height: int, place: int) -> bytes:
    """The top of a complete subtree of 2**height leaves, the `place`-th of these."""
    level, steps = divmod(height, 8)
    n, at = divmod(place << steps, WIDTH)
    width = min(WIDTH, (size >> 8 * level) - n * WIDTH)
    hashes = fetched(read, Tile(level, n, width))
    return top(hashes[at * SIZE : (at + (1 << steps)) * SIZE])


def fetched(read: Reader, tile: Tile) -> bytes:
    hashes = read(*tile)
    if len(hashes) != tile.width * SIZE:
        raise BadTile(f"{tile_path(tile)} has {len(hashes)} bytes, not {tile.width * SIZE}")
    return hashes
