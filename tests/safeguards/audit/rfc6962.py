"""Merkle trees straight from the recursive definitions of RFC 6962 §2.1, slow and shared by nobody.

Nothing here comes from the application or serves it: the two are held against each other.
"""

from collections.abc import Sequence
from hashlib import sha256


def split(n: int) -> int:
    """k, the largest power of two smaller than n."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def joined(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def mth(entries: Sequence[bytes]) -> bytes:
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return joined(mth(entries[:k]), mth(entries[k:]))


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def proof(m: int, entries: Sequence[bytes]) -> list[bytes]:
    return subproof(m, entries, True)


def subproof(m: int, entries: Sequence[bytes], known: bool) -> list[bytes]:
    n = len(entries)
    if m == n:
        return [] if known else [mth(entries)]
    k = split(n)
    if m <= k:
        return [*subproof(m, entries[:k], known), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def root_by_path(leaf: bytes, m: int, n: int, hashes: Sequence[bytes]) -> bytes | None:
    """What the last lines of PATH say, read backwards."""
    if n == 1:
        return leaf if not hashes else None
    if not hashes:
        return None
    *below, beside = hashes
    k = split(n)
    found = root_by_path(leaf, m if m < k else m - k, k if m < k else n - k, below)
    if found is None:
        return None
    return joined(found, beside) if m < k else joined(beside, found)


def roots_by_proof(
    m: int, n: int, hashes: Sequence[bytes], known: bytes | None
) -> tuple[bytes, bytes] | None:
    """Roots of the old and of the new tree; `known` is the old root where SUBPROOF says true."""
    if m == n:
        if known is not None:
            return (known, known) if not hashes else None
        return (hashes[0], hashes[0]) if len(hashes) == 1 else None
    if not hashes:
        return None
    *below, beside = hashes
    k = split(n)
    if m <= k:
        found = roots_by_proof(m, k, below, known)
        return found and (found[0], joined(found[1], beside))
    found = roots_by_proof(m - k, n - k, below, None)
    return found and (joined(beside, found[0]), joined(beside, found[1]))
