"""Random sets reach all that is to be compared: each band, both sides of each cut-off, each
outcome, and the unknown of each."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from tests.casework.assessments import second_scorer as second
from tests.casework.assessments import strategies
from tests.casework.assessments.second_scorer import score

BOTH = [True, False]
PHQ_9: dict[str, list[Any]] = {
    "standard total": ["minimal", "mild", "moderate", "moderately_severe", "severe"],
    "positive": BOTH,
    "algorithm": ["major", "other", "none"],
    "SAFETY_SELF": ["raised", "unknown"],
}
SDQ: dict[str, list[Any]] = {
    f"{respondent} {name} {scale}": bands
    for respondent in ("parent", "teacher", "self")
    for name, table in (("three_band", second.SDQ_THREE), ("four_band", second.SDQ_FOUR))
    for scale in table[respondent]
    for bands in [
        ["normal", "borderline", "abnormal"]
        if name == "three_band"
        else ["close", "slightly_lowered", "low", "very_low"]
        if scale == "prosocial"
        else ["close", "slightly_raised", "high", "very_high"]
    ]
}
REACHED: dict[str, dict[str, list[Any]]] = {
    "phq9": PHQ_9,
    "phqa": PHQ_9,
    "gad7": {"standard total": ["minimal", "mild", "moderate", "severe"], "positive": BOTH},
    "pcl5": {
        "at_33": BOTH,
        "at_31": BOTH,
        "clusters": ["provisional", "none"],
        "RISK_TAKING": ["raised"],
    },
    "who5": {
        "low": BOTH,
        "at_most_50": BOTH,
        "at_most_28": BOTH,
        "LOW_WELLBEING": ["raised", "unknown"],
    },
    "k10": {
        "standard total": ["low", "moderate", "high", "very_high"],
        "k6 K6": ["low", "moderate", "serious"],
        "k6_serious": BOTH,
    },
    "cries8": {"positive": BOTH},
    "sdq": SDQ,
    "cpss5": {
        "standard total": ["minimal", "mild", "moderate", "severe", "very_severe"],
        "probable": BOTH,
    },
    "itq": {"diagnosis": ["CPTSD", "PTSD", "none"]},
    "rhs15": {"positive": BOTH, "rhs13_positive": BOTH},
    "whodas12": {},
    "moca": {"standard total": ["normal", "mild", "moderate", "severe"], "below_26": BOTH},
    "wgss": {"disability": ["yes", "no"]},
    "cfm24": {"functional_difficulty": ["yes", "no"]},
    "cfm517": {"functional_difficulty": ["yes", "no"]},
    "needs": {"SAFETY_NEED": ["raised"]},
    "GAS": {},
}


def said(code: str, drawn: strategies.AnswerSet) -> Iterable[tuple[str, Any]]:
    """All that a result says in words, by name."""
    answers, respondent, facts = drawn
    made = score(code, answers, respondent, facts)
    before = f"{respondent} " if code == "sdq" else ""
    for name, scales in made["bands"].items():
        for scale, band in scales.items():
            yield f"{before}{name} {scale}", band
    yield from made["cutoffs"].items()
    yield from made["outcomes"].items()
    for one in made["critical"]:
        yield one["code"], one["state"]


@pytest.mark.parametrize("code", strategies.CODES)
def test_random_sets_reach_all_that_a_result_can_say(code: str) -> None:
    reached: dict[str, set[Any]] = {}
    complete: set[bool] = set()

    @given(strategies.answer_set(code))
    @settings(max_examples=1000, derandomize=True, database=None, phases=[Phase.generate])
    def draw(drawn: strategies.AnswerSet) -> None:
        complete.add(score(code, *drawn)["complete"])
        for name, value in said(code, drawn):
            reached.setdefault(name, set()).add(value)

    draw()
    assert complete == {True, False}
    alerts = {"SAFETY_SELF", "RISK_TAKING", "LOW_WELLBEING", "SAFETY_NEED"}
    assert reached == {
        name: {*values} if name in alerts else {*values, None}
        for name, values in REACHED[code].items()
    }
