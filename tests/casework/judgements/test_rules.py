"""What holds, until when: once over it is unknown, and unknown is never low."""

from datetime import date, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.casework.judgements import rules
from app.casework.judgements.schemas import Overall, Status, Tier
from tests.casework.judgements.test_tools import newest

DAY = date(2026, 5, 10)
DAYS = st.integers(-400, 400).map(lambda by: DAY + timedelta(days=by))
OVERALL = st.none() | st.sampled_from(get_args(Overall))
STATUS = st.sampled_from(get_args(Status))


@given(STATUS, OVERALL, st.none() | DAYS, DAYS)
def test_the_tier_is_what_was_judged_while_it_holds_and_else_unknown(
    status: str, overall: str | None, until: date | None, today: date
) -> None:
    told = rules.tier(status, overall, until, today)
    assert told in get_args(Tier)
    over = until is None or today > until
    if over or status in ("draft", "dissented", "superseded", "void"):
        assert told == "unknown"
        assert not rules.holds(status, until, today)
    elif overall in ("low", "moderate", "high"):
        assert told == overall
    else:
        assert told == "unknown"


@pytest.mark.parametrize("overall", ["low", "moderate", "high"])
@pytest.mark.parametrize("status", ["submitted", "read"])
def test_the_last_day_holds_and_the_next_does_not(status: str, overall: str) -> None:
    after = DAY + timedelta(days=1)
    assert rules.tier(status, overall, DAY, DAY) == overall
    assert rules.tier(status, overall, DAY, after) == "unknown"


def judgement(**more: Any) -> dict[str, Any]:
    nothing = dict.fromkeys((*rules.NEEDED, "tool_name", "valid_until"))
    return {**nothing, "sources": [], "evidence": [], **more}


def test_all_that_is_missing_is_told() -> None:
    needed = {*rules.NEEDED, "evidence"}
    assert {name for name, _ in rules.lacking(judgement(), newest("vera2r"))} == needed
    other = {name for name, _ in rules.lacking(judgement(), newest("other"))}
    assert other == {*needed, "tool_name"}
    said = dict.fromkeys(rules.NEEDED, "said")
    for told in ({"for": "said", "against": None}, {"for": None, "against": "said"}):
        evidence = [{**one("1.1"), **told}]
        assert not [*rules.lacking(judgement(**said, evidence=evidence), newest("vera2r"))]
    silent = [{**one("1.1"), "for": None, "against": None}]
    lacks = rules.lacking(judgement(**said, evidence=silent), newest("vera2r"))
    assert [name for name, _ in lacks] == ["evidence"]


@pytest.mark.parametrize(
    ("days", "code"), [(-1, "before-since"), (0, None), (365, None), (366, "out-of-range")]
)
def test_it_holds_for_a_year_at_most(days: int, code: str | None) -> None:
    given = judgement(assessed_on=DAY, valid_until=DAY + timedelta(days=days))
    fault = rules.fault_of(given, newest("vera2r"), DAY)
    assert (fault and fault[1]) == code
    assert fault is None or fault[0] == "/valid_until"


def one(indicator: str, rating: str = "present") -> dict[str, Any]:
    return {"indicator": indicator, "rating": rating}


@pytest.mark.parametrize(
    ("tool", "evidence", "fault"),
    [
        ("trap18", [one("1.8"), one("2.10")], None),
        ("trap18", [one("1.8"), one("1.9")], ("/evidence/1/indicator", "unknown")),
        ("trap18", [one("1.8"), one("1.8")], ("/evidence/1/indicator", "twice")),
        ("trap18", [one("1.8", "not_rated")], ("/evidence/0/rating", "unknown")),
        ("vera2r", [one("6.11", "not_rated")], None),
        ("vera2r", [one("6.12", "not_rated")], ("/evidence/0/indicator", "unknown")),
        ("other", [one("44.7")], None),
    ],
)
def test_codes_are_those_of_the_tool(tool: str, evidence: list[Any], fault: Any) -> None:
    found = rules.fault_of(judgement(evidence=evidence), newest(tool), DAY)
    assert (found and found[:2]) == fault


def test_only_a_tool_without_a_name_is_named() -> None:
    named = judgement(tool_name="a tool of the country")
    assert rules.fault_of(named, newest("other"), DAY) is None
    fault = rules.fault_of(named, newest("vera2r"), DAY)
    assert fault is not None
    assert fault[:2] == ("/tool_name", "not-named")
