"""How two versions differ: told leaf by leaf, and enough to make the one of the other."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.values import canonical
from app.insight.changes import changes

LEAVES = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "b", "0"])
NAMES = st.sampled_from(["a", "b", "~", "/", "a/b", "~1", "", "0"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
LIKE = st.lists(st.sampled_from("abc"), max_size=8)
RECORDS = st.dictionaries(NAMES, VALUES, max_size=5)


def applied(record: Any, told: list[dict[str, Any]]) -> Any:
    """As RFC 6902 has it, written from the RFC."""
    found = copy.deepcopy(record)
    for one in told:
        assert one.keys() == {"op", "pointer", "from", "to"}
        *path, last = (
            part.replace("~1", "/").replace("~0", "~") for part in one["pointer"].split("/")[1:]
        )
        at = found
        for part in path:
            at = at[int(part)] if isinstance(at, list) else at[part]
        place: Any = int(last) if isinstance(at, list) else last
        if one["op"] == "add":
            assert one["from"] is None
            if isinstance(at, list):
                assert 0 <= place <= len(at)
                at.insert(place, one["to"])
            else:
                assert place not in at
                at[place] = one["to"]
            continue
        assert canonical(at[place]) == canonical(one["from"])
        if one["op"] == "remove":
            assert one["to"] is None
            del at[place]
        else:
            assert one["op"] == "replace"
            at[place] = one["to"]
    return found


def stated(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value is not None}


@settings(max_examples=400, deadline=None)
@given(before=RECORDS, after=RECORDS)
def test_the_changes_make_the_one_of_the_other(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    made = applied(stated(before), changes(before, after))
    assert canonical(made) == canonical(stated(after))
    assert changes(after, after) == []


@settings(max_examples=300, deadline=None)
@given(before=LIKE, after=LIKE)
def test_so_they_do_of_lists_that_have_much_in_common(before: list[str], after: list[str]) -> None:
    assert applied({"x": before}, changes({"x": before}, {"x": after})) == {"x": after}


def told(before: Any, after: Any) -> list[tuple[Any, ...]]:
    """Of a value that stands in a field `x` of a record."""
    found = changes({"x": before}, {"x": after})
    return [(one["op"], one["pointer"], one["from"], one["to"]) for one in found]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # From the middle, the start and the end of a list; and several at once.
        (["a", "b", "c"], ["a", "c"], [("remove", "/x/1", "b", None)]),
        (["a", "b", "c"], ["b", "c"], [("remove", "/x/0", "a", None)]),
        (["a", "b", "c"], ["a", "b"], [("remove", "/x/2", "c", None)]),
        (
            ["a", "b", "c", "d"],
            ["a", "d"],
            [("remove", "/x/2", "c", None), ("remove", "/x/1", "b", None)],
        ),
        (["a", "b"], [], [("remove", "/x/1", "b", None), ("remove", "/x/0", "a", None)]),
        # At two places: each is a place in the list as it was.
        (
            ["a", "b", "c", "d", "e"],
            ["a", "c", "e"],
            [("remove", "/x/3", "d", None), ("remove", "/x/1", "b", None)],
        ),
        # Into it, instead of another, and both.
        (["a", "c"], ["a", "b", "c"], [("add", "/x/1", None, "b")]),
        (["a"], ["a", "b", "c"], [("add", "/x/1", None, "b"), ("add", "/x/2", None, "c")]),
        (["a", "b", "c"], ["a", "z", "c"], [("replace", "/x/1", "b", "z")]),
        (["a", "b"], ["y", "z", "w"], [
            ("add", "/x/2", None, "w"),
            ("replace", "/x/1", "b", "z"), ("replace", "/x/0", "a", "y"),
        ]),
        # The same twice is two elements.
        (["a", "a", "b"], ["a", "b"], [("remove", "/x/0", "a", None)]),
        # Within an element, and deeper.
        ([{"id": 1, "n": 2}], [{"id": 1, "n": 3}], [("replace", "/x/0/n", 2, 3)]),
        ([[1, 2, 3]], [[1, 3]], [("remove", "/x/0/1", 2, None)]),
        ({"y": ["a", "b"]}, {"y": ["b"]}, [("remove", "/x/y/0", "a", None)]),
        # A key that goes, comes, or is null: within a value null is one.
        ({"a": 1, "b": 2}, {"a": 1}, [("remove", "/x/b", 2, None)]),
        ({"a": 1}, {"a": 1, "b": None}, [("add", "/x/b", None, None)]),
        ({"a": 1, "b": None}, {"a": 1}, [("remove", "/x/b", None, None)]),
        ({"b": 1}, {"b": None}, [("replace", "/x/b", 1, None)]),
        ([None], [], [("remove", "/x/0", None, None)]),
        ([], [None], [("add", "/x/0", None, None)]),
        # Names that a pointer must spell otherwise.
        ({"~": 1, "/": 1, "~1": 1, "": 1}, {}, [
            ("remove", "/x/", 1, None), ("remove", "/x/~1", 1, None),
            ("remove", "/x/~0", 1, None), ("remove", "/x/~01", 1, None),
        ]),
        # Another kind of value altogether; true is not 1.
        ({"a": 1}, ["a"], [("replace", "/x", {"a": 1}, ["a"])]),
        (1, True, [("replace", "/x", 1, True)]),
        ([1], [True], [("replace", "/x/0", 1, True)]),
        (0, False, [("replace", "/x", 0, False)]),
        ("same", "same", []),
        # Of a field of a record, null is nothing.
        (None, "a", [("add", "/x", None, "a")]),
        ("a", None, [("remove", "/x", "a", None)]),
        (None, None, []),
    ],
)  # fmt: skip
def test_each_leaf_that_changed_is_told(before: Any, after: Any, expected: Any) -> None:
    assert told(before, after) == expected


def test_a_record_that_was_not_there_is_told_field_by_field() -> None:
    found = changes({}, {"b": [1], "a": "x", "none": None, "version": 1, "updated_at": "now"})
    assert found == [
        {"op": "add", "pointer": "/a", "from": None, "to": "x"},
        {"op": "add", "pointer": "/b", "from": None, "to": [1]},
    ]
    assert changes({"none": None}, {}) == []


def test_what_every_change_changes_is_not_told_but_where_it_is_a_value() -> None:
    assert changes({"version": 1, "updated_at": "a"}, {"version": 2, "updated_at": "b"}) == []
    assert told({"version": 1}, {"version": 2}) == [("replace", "/x/version", 1, 2)]


def test_a_field_whose_name_a_pointer_spells_otherwise() -> None:
    (one,) = changes({"a/b~": 1}, {"a/b~": 2})
    assert one["pointer"] == "/a~1b~0"


def test_a_long_list_that_repeats_itself_is_told_by_what_changed() -> None:
    """What stands there often is not passed over as noise."""
    after = ["a"] * 300
    assert [one["pointer"] for one in changes({"x": ["b", *after]}, {"x": after})] == ["/x/0"]
