"""Passwords: argon2id at OWASP's cost, NIST SP 800-63B-4's rules, and no answer that tells."""

from functools import cache
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from passlib.context import CryptContext

from app.core.errors import Unavailable, invalid

SHORTEST, LONGEST = 15, 256  # 15 characters where the password may be the only factor
WAIT = 5.0  # seconds for a turn to hash
DENIED = Path(__file__).with_name("denied_passwords.txt")
CONTEXT = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=19_456,
    argon2__time_cost=2,
    argon2__parallelism=1,
)
TURNS = BoundedSemaphore(2)  # each hash holds 19 MiB and a core


@cache
def denied() -> frozenset[str]:
    return frozenset(line.strip() for line in DENIED.read_text("utf-8").splitlines() if line)


def examine(password: str, username: str) -> None:
    """Length and a deny list; no rules of composition, as NIST advises."""
    folded = password.casefold()
    if len(password) < SHORTEST:
        raise invalid("/password", "too-short", f"at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise invalid("/password", "too-long", f"at most {LONGEST} characters")
    if len(set(folded)) < 5 or any(word in folded for word in denied() if len(word) >= 8):
        raise invalid("/password", "guessable", "on the list of passwords that are guessed first")
    if len(username) >= 4 and username.casefold() in folded:
        raise invalid("/password", "guessable", "must not contain the user name")


def in_turn(work: Any, *args: Any) -> Any:
    if not TURNS.acquire(timeout=WAIT):
        raise Unavailable("too many sign-ins at once", code="busy")
    try:
        return work(*args)
    finally:
        TURNS.release()


def hashed(password: str) -> str:
    return str(in_turn(CONTEXT.hash, password))


def verified(password: str, known: str | None) -> tuple[bool, str | None]:
    """Whether it fits, and a new hash where the old one is of another cost.

    An unknown user takes the same time as a known one.
    """
    if known is None:
        in_turn(CONTEXT.dummy_verify)
        return False, None
    fits, renewed = in_turn(CONTEXT.verify_and_update, password[: LONGEST * 4], known)
    return bool(fits), renewed
