"""The master key outside the database, and what is derived from it for each purpose."""

import hmac
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.key_file import UnsafeKey, obtain_key


class Unopened(RuntimeError):
    """A ciphertext that this key, place or version did not make."""


@dataclass(frozen=True)
class Vault:
    """AES-256-GCM, 96-bit random nonces; `place` is bound as associated data, so that no
    ciphertext opens in another row, column or file than its own."""

    wrapping: bytes
    indexing: bytes
    cursors: bytes
    answers: bytes
    key_id: str
    vouching: bytes = b""

    def new_file_key(self, file_id: str) -> tuple[bytes, bytes]:
        """A data key of 32 bytes, and the same wrapped for the database."""
        key = os.urandom(32)
        return key, seal(self.wrapping, key, f"file|{file_id}|{self.key_id}")

    def open_file_key(self, file_id: str, wrapped: bytes) -> bytes:
        """The data key of 32 bytes; Unopened where it was wrapped for another file or key."""
        return unseal(self.wrapping, wrapped, f"file|{file_id}|{self.key_id}")

    def blind_index(self, purpose: str, value: str) -> bytes:
        """For equality search of high-entropy values alone: a keyed hash of 16 bytes."""
        return hmac.digest(self.indexing, f"{purpose}\0{value}".encode(), sha256)[:16]


def open_vault(master_key_file: Path, known: str | None) -> Vault:
    """`known` is the id of the key that the database was written with, if it was written at all."""
    master = bytes.fromhex(obtain_key(master_key_file, known is not None))

    def derived(purpose: str) -> bytes:
        info = f"casework/{purpose}".encode()
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(master)

    key_id = sha256(b"key id" + derived("key-id")).hexdigest()[:8]
    if known not in (None, key_id):
        raise UnsafeKey(f"{master_key_file} is not the key that this database was written with")
    return Vault(
        derived("wrap"),
        derived("index"),
        derived("cursor"),
        derived("answer"),
        key_id,
        derived("vouch"),
    )


def seal(key: bytes, plain: bytes, place: str) -> bytes:
    """A nonce of 12 bytes, the ciphertext, and its tag of 16."""
    nonce = os.urandom(12)
    return nonce + AESGCM(key).encrypt(nonce, plain, place.encode())


def unseal(key: bytes, sealed: bytes, place: str) -> bytes:
    """What `seal` was given; Unopened with another key or place, or where a bit was turned."""
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], place.encode())
    except InvalidTag:
        raise Unopened(f"a value does not open as {place.split('|')[0]}") from None
