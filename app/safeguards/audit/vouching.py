"""Whose word an event is: a keyed hash that only the application can make.

What is covered is known to the application before it asks the database, on every way: of a
reading, who did what, when, on which file; of all else the whole event but its place in a chain.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from app.core.values import canonical
from app.safeguards.audit.chain import HASHED

READ = (
    *("id", "created_at", "actor_id", "role", "session_id", "action", "route", "outcome"),
    *("file_id", "request_id", "policy", "record"),
)


def word(key: bytes, event: Mapping[str, Any]) -> bytes:
    """HMAC-SHA-256 over the canonical JSON of what is covered."""
    names = READ if event["outcome"] == "read" else HASHED
    return hmac.digest(key, canonical({name: event[name] for name in names}), sha256)


def vouched(key: bytes, event: Mapping[str, Any]) -> bool:
    return hmac.compare_digest(word(key, event), event["mac"] or b"")
