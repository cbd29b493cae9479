import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.strict_json import DEEPEST, LARGEST, parse

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST, LARGEST)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc"), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_whatever_is_json_comes_back(value: object, escaped: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=escaped).encode()) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e400}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'["x", {"a": "\\u0000"}]',
        b'{"a": "\xff"}',
        '{"a": "б"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"a": 1}',
        b"9" * 4000,
        str(LARGEST + 1).encode(),
        b"[" * 900 + b"]" * 900,
        b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1),
    ],
)
def test_what_is_not_one_value_is_refused_without_repeating_it(raw: bytes) -> None:
    with pytest.raises(json.JSONDecodeError) as refusal:
        parse(raw)
    assert refusal.value.doc == ""
    assert refusal.value.msg in ("not UTF-8", "too much", "not JSON", "not one value")


def test_brackets_in_strings_are_not_depth() -> None:
    whole = {"text": '[{"' * 100, "deep": [[[]]], "escaped": "\\" * 3}
    assert parse(json.dumps(whole).encode()) == whole


def test_as_deep_as_allowed() -> None:
    assert parse(b"[" * DEEPEST + b"]" * DEEPEST)
    assert parse(b"[" + b"[]," * 100 + b"[]]")
