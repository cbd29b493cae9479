"""By whose word somebody is let in: a keyed hash that only the application can make.

Whoever holds the database can put a token, a session or a password there, or give one to somebody
else. Each token names its session and user, how long it is good and for what, and each credential
its user, under a key that is not in the database: what was put there past the application lets
nobody in, in nobody's name, and nobody stays longer than was said.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from app.core.values import canonical


@dataclass(frozen=True)
class Admission:
    """What is said of a token: `limited` is good for setting a password of one's own, no more."""

    digest: bytes
    kind: str
    session_id: UUID | None
    user_id: UUID
    until: datetime
    limited: bool

    def word(self, key: bytes) -> bytes:
        """Of 32 bytes."""
        return word(key, {"token": self.digest, **vars(self)})

    def is_ours(self, key: bytes, mac: bytes) -> bool:
        return hmac.compare_digest(self.word(key), mac)


def word_for_credential(key: bytes, row: Mapping[str, Any]) -> bytes:
    """Of 32 bytes. A second factor is sealed for its user; that there is none must be ours, too."""
    said = {name: row[name] for name in ("user_id", "password_hash", "one_time_until")}
    return word(key, {**said, "second": row["otp_secret"] is not None})


def word(key: bytes, said: dict[str, Any]) -> bytes:
    return hmac.digest(key, canonical(said), sha256)
