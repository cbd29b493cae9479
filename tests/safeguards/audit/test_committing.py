"""One field of a version shown by itself: the rest stays hidden, and nothing else would fit."""

import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.values import canonical, new_id
from app.safeguards.audit.committing import Opening, opening, salts, taken

KEY, RECORD = b"k" * 32, new_id()
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=20))
RECORDS = st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), VALUES, min_size=1)


def found(shown: Opening, name: str, value: Any) -> str:
    """The commitment to which one field leads, for who has nothing else."""
    field = json.dumps({name: value}, separators=(",", ":"), ensure_ascii=False).encode()
    hashes = [*shown.hashes]
    hashes[shown.place] = sha256(b"\0" + shown.salt + field).digest()
    return sha256(b"\2" + b"".join(hashes)).hexdigest()


@given(RECORDS, st.data())
def test_each_field_leads_to_the_commitment_and_no_other_value_does(
    record: dict[str, Any], data: Any
) -> None:
    name = data.draw(st.sampled_from(sorted(record)))
    whole, commitment = taken(KEY, RECORD, 3, record)
    shown = opening(KEY, RECORD, 3, record, name)
    assert whole == canonical(record)
    assert found(shown, name, record[name]) == commitment
    other = data.draw(VALUES.filter(lambda one: canonical(one) != canonical(record[name])))
    assert found(shown, name, other) != commitment
    assert found(shown, f"{name}x", record[name]) != commitment


def test_it_is_of_this_version_of_this_record_under_this_key() -> None:
    record = {"a": 1, "b": None}
    one = taken(KEY, RECORD, 1, record).commitment
    assert one == taken(KEY, RECORD, 1, {"b": None, "a": 1}).commitment
    others = [
        taken(KEY, RECORD, 2, record),
        taken(KEY, new_id(), 1, record),
        taken(b"l" * 32, RECORD, 1, record),
        taken(KEY, RECORD, 1, {"a": 1}),
    ]
    assert one not in {other.commitment for other in others}


def test_a_salt_tells_no_other() -> None:
    some = salts(KEY, RECORD, 1, 50)
    assert len(set(some)) == 50
    assert {len(one) for one in some} == {16}
    assert not set(some) & set(salts(KEY, RECORD, 2, 50))


def test_what_is_not_there_cannot_be_shown() -> None:
    with pytest.raises(KeyError):
        opening(KEY, RECORD, 1, {"a": 1}, "b")
