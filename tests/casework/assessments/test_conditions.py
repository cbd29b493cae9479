"""Rules over what is known: true, false, or unknown; and what is no rule."""

from itertools import product

import pytest

from app.casework.assessments.scoring.conditions import (
    ConditionError,
    Counted,
    Known,
    Name,
    Truth,
    read_condition,
)

NAMES = {
    "item_9": Name("9", (0, 3)),
    "total": Name("total", (0, 27)),
    "symptoms": Counted("symptoms", (0, 9)),
    "a": Name("a"),
    "b": Name("b"),
}
TRUTHS = (True, False, None)


def judged(text: str, **known: object) -> Truth:
    return read_condition(text, NAMES).judge({key.removeprefix("_"): known[key] for key in known})


@pytest.mark.parametrize(("a", "b"), list(product(TRUTHS, TRUTHS)))
def test_unknown_counts_only_where_it_matters(a: Truth, b: Truth) -> None:
    """Strong three-valued logic, by trying both for each unknown."""
    for word, holds in (("and", all), ("or", any)):
        tried = {
            holds(one)
            for one in product(*((v,) if v is not None else (True, False) for v in (a, b)))
        }
        assert judged(f"a {word} b", a=a, b=b) is (tried.pop() if len(tried) == 1 else None)
    assert judged("not a", a=a) is (None if a is None else not a)


@pytest.mark.parametrize(
    ("text", "turns", "below", "from_there"),
    [
        ("total >= 10", 10, False, True),
        ("total > 9", 10, False, True),
        ("total < 10", 10, True, False),
        ("total <= 9", 10, True, False),
    ],
)
def test_a_comparison_turns_at_its_number(
    text: str, turns: int, below: bool, from_there: bool
) -> None:
    assert judged(text, total=turns - 1) is below
    assert judged(text, total=turns) is from_there
    assert judged(text, total=None) is None


def test_an_item_is_known_by_its_number() -> None:
    assert judged("item_9 >= 1", _9=1) is True
    assert judged("item_9 >= 1", _9=0) is False
    assert judged("item_9 >= 1", _9=None) is None


def test_a_rule_keeps_its_words() -> None:
    assert read_condition("item_9 >= 1 or a", NAMES).text == "item_9 >= 1 or a"


def test_a_count_is_decided_once_what_is_missing_cannot_turn_it() -> None:
    assert judged("symptoms >= 5", symptoms=(5, 7)) is True
    assert judged("symptoms >= 5", symptoms=(2, 4)) is False
    assert judged("symptoms >= 5", symptoms=(4, 5)) is None
    assert judged("symptoms < 5", symptoms=(0, 4)) is True
    assert judged("symptoms < 5", symptoms=(5, 9)) is False
    assert judged("symptoms < 5", symptoms=(4, 5)) is None


def test_and_binds_closer_than_or_and_brackets_closest() -> None:
    known: Known = {"a": True, "b": False, "total": 0}
    assert read_condition("a or b and total >= 10", NAMES).judge(known) is True
    assert read_condition("(a or b) and total >= 10", NAMES).judge(known) is False
    assert read_condition("a and b and a", NAMES).judge(known) is False


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not a rule"),
        ("total >=", "not a rule"),
        ("total", "total is a number"),
        ("a >= 1", "a is so or not"),
        ("totl >= 10", "speaks of totl"),
        ("not totl", "speaks of totl"),
        ("a and totl >= 10", "speaks of totl"),
        ("total >= 0", "decides nothing"),
        ("total >= 28", "decides nothing"),
        ("total > 27", "decides nothing"),
        ("total <= 27", "decides nothing"),
        ("symptoms >= 10", "decides nothing"),
        ("item_9 < 0", "decides nothing"),
        ("total == 10", "not a rule"),
        ("total >= True", "not a rule"),
        ("total >= 1.5", "not a rule"),
        ("total >= item_9", "not a rule"),
        ("5 <= total", "not a rule"),
        ("5 <= total <= 9", "not a rule"),
        ("total + 1 >= 10", "not a rule"),
        ("exit()", "not a rule"),
        ("a.b", "not a rule"),
        ("-total >= 1", "not a rule"),
        ("True", "not a rule"),
    ],
)
def test_what_is_no_rule_is_refused(text: str, told: str) -> None:
    with pytest.raises(ConditionError, match=told):
        read_condition(text, NAMES)
