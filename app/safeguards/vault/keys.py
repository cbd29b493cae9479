"""What the application seals and opens with: the master keys wrap, and all else is wrapped."""

import hmac
import os
from dataclasses import dataclass
from hashlib import sha256

from app.safeguards.vault.ledger import Ledger
from app.safeguards.vault.master import Ring, derive


@dataclass(frozen=True)
class Vault:
    """Only `ring` has to do with the master keys; the rest stays what it is when they change."""

    ring: Ring
    indexing: bytes
    cursors: bytes
    answers: bytes
    vouching: bytes
    admitting: bytes
    ledger: Ledger  # of erased files, whose keys must not come back

    def new_file_key(self, file_id: str, key_id: str) -> tuple[bytes, bytes]:
        """A data key of 32 bytes, and the same wrapped for the database."""
        key = os.urandom(32)
        return key, self.ring.wrap(key_id, key, file_place(file_id))

    def open_file_key(self, file_id: str, wrapped: bytes) -> bytes:
        """The data key of 32 bytes; Unopened where it was wrapped for another file or key."""
        return self.ring.unwrap(wrapped, file_place(file_id))

    def blind_index(self, purpose: str, value: str) -> bytes:
        """For equality search of high-entropy values alone: a keyed hash of 16 bytes."""
        return hmac.digest(self.indexing, f"{purpose}\0{value}".encode(), sha256)[:16]


def file_place(file_id: str) -> str:
    return f"files|{file_id}|wrapped_key"


def vault_of(ring: Ring, secret: bytes, ledger: Ledger) -> Vault:
    """`secret`: 32 bytes, from which all is derived that a new master key must leave as it is."""
    index, cursor, answer, vouch, admit = (
        derive(secret, one) for one in ("index", "cursor", "answer", "vouch", "admit")
    )
    return Vault(ring, index, cursor, answer, vouch, admit, ledger)
