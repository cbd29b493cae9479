"""The keys with which this installation signs its log: one secret in a file of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection

from app.core.installation import fact, state
from app.core.key_file import UnsafeKey, obtain_key
from app.core.values import new_id
from app.safeguards.audit.keys import Kind, SigningKey

ORIGIN, KEYS = "log_origin", "log_keys"  # facts: the name of the log, and its public keys
KINDS = (Kind.ED25519, Kind.ML_DSA_44)  # the second, for what courts keep outlives the first


@dataclass(frozen=True)
class LogKeys:
    """Who signs the log of this name."""

    origin: str
    signers: Sequence[SigningKey]

    @property
    def vkeys(self) -> list[str]:
        """As they are given to whoever verifies."""
        return [one.verifier.vkey() for one in self.signers]


def log_keys(secret: str, origin: str) -> LogKeys:
    """`secret`: 64 hexadecimal digits, from which each kind of key is derived."""
    return LogKeys(
        origin, [SigningKey(origin, kind, seed_of(secret, "log", kind)) for kind in KINDS]
    )


def seed_of(secret: str, purpose: str, kind: Kind) -> bytes:
    """32 bytes, of which none tells those of another purpose or kind."""
    info = f"casework/{purpose}/{kind.name}".encode()
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(bytes.fromhex(secret))


def open_log_keys(db: Connection, key_file: Path, origin: str | None) -> LogKeys:
    """Those of this database's log, named and made when they are first asked for.

    Raises UnsafeKey where the file is lost, or is not that with which the log was begun.
    """
    named, known = fact(db, ORIGIN), published_keys(db)
    if origin and named and origin != named:
        raise UnsafeKey(f"CASEWORK_LOG_ORIGIN: the log of this database is {named}")
    name = named or origin or f"casework.localhost/{new_id().hex}"
    keys = log_keys(obtain_key(key_file, bool(known)), name)
    if known and known != keys.vkeys:
        raise UnsafeKey(f"{key_file} is not the key with which the log of this database is signed")
    if not known:
        state(db, ORIGIN, name)
        state(db, KEYS, "\n".join(keys.vkeys))
    return keys


def published_keys(db: Connection) -> list[str]:
    """The public keys of the log; none before it is begun."""
    return (fact(db, KEYS) or "").splitlines()
