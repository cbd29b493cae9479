"""Trees, tiles and proofs, against RFC 6962's own definitions and its published examples."""

import random
from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import verify
from app.safeguards.audit import merkle, tiles
from app.safeguards.audit.tiles import BadTile, Tile
from tests.safeguards.audit import rfc6962
from tests.safeguards.audit.logs import Log

# Certificate Transparency's reference trees: leaves, and the root of the first one, two …
EXAMPLES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
EXAMPLES.append("606162636465666768696a6b6c6d6e6f")
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
FIVE_OF_EIGHT = [
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
SIX_TO_EIGHT = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
SIZES = st.one_of(st.integers(1, 20), st.integers(1, 1200), st.sampled_from([255, 256, 257, 512]))


def entries(count: int) -> list[bytes]:
    return [b"%d" % number for number in range(count)]


def log_of(count: int) -> Log:
    return Log([merkle.entry_leaf(one) for one in entries(count)])


def test_the_published_trees() -> None:
    data = [bytes.fromhex(one) for one in EXAMPLES]
    log = Log()
    for size in range(9):
        assert log.root.hex() == ROOTS[size] == rfc6962.mth(data[:size]).hex()
        if size < 8:
            log.append([merkle.entry_leaf(data[size])])
    # The proofs of the same tests; a tree grown leaf by leaf has only the tiles of its sizes.
    whole = Log([merkle.entry_leaf(one) for one in data])
    assert [one.hex() for one in tiles.inclusion(whole.read, 5, 8)] == FIVE_OF_EIGHT
    assert [one.hex() for one in tiles.consistency(whole.read, 6, 8)] == SIX_TO_EIGHT


@settings(max_examples=40, deadline=None)
@given(size=SIZES, data=st.data())
def test_any_tree_has_the_root_and_proofs_of_the_definitions(
    size: int, data: st.DataObject
) -> None:
    parts = data.draw(st.lists(st.integers(0, size), max_size=4).map(sorted))
    log, all_entries = Log(), entries(size)
    leaves = [merkle.entry_leaf(one) for one in all_entries]
    for start, end in zip([0, *parts], [*parts, size], strict=True):
        log.append(leaves[start:end])
        assert log.root == rfc6962.mth(all_entries[:end])
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    path = tiles.inclusion(log.read, index, size)
    assert path == rfc6962.path(index, all_entries)
    assert merkle.included(leaves[index], index, size, path, log.root)
    proof = tiles.consistency(log.read, old, size)
    assert proof == rfc6962.proof(old, all_entries)
    old_root = rfc6962.mth(all_entries[:old])
    assert merkle.consistent(old, old_root, size, log.root, proof)
    assert tiles.root(cut_from(log), old) == old_root


def cut_from(log: Log) -> tiles.Reader:
    """A store that has kept the widest tile of each place alone."""

    def read(level: int, n: int, width: int) -> bytes:
        wide = max(one for one in log.tiles if one[:2] == (level, n))
        return log.tiles[wide][: width * merkle.SIZE]

    return read


HASHES = st.binary(min_size=32, max_size=32)


def swapped(right: bytes, left: bytes) -> bytes:
    return merkle.node(left, right)


def leads(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    return verify.path_top(leaf, index, size, proof) == root


# The application's way to check a proof, and that of the verifier that auditors get.
INCLUDED = [merkle.included, leads]
JOINS = [merkle.node, swapped]
CONSISTENT = [merkle.consistent, verify.grew]


@settings(max_examples=200, deadline=None)
@given(size=st.integers(1, 40), data=st.data())
def test_every_verifier_leads_from_any_path_to_the_same_root(
    size: int, data: st.DataObject
) -> None:
    index, leaf = data.draw(st.integers(0, size - 1)), bytes(32)
    hashes = data.draw(st.lists(HASHES, max_size=7))
    found = rfc6962.root_by_path(leaf, index, size, hashes)
    for included in INCLUDED:
        for root in folds(leaf, hashes):
            assert included(leaf, index, size, hashes, root) == (root == found)


def folds(leaf: bytes, hashes: list[bytes]) -> set[bytes]:
    """Every root that these hashes can lead to, some or all, left or right."""
    found, last = {leaf}, {leaf}
    for beside in hashes:
        last = {join(one, beside) for one in last for join in JOINS}
        found |= last
    return found


@settings(max_examples=200, deadline=None)
@given(old=st.integers(1, 40), more=st.integers(0, 40), hashes=st.lists(HASHES, max_size=8))
def test_every_verifier_leads_from_any_proof_to_the_same_roots(
    old: int, more: int, hashes: list[bytes]
) -> None:
    whole = old & (old - 1) == 0  # such a tree's own root is where its proof begins
    known, new = (sha256(b"old").digest() if whole else rfc6962.mth(entries(old))), old + more
    found = rfc6962.roots_by_proof(old, new, hashes, known)
    for consistent in CONSISTENT:
        if found is None:
            assert not consistent(old, known, new, known, hashes)
        else:
            assert consistent(old, found[0], new, found[1], hashes)
            assert not consistent(old, found[0], new, bytes(32), hashes)
            assert not consistent(old, bytes(32), new, found[1], hashes)


@pytest.mark.parametrize("size", [2, 7, 13, 300])
def test_a_proof_with_any_bit_flipped_is_refused(size: int) -> None:
    log = log_of(size)
    index, old = size // 2, size - size // 3
    path = tiles.inclusion(log.read, index, size)
    proof = tiles.consistency(log.read, old, size)
    old_root = log_of(old).root
    assert merkle.included(log.leaves[index], index, size, path, log.root)
    assert merkle.consistent(old, old_root, size, log.root, proof)
    for hashes in (path, proof):
        for place in range(len(hashes)):
            for bit in range(256):
                bad = list(hashes)
                bad[place] = flipped(bad[place], bit)
                if hashes is path:
                    assert not merkle.included(log.leaves[index], index, size, bad, log.root)
                else:
                    assert not merkle.consistent(old, old_root, size, log.root, bad)
    for bit in range(256):
        leaf, root = flipped(log.leaves[index], bit), flipped(log.root, bit)
        assert not merkle.included(leaf, index, size, path, log.root)
        assert not merkle.included(log.leaves[index], index, size, path, root)
        assert not merkle.consistent(old, flipped(old_root, bit), size, log.root, proof)
        assert not merkle.consistent(old, old_root, size, root, proof)


def flipped(value: bytes, bit: int) -> bytes:
    return (int.from_bytes(value) ^ 1 << bit).to_bytes(len(value))


@pytest.mark.parametrize("size", [2, 7, 13, 300])
def test_a_proof_of_another_place_size_or_length_is_refused(size: int) -> None:
    log = log_of(size)
    old, old_root = size - 1, log_of(size - 1).root
    path, proof = tiles.inclusion(log.read, 0, size), tiles.consistency(log.read, old, size)
    for index in (-1, 1, size - 1, size, size + 1):
        assert not merkle.included(log.leaves[0], index, size, path, log.root)
    for wrong in (path[:-1], path[1:], [*path, path[0]], [bytes(32), *path], []):
        assert not merkle.included(log.leaves[0], 0, size, wrong, log.root)
    for wrong in (proof[:-1], proof[1:], [*proof, proof[0]], [bytes(32), *proof], []):
        assert not merkle.consistent(old, old_root, size, log.root, wrong)
    beyond = bytes(32)  # fits a root that is one step further up
    for join in JOINS:
        further, before = join(log.root, beyond), join(old_root, beyond)
        for included in INCLUDED:
            assert not included(log.leaves[0], 0, size, [*path, beyond], further)
        for consistent in CONSISTENT:
            assert not consistent(old, before, size, further, [*proof, beyond])
            assert not consistent(old, old_root, size, further, [*proof, beyond])
    assert not merkle.consistent(size, log.root, old, old_root, proof)
    assert not merkle.consistent(-1, old_root, size, log.root, proof)


def test_from_nothing_and_to_the_same_there_is_nothing_to_prove() -> None:
    root = log_of(5).root
    assert merkle.consistent(0, merkle.EMPTY, 5, root, [])
    assert merkle.consistent(5, root, 5, root, [])
    assert not merkle.consistent(0, root, 5, root, [])
    assert not merkle.consistent(0, merkle.EMPTY, 5, root, [root])
    assert not merkle.consistent(5, root, 5, root, [root])
    assert not merkle.consistent(5, root, 5, merkle.EMPTY, [])


# --- tiles


def test_the_tiles_of_the_specification_s_example() -> None:
    """C2SP tlog-tiles: a tree of 70,000, and one of 256."""
    assert list(tiles.edge(70_000)) == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles.edge(256)) == [Tile(1, 0, 1)]
    done = tiles.append(no_tiles, 0, [bytes(32)] * 70_000)
    widths = [(tile.level, tile.width) for tile in done.tiles]
    assert widths.count((0, 256)) == 273
    assert [one for one in widths if one != (0, 256)] == [(0, 112), (1, 256), (1, 17), (2, 1)]


def no_tiles(level: int, n: int, width: int) -> bytes:
    raise AssertionError("nothing is there to read")


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1_234_067, 256), "tile/0/x001/x234/067"),  # C2SP tlog-tiles
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(2, 0, 1), "tile/2/000.p/1"),
        (Tile(63, 1000, 256), "tile/63/x001/000"),
    ],
)
def test_where_a_tile_is(tile: Tile, path: str) -> None:
    assert tiles.tile_path(tile) == path


def test_a_log_reads_few_tiles_however_large_it_is() -> None:
    log, read = log_of(70_000), []

    def counted(level: int, n: int, width: int) -> bytes:
        read.append(level)
        return log.read(level, n, width)

    chance = random.Random(1)
    for _ in range(20):
        index = chance.randrange(70_000)
        for way, told in ((tiles.inclusion, index), (tiles.consistency, index + 1)):
            read.clear()
            way(counted, told, 70_000)
            assert len(read) <= 6
            assert max(map(read.count, (0, 1, 2))) <= 2
    read.clear()
    done = tiles.append(counted, 70_000, [bytes(32)] * 1000)
    assert sorted(set(read)) == [0, 1, 2]
    assert len(read) <= 6
    assert all(tile.n >= 273 for tile in done.tiles if tile.level == 0)
    assert len(done.tiles) == 5 + 1  # the next level is not touched


def test_a_tile_that_is_too_short_is_told() -> None:
    log = log_of(300)

    def short(level: int, n: int, width: int) -> bytes:
        return log.read(level, n, width)[:-1]

    for ask in (
        lambda: tiles.root(short, 300),
        lambda: tiles.inclusion(short, 0, 300),
        lambda: tiles.consistency(short, 299, 300),
        lambda: tiles.append(short, 300, [bytes(32)]),
    ):
        with pytest.raises(BadTile, match="bytes, not"):
            ask()


def test_what_cannot_be_asked_is_refused() -> None:
    log = log_of(5)
    for index in (-1, 5):
        with pytest.raises(ValueError, match="no such leaf"):
            tiles.inclusion(log.read, index, 5)
    with pytest.raises(ValueError, match="does not shrink"):
        tiles.consistency(log.read, 6, 5)
    with pytest.raises(ValueError, match="a leaf has 32 bytes"):
        tiles.append(log.read, 5, [b"short"])
    assert tiles.consistency(log.read, 0, 5) == []
    assert tiles.root(no_tiles, 0) == merkle.EMPTY
    assert tiles.append(log.read, 5, []) == (5, log.root, {})
