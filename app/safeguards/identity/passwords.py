"""Passwords: argon2id at OWASP's cost, NIST SP 800-63B-4's rules, and no answer that tells.

The rules: at least 15 characters, the length for a password that may be the only factor (8 would do
beside a second one; but who resets a second factor is left with the password); at most 256; every
character of Unicode, put into form NFKC so that two keyboards type the same; nothing that is
guessed first; no composition, no expiry.
"""

import secrets
import unicodedata
from collections.abc import Callable, Collection
from functools import cache
from threading import BoundedSemaphore
from typing import Any

from passlib.context import CryptContext

from app.core.errors import Problem, Unavailable, invalid
from app.safeguards.identity.guessing import guessable

SHORTEST, LONGEST = 15, 256
WAIT = 5.0  # seconds for a turn to hash
CONTEXT = CryptContext(
    schemes=["argon2"],
    argon2__type="ID",
    argon2__memory_cost=19_456,
    argon2__time_cost=2,
    argon2__parallelism=1,
)
TURNS = BoundedSemaphore(2)  # each hash holds 19 MiB and a core


def bound(at_once: int) -> None:
    """How many hashes this process makes at once."""
    global TURNS
    TURNS = BoundedSemaphore(at_once)
    stand_in()


def normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def examine(password: str, context: Collection[str], pointer: str = "/password") -> None:
    """`context`: user name and display name, which are guessed before anything else."""
    kept = normal(password)
    fault: Problem | None = None
    if min(len(password), len(kept)) < SHORTEST:
        fault = invalid(pointer, "too-short", f"at least {SHORTEST} characters")
    elif max(len(password), len(kept)) > LONGEST:
        fault = invalid(pointer, "too-long", f"at most {LONGEST} characters")
    elif any(unicodedata.category(one) in ("Cc", "Cs", "Cn") for one in kept):
        fault = invalid(pointer, "not-text", "holds a character that cannot be typed again")
    elif guessable(kept, context):
        fault = invalid(pointer, "guessable", "too close to what is guessed first: add words")
    if fault:
        raise fault


def in_turn(work: Callable[..., Any], *args: Any) -> Any:
    if not TURNS.acquire(timeout=WAIT):
        raise Unavailable("too many sign-ins at once", code="busy")
    try:
        return work(*args)
    finally:
        TURNS.release()


def hashed(password: str) -> str:
    return str(in_turn(CONTEXT.hash, normal(password)))


def verified(password: str, known: str | None) -> tuple[bool, str | None]:
    """Whether it fits, and a new hash where the old one is of another cost.

    An unknown user costs the same work as a known one: a hash that nobody knows the password of.
    """
    given = normal(password[: LONGEST * 4])
    fits, renewed = in_turn(CONTEXT.verify_and_update, given, known or stand_in())
    return (bool(fits), renewed) if known else (False, None)


@cache
def stand_in() -> str:
    return str(CONTEXT.hash(secrets.token_hex()))
