"""Time-based one-time passwords (RFC 6238) and recovery codes, each good once."""

import hmac
import secrets
from hashlib import sha256
from uuid import UUID

from passlib.exc import TokenError
from passlib.totp import TOTP

from app.safeguards.vault.keys import Vault


def place(user_id: UUID) -> str:
    return f"credentials|{user_id}|otp_secret"


def new_secret() -> str:
    """160 bits, base32."""
    return str(TOTP.new().base32_key)


def wrapped(vault: Vault, key_id: str, user_id: UUID, secret: str) -> bytes:
    """`key_id`: of the master key that wraps now."""
    return vault.ring.wrap(key_id, secret.encode(), place(user_id))


def address(secret: str, username: str) -> str:
    """For authenticator apps; names no programme (a telephone is seen by others)."""
    return str(TOTP(key=secret).to_uri(label=username, issuer="Casework"))


def accepted(vault: Vault, user_id: UUID, secret: bytes, code: str, last: int | None) -> int | None:
    """The counter that the code stands for, if it is right, current and not a replay."""
    totp = TOTP(key=vault.ring.unwrap(secret, place(user_id)).decode())
    try:
        match = totp.match(code, last_counter=last)
    except (TokenError, ValueError):
        return None
    return int(match.counter)


def recovery_codes() -> list[str]:
    return [secrets.token_hex(8) for _ in range(10)]


def code_digest(vault: Vault, user_id: UUID, code: str) -> bytes:
    """Keyed, so that nobody puts a code of their own into the database."""
    said = user_id.bytes + code.strip().lower().encode()
    return hmac.digest(vault.admitting, said, sha256)
