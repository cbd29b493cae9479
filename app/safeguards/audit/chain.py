"""Pure: the bytes that are hashed, so that anyone can check them without this application."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from app.core.values import canonical

HASHED = (
    *("id", "created_at", "actor_id", "role", "session_id", "action", "route", "outcome", "code"),
    *("file_id", "asked_id", "record_class", "record", "record_id", "record_version"),
    *("request_id", "policy", "purpose", "basis", "relation", "detail", "chain"),
)  # its place in the chain is said by the link, which the database may hash
LOGGED = (*HASHED, "seq", "hash")  # what the log of all events also says
GENESIS = bytes(32)


def leaf(event: Mapping[str, Any]) -> bytes:
    """SHA-256 over 0x00 and the canonical JSON of the event (RFC 6962 leaf prefix)."""
    return sha256(b"\0" + canonical({name: event[name] for name in HASHED})).digest()


def entry(event: Mapping[str, Any]) -> bytes:
    """What the log has of the event: canonical JSON, with its place and link (hex) in its chain."""
    return canonical({name: event[name] for name in LOGGED})


def log_leaf(event: Mapping[str, Any]) -> bytes:
    """Its leaf in the log: SHA-256 over 0x00 and its entry. `seq` and `hash` may be None."""
    return sha256(b"\0" + entry(event)).digest()


def link(previous: bytes, event_leaf: bytes) -> bytes:
    """SHA-256 over 0x01, the previous link and the leaf."""
    return sha256(b"\1" + previous + event_leaf).digest()


def broken(events: Iterable[Mapping[str, Any]]) -> list[int]:
    """Sequence numbers at which one chain does not hold; none is what we hope for."""
    previous, faults = GENESIS, []
    for place, event in enumerate(sorted(events, key=lambda e: e["seq"]), start=1):
        if event["seq"] != place or event["hash"] != link(previous, leaf(event)):
            faults.append(place)
        previous = event["hash"]
    return faults
