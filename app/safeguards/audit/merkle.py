"""Pure: hashes of a Merkle tree, and whether a proof about one holds (RFC 6962 §2.1).

A hash is 32 bytes of SHA-256. A leaf is the hash of an entry; indices of leaves count from 0. A
proof is a list of hashes, from the leaf's sibling up. The ways to check one are those of RFC 9162
§2.1.3.2 and §2.1.4.2, which proves the same trees.
"""

from collections.abc import Sequence
from hashlib import sha256

SIZE = 32
EMPTY = sha256().digest()  # the root of no leaves
LONGEST = 63  # hashes of one proof: no tree has 2**63 leaves

_NODE = sha256(b"\1")


def entry_leaf(entry: bytes) -> bytes:
    return sha256(b"\0" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def parents(row: bytes) -> bytes:
    """The row above: `row` is an even number of hashes, side by side."""
    above = []
    for at in range(0, len(row), 2 * SIZE):
        made = _NODE.copy()  # a third faster than to begin anew
        made.update(row[at : at + 2 * SIZE])
        above.append(made.digest())
    return b"".join(above)


def top(row: bytes) -> bytes:
    """The root of a power of two of hashes."""
    while len(row) > SIZE:
        row = parents(row)
    return row


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the tree of `size` leaves and this root has this leaf at this index."""
    if not 0 <= index < size:
        return False
    here, last, found = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            return False
        if here % 2 or here == last:
            found = node(beside, found)
            while here and not here % 2:
                here, last = here // 2, last // 2
        else:
            found = node(found, beside)
        here, last = here // 2, last // 2
    return last == 0 and found == root


def consistent(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of `new` leaves begins with all `old` leaves of the other, unaltered."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY
    path = list(proof)
    if old & (old - 1) == 0:  # a complete tree is its own first step
        path.insert(0, old_root)
    if not path:
        return False
    here, last = old - 1, new - 1
    while here % 2:
        here, last = here // 2, last // 2
    before = after = path[0]
    for beside in path[1:]:
        if last == 0:
            return False
        if here % 2 or here == last:
            before, after = node(beside, before), node(beside, after)
            while here and not here % 2:
                here, last = here // 2, last // 2
        else:
            after = node(after, beside)
        here, last = here // 2, last // 2
    return last == 0 and before == old_root and after == new_root
