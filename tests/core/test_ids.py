"""Ids of records: of the standard form, and in the order in which they were made."""

import time
from uuid import RFC_4122, UUID

import pytest

from app.core.values import new_id


def test_an_id_is_of_version_7_and_says_when() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant, UUID(str(made))) == (7, RFC_4122, made)
    assert before <= made.int >> 80 <= after
    assert len({new_id() for _ in range(1000)}) == 1000


def test_ids_of_one_millisecond_sort_by_age(monkeypatch: pytest.MonkeyPatch) -> None:
    start = 1_767_225_600_000_000_000
    moments = [start, start + 250, start + 500_000, start + 999_999, start + 1_000_000]
    given = iter(moments)
    monkeypatch.setattr(time, "time_ns", lambda: next(given))
    made = [new_id() for _ in moments]
    assert made == sorted(made)
    parts = [(one.int >> 80, one.int >> 64 & 0xFFF) for one in made]
    first = start // 1_000_000
    halves = [(first, 0), (first, 1), (first, 2048), (first, 4095), (first + 1, 0)]
    assert parts == halves
