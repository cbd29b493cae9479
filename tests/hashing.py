"""Passwords of tests cost little to hash; what they cost in life is for the tests that say so."""

from collections.abc import Iterator

import pytest

from app.safeguards.identity import passwords

IN_LIFE = passwords.CONTEXT.copy()


def make_cheap() -> None:
    passwords.CONTEXT.update(argon2__time_cost=1, argon2__memory_cost=64)


@pytest.fixture
def in_life(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hashes at the cost that the application sets."""
    monkeypatch.setattr(passwords, "CONTEXT", IN_LIFE)
    passwords.stand_in.cache_clear()
    yield
    passwords.stand_in.cache_clear()
