"""AES-256-GCM, 96-bit random nonces. The place and the id of the key are bound as associated data,
so that no ciphertext opens in another table, row or column, nor under another key than its own."""

import os
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Unopened(RuntimeError):
    """A ciphertext that this key, place or version did not make."""


def id_of(key: bytes) -> bytes:
    """4 bytes, which tell keys apart and nothing about them."""
    return sha256(b"casework key id" + key).digest()[:4]


def seal(key: bytes, plain: bytes, place: str) -> bytes:
    """A nonce of 12 bytes, the ciphertext, and its tag of 16. `place`: table|row|column."""
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound(key, place))


def unseal(key: bytes, sealed: bytes, place: str) -> bytes:
    """What `seal` was given; Unopened with another key or place, or where a bit was turned."""
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], bound(key, place))
    except (InvalidTag, ValueError):  # the latter of what is too short to have a nonce
        raise Unopened(f"a value does not open as one of {place.split('|')[0]}") from None


def bound(key: bytes, place: str) -> bytes:
    return place.encode() + b"|" + id_of(key)
