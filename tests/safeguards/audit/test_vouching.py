"""Whose word an event is: of the whole, or of what is known before a reading is done."""

from typing import Any

import pytest

from app.core.values import new_id, now
from app.safeguards.audit.chain import LOGGED
from app.safeguards.audit.vouching import READ, vouched, word

KEY = b"k" * 32


def event(names: Any = None, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = dict.fromkeys(LOGGED)
    made |= {"id": new_id(), "created_at": now(), "outcome": "read", "detail": {"shown": 3}, **more}
    return {**made, "mac": word(KEY, made, names) if names else word(KEY, made)}


def test_the_whole_of_an_event_is_covered() -> None:
    for outcome in ("read", "written", "refused"):
        made = event(outcome=outcome)
        assert vouched(KEY, made)
        assert not vouched(b"another", made)
        assert not vouched(KEY, {**made, "mac": None})
        for name in ("code", "record_id", "record_version", "detail", "purpose"):
            assert not vouched(KEY, {**made, name: "other"}), name


def test_the_short_form_is_of_a_reading_that_says_no_more_than_it_may() -> None:
    made = event(READ)
    assert vouched(KEY, made)
    assert vouched(
        KEY, {**made, "record_id": new_id(), "record_version": 2, "detail": {"shown": 1}}
    )
    assert not vouched(KEY, event(READ, outcome="written"))


NO_DETAIL: list[Any] = [{}, None, [], "shown", 7]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("detail", {"shown": 3, "grants": [{"kind": "break_glass", "id": "x"}]}),
        *(("detail", one) for one in NO_DETAIL),
        *((one, "x") for one in ("asked_id", "code", "record_class", "chain", "seq", "hash")),
        *((one, "x") for one in READ if one != "outcome"),
    ],
)
def test_nothing_is_added_to_a_reading_behind_its_word(name: str, value: Any) -> None:
    assert not vouched(KEY, {**event(READ), name: value})
