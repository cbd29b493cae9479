"""Whose word an event is: a keyed hash that only the application can make.

What is covered is known to the application before it asks the database: the whole event but its
place in a chain. Where the same statement reads and writes the event of it, which record was shown
and how much is known only afterwards; there it is who did what, when, why, and on which file.
"""

import hmac
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any

from app.core.values import canonical
from app.safeguards.audit.chain import HASHED

READ = (
    *("id", "created_at", "actor_id", "role", "session_id", "action", "route", "outcome"),
    *("file_id", "request_id", "policy", "purpose", "basis", "relation", "record"),
)


def word(key: bytes, event: Mapping[str, Any], names: Collection[str] = HASHED) -> bytes:
    """HMAC-SHA-256 over the canonical JSON of what is covered."""
    return hmac.digest(key, canonical({name: event[name] for name in names}), sha256)


def is_bare(event: Mapping[str, Any]) -> bool:
    """Whether it says no more than a read in one statement may: beside what is covered, which
    record was shown, or how many."""
    unsaid = ("asked_id", "code", "record_class", "chain", "seq", "hash")
    detail = event["detail"]
    says_how_many = isinstance(detail, dict) and detail.keys() == {"shown"}
    return event["outcome"] == "read" and says_how_many and not any(map(event.get, unsaid))


def vouched(key: bytes, event: Mapping[str, Any]) -> bool:
    """In one of the two forms; the short one is a reading's alone."""
    forms = (READ, HASHED) if is_bare(event) else (HASHED,)
    given = event["mac"] or b""
    return any(hmac.compare_digest(word(key, event, names), given) for names in forms)
