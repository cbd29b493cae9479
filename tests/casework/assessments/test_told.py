"""What is told of a result: the headline, and change only by what the instrument calls reliable."""

from typing import Any

import pytest

from app.casework.assessments.scoring.catalogue import catalogue
from app.casework.assessments.scoring.told import changed, number, told
from tests.casework.assessments.giving import answers


def shown(code: str, values: str, respondent: str = "self", **more: Any) -> dict[str, Any]:
    shipped = catalogue().current(code)
    given = more.pop("answers", None) or answers(values)
    return dict(told(shipped.instrument, shipped.score(given, respondent, more)))


def test_the_headline_is_told_first_and_the_rest_beside_it() -> None:
    assert shown("phq9", "2 2 1 2 1 1 1 0 1") == {
        "complete": True,
        "missing": [],
        "total": 11,
        "subscales": {},
        "band": "moderate",
        "bands": {"standard": {"total": "moderate"}},
        "positive": True,
        "cutoffs": {"positive": True},
        "outcomes": {"algorithm": "other"},
        "flags": [{"code": "SAFETY_SELF", "state": "raised", "kind": "alert"}],
        "prorated": [],
        "scoring_version": 1,
    }


def test_subscales_are_all_scales_but_the_headline() -> None:
    found = shown("pcl5", " ".join(["2"] * 20))
    assert (found["total"], found["subscales"]) == (40, {"B": 10, "C": 4, "D": 14, "E": 12})
    assert (found["band"], found["bands"]) == (None, {})  # it has none
    assert (found["positive"], found["outcomes"]) == (True, {"clusters": "provisional"})


@pytest.mark.parametrize(
    ("code", "values", "total", "band", "positive"),
    [
        ("phq9", "2 2 _ 2 1 1 1 0 0", 10, "moderate", True),
        ("phq9", "2 2 _ _ _ 1 1 0 0", None, None, None),
        ("who5", "3 3 2 2 2", 12, None, True),
        ("who5", "3 3 3 2 2", 13, None, False),
        ("who5", "3 3 _ 2 2", None, None, None),
        ("k10", "4 4 3 4 4 3 4 4 4 3", 37, "very_high", None),  # of K6 the cut-off is another's
        ("cries8", "3 1 3 1 3 1 3 1", 16, None, False),
        ("rhs15", "1 1 1 1 1 1 1 1 1 1 1 0 0 0 4", 11, None, False),
        ("wgss", "1 1 3 1 1 1", None, None, True),
        ("wgss", "1 1 1 1 1 1", None, None, False),
        ("wgss", "1 1 1 1 1 _", None, None, None),
    ],
)
def test_each_headline(code: str, values: str, total: Any, band: Any, positive: Any) -> None:
    found = shown(code, values)
    assert (found["total"], found["band"], found["positive"]) == (total, band, positive)


def test_positive_by_an_outcome_is_anything_but_none() -> None:
    met = {f"P{n}": 3 for n in range(1, 10)}
    for more, outcome in (({}, "PTSD"), ({f"C{n}": 3 for n in range(1, 10)}, "CPTSD")):
        rest = {f"C{n}": 0 for n in range(1, 10)}
        found = shown("itq", "", answers={**rest, **met, **more})
        assert (found["outcomes"]["diagnosis"], found["positive"]) == (outcome, True)
    nobody = {f"{part}{n}": 0 for part in "PC" for n in range(1, 10)}
    assert shown("itq", "", answers=nobody)["positive"] is False
    # What no missing answer could turn is known; what one could is not.
    assert shown("itq", "", answers={**nobody, "P1": None})["positive"] is False
    assert shown("itq", "", answers={**nobody, **met, "P1": None})["positive"] is None


def test_an_instrument_without_a_headline_tells_nothing_first() -> None:
    found = shown("needs", "", "interviewer", answers={"NEED_SAFETY": 3})
    assert (found["total"], found["band"], found["positive"]) == (None, None, None)
    assert found["flags"] == [{"code": "SAFETY_NEED", "state": "raised", "kind": "notice"}]


def test_decimals_stay_as_they_were_rounded() -> None:
    assert (number("13.09"), number(12), number(None)) == (13.09, 12, None)
    found = shown("whodas12", "1 1 _ 2 2 1 1 0 0 1 1 2")
    assert (found["total"], found["subscales"], found["prorated"]) == (
        13.09,
        {"percent": 27.3},
        ["total"],
    )


def between(code: str, first: str, second: str) -> dict[str, Any]:
    shipped = catalogue().current(code)
    results = [shipped.score(answers(one), "self", {}) for one in (first, second)]
    return dict(changed(shipped.instrument, *results))


@pytest.mark.parametrize(
    ("code", "first", "second", "reliable", "direction"),
    [
        ("phq9", "2 2 1 2 1 1 1 0 0", "2 2 0 0 0 0 0 0 0", True, "better"),  # 10, 4
        ("phq9", "2 2 1 2 1 1 1 0 0", "2 2 1 0 0 0 0 0 0", False, "better"),  # 10, 5
        ("phq9", "1 1 1 1 0 0 0 0 0", "2 2 1 2 1 1 1 0 0", True, "worse"),  # 4, 10
        ("phq9", "1 1 1 1 0 0 0 0 0", "1 1 1 1 0 0 0 0 0", False, "same"),
        ("phq9", "1 1 1 1 0 0 0 0 0", "2 2 _ _ _ 1 1 0 0", None, None),
        ("who5", "2 2 2 2 2", "3 3 3 2 2", True, "better"),  # 40, 52 %
        ("who5", "2 2 2 2 2", "3 3 2 2 2", False, "better"),  # 40, 48 %
        ("cries8", "3 1 3 1 3 1 3 1", "0 0 0 0 0 0 0 0", None, None),  # none is published
    ],
)
def test_change_is_reliable_by_the_figure_of_the_instrument(
    code: str, first: str, second: str, reliable: Any, direction: Any
) -> None:
    found = between(code, first, second)
    assert (found["reliable"], found["direction"]) == (reliable, direction)


def test_all_figures_of_a_change_are_told() -> None:
    found = between("pcl5", " ".join(["3"] * 16 + ["0"] * 4), " ".join(["2"] * 16 + ["0"] * 4))
    assert [(one["name"], one["by"], one["holds"]) for one in found["shifts"]] == [
        *(("reliable", -16, True), ("reliable_strict", -16, False), ("clinical", -16, False)),
    ]
