"""The second scorer against cases worked by hand: what no published vector says."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.casework.assessments import second_scorer as second
from tests.casework.assessments.second_scorer import gas_t, score
from tests.casework.assessments.test_second_scorer import SCHOOLING, numbered

ITQ_PTSD = numbered([2, 0, 2, 0, 2, 0, 2, 0, 0], "P")
ITQ_NO_DSO = numbered([0] * 9, "C")
ITQ_DSO = numbered([2, 0, 2, 0, 2, 0, 2, 0, 0], "C")
ROUTES = {"1": 2, "3": 1, "4": 2, "6": 1, "7": 2}
CHILD = ROUTES | {"10": 1} | numbered([2] * 5, first=11) | {"16": 4}
WALKER = {"7": 1, "8": 3}
PUPIL = ROUTES | numbered([1] * 11, first=12) | {"23": 2, "24": 5}
AIDED = PUPIL | {"7": 1, "12": None, "13": None}
SECTIONS = {
    "VSE": 5,
    "NAMING": 3,
    "ATTENTION": 6,
    "LANGUAGE": 3,
    "ABSTRACTION": 2,
    "RECALL": 0,
    "ORIENTATION": 6,
}
NEEDS = dict.fromkeys(second.ITEMS["needs"], 1)


ASKED = "interviewer"


@pytest.mark.parametrize(
    ("code", "answers", "respondent", "facts", "where", "expected"),
    [
        ("phq9", numbered([1] * 8), "self", {}, "missing", ["9"]),
        ("phq9", numbered([1] * 9 + [3]), "self", {}, "scales.total", 9),
        ("phq9", numbered([1] * 9), "self", {}, "complete", True),
        ("phq9", numbered([1] * 9), "self", {}, "prorated", []),
        ("phq9", numbered([1] * 8), "self", {}, "prorated", ["total"]),
        ("phq9", numbered([1] * 6), "self", {}, "prorated", []),
        # Five symptoms with thoughts of death on several days; neither chief symptom.
        ("phq9", numbered([2, 0, 2, 2, 2, 0, 0, 0, 1]), "self", {}, "outcomes.algorithm", "major"),
        ("phq9", numbered([1, 1, 2, 2, 2, 2, 2, 2, 2]), "self", {}, "outcomes.algorithm", "none"),
        ("phq9", numbered([3, 0, 0, 0, 0, 0, 0, 0, 0]), "self", {}, "outcomes.algorithm", "none"),
        ("phqa", {"9": 1}, "self", {}, "critical", [{"code": "SAFETY_SELF", "state": "raised"}]),
        ("phqa", {"9": None}, "self", {}, "critical.0.state", "unknown"),
        ("phqa", numbered([2] * 9), "self", {}, "bands.standard.total", "moderately_severe"),
        ("gad7", numbered([1, 1, 1, 1, 1, 2]), "self", {}, "scales.total", 8),
        ("pcl5", {"16": 3}, "self", {}, "critical.0.code", "RISK_TAKING"),
        ("pcl5", {"16": 2}, "self", {}, "critical", []),
        ("pcl5", numbered([4] * 19), "self", {}, "critical.0.state", "raised"),
        ("pcl5", numbered([4] * 19), "self", {}, "outcomes.clusters", "provisional"),
        ("pcl5", numbered([4] * 14), "self", {}, "outcomes.clusters", None),
        ("pcl5", numbered([4] * 19), "self", {}, "scales.total", None),
        ("pcl5", numbered([4] * 19), "self", {}, "scales.D", 28),
        ("pcl5", numbered([4] * 19), "self", {}, "scales.E", None),
        ("pcl5", {}, "self", {}, "critical", []),
        ("who5", numbered([1, 1, 2, 1, 2]), "self", {}, "critical.0.code", "LOW_WELLBEING"),
        ("who5", numbered([1, 1, 2, 2, 2]), "self", {}, "critical", []),
        ("who5", numbered([0, 0, 0, 0]), "self", {}, "critical.0.state", "unknown"),
        ("who5", numbered([5, 5, 5, 5]), "self", {}, "cutoffs.low", None),
        # Not nervous, not restless: in an interview the questions of how much are not asked.
        ("k10", numbered([2, 1, None, 2, 1, None, 2, 2, 2, 2]), ASKED, {}, "scales.total", 16),
        ("k10", numbered([2, 1, None, 2, 1, None, 2, 2, 2, 2]), ASKED, {}, "missing", []),
        ("k10", numbered([2, 1, None, 2, 1, None, 2, 2, 2, 2]), "self", {}, "scales.total", None),
        ("k10", numbered([2, 1, None, 2, 1, None, 2, 2, 2, 2]), "self", {}, "missing", ["3", "6"]),
        ("k10", numbered([2, 1, 4, 2, 2, 2, 2, 2, 2, 2]), "self", {}, "scales.total", 21),
        ("k10", numbered([2, 2, None, 2, 1, 1, 2, 2, 2, 2]), "self", {}, "scales.total", None),
        ("k10", numbered([2, 2, None, 2, 1, 1, 2, 2, 2, 2]), "self", {}, "scales.K6", 5),
        ("k10", numbered([2, 2, None, 2, 1, 1, 2, 2, 2, 2]), "self", {}, "bands.k6.K6", "moderate"),
        ("k10", numbered([2, 2, None, 2, 1, None, 2, 2, 2, 2]), ASKED, {}, "missing", ["3"]),
        ("cries8", numbered([3, 1, 3, 1, 3, 1, 3]), "self", {}, "scales.intrusion", 10),
        ("cries8", numbered([3, 1, 3, 1, 3, 1, 3]), "self", {}, "scales.avoidance", None),
        ("cries8", numbered([3, 1, 3, 1, 3, 1, 3]), "self", {}, "cutoffs.positive", None),
        ("sdq", numbered([1] * 24), "self", {}, "prorated", ["hyperactivity"]),
        ("sdq", numbered([1] * 25), "teacher", {}, "bands.three_band.peer", "abnormal"),
        ("sdq", numbered([1] * 25), "teacher", {}, "bands.four_band.peer", "high"),
        ("sdq", numbered([1] * 25), "teacher", {}, "bands.three_band.emotional", "borderline"),
        ("sdq", numbered([1] * 25), "teacher", {}, "bands.four_band.total", "very_high"),
        ("sdq", numbered([1] * 25), "teacher", {}, "bands.four_band.prosocial", "slightly_lowered"),
        ("sdq", numbered([1] * 25), "self", {}, "bands.four_band.prosocial", "low"),
        ("sdq", {"I0": 1, "I1": 3, "I2": 3, "I3": 2}, "teacher", {}, "scales.impact", 5),
        ("sdq", {"I0": 1, "I1": 3, "I2": 3, "I3": 2}, "parent", {}, "scales.impact", None),
        ("sdq", {"I0": 0, "I1": 3}, "self", {}, "scales.impact", 0),
        ("sdq", numbered([3] * 5, "I"), "self", {}, "scales.impact", 10),
        ("sdq", numbered([1] * 25), "self", {}, "complete", True),
        ("cpss5", numbered([2] * 20), "self", {}, "bands.standard.total", "moderate"),
        ("cpss5", numbered([2] * 20), "self", {}, "scales.impairment", None),
        ("cpss5", numbered([2] * 20), "self", {}, "complete", False),
        ("cpss5", numbered([2] * 20) | numbered([1] * 7, first=21), "self", {}, "complete", True),
        ("itq", ITQ_PTSD | ITQ_DSO, "self", {}, "outcomes.diagnosis", "CPTSD"),
        ("itq", ITQ_PTSD | ITQ_NO_DSO, "self", {}, "outcomes.diagnosis", "PTSD"),
        ("itq", ITQ_PTSD, "self", {}, "outcomes.diagnosis", None),
        ("itq", ITQ_PTSD, "self", {}, "scales.ptsd", 6),
        ("itq", ITQ_PTSD | ITQ_DSO | {"P2": None}, "self", {}, "outcomes.diagnosis", None),
        ("itq", {"P3": 1, "P4": 1}, "self", {}, "outcomes.diagnosis", "none"),
        ("itq", ITQ_PTSD | ITQ_NO_DSO | {"C9": None}, "self", {}, "outcomes.diagnosis", "PTSD"),
        ("itq", ITQ_PTSD | ITQ_DSO | {"C9": None}, "self", {}, "outcomes.diagnosis", None),
        ("rhs15", {"15": 5}, "self", {}, "cutoffs.positive", True),
        ("rhs15", {"15": 4}, "self", {}, "cutoffs.positive", None),
        ("rhs15", numbered([1] * 14), "self", {}, "cutoffs.positive", True),
        ("rhs15", numbered([0] * 14), "self", {}, "cutoffs.positive", None),
        ("rhs15", numbered([1] * 13), "self", {}, "cutoffs.rhs13_positive", True),
        ("whodas12", numbered([1] * 3 + [0] * 9), "self", {}, "scales.total", 3),
        # 6.25 and 31.25: halves go up.
        ("whodas12", numbered([1] * 3 + [0] * 9), "self", {}, "scales.percent", "6.3"),
        ("whodas12", numbered([4] * 3 + [3] + [0] * 8), "self", {}, "scales.percent", "31.3"),
        ("whodas12", numbered([1] * 11), "self", {}, "scales.total", "12.00"),
        ("whodas12", numbered([1] * 11), "self", {}, "scales.percent", "25.0"),
        ("whodas12", numbered([1] * 11), "self", {}, "prorated", ["total"]),
        ("moca", SECTIONS, "clinician", {SCHOOLING: True}, "scales.total", 26),
        ("moca", SECTIONS, "clinician", {SCHOOLING: False}, "bands.standard.total", "mild"),
        ("moca", SECTIONS, "clinician", {SCHOOLING: None}, "scales.raw", 25),
        ("moca", SECTIONS, "clinician", {}, "scales.total", None),
        ("moca", SECTIONS, "clinician", {}, "cutoffs.below_26", None),
        ("moca", SECTIONS | {"RECALL": 5}, "clinician", {}, "scales.total", 30),
        ("moca", {"VSE": 5}, "clinician", {SCHOOLING: True}, "scales.raw", None),
        ("wgss", {"6": 3}, "self", {}, "outcomes.disability", "yes"),
        ("wgss", numbered([2] * 5), "self", {}, "outcomes.disability", None),
        ("cfm24", CHILD, "parent", {}, "outcomes.functional_difficulty", "no"),
        ("cfm24", CHILD, "parent", {}, "missing", []),
        ("cfm24", CHILD | {"16": 5}, "parent", {}, "outcomes.functional_difficulty", "yes"),
        ("cfm24", CHILD | {"15": 3}, "parent", {}, "outcomes.functional_difficulty", "yes"),
        ("cfm24", CHILD | {"2": 4}, "parent", {}, "outcomes.functional_difficulty", "no"),
        ("cfm24", CHILD | {"1": 1, "2": 4}, "parent", {}, "complete", True),
        ("cfm24", CHILD | {"1": 1}, "parent", {}, "missing", ["2"]),
        ("cfm24", CHILD | {"1": None}, "parent", {}, "missing", ["1"]),
        (
            "cfm24",
            CHILD | {"7": 1, "8": 3},
            "parent",
            {},
            "outcomes.functional_difficulty",
            "yes",
        ),
        ("cfm24", CHILD | {"7": 1, "8": 2, "9": 4}, "parent", {}, "missing", []),
        ("cfm24", CHILD | {"11": None}, "parent", {}, "outcomes.functional_difficulty", None),
        ("cfm517", PUPIL, "parent", {}, "outcomes.functional_difficulty", "no"),
        ("cfm517", PUPIL, "parent", {}, "complete", True),
        ("cfm517", PUPIL | {"24": 1}, "parent", {}, "outcomes.functional_difficulty", "yes"),
        ("cfm517", PUPIL | {"23": None}, "parent", {}, "outcomes.functional_difficulty", None),
        ("cfm517", PUPIL | {"12": 3, "13": None}, "parent", {}, "complete", True),
        ("cfm517", PUPIL | {"12": 2, "13": None}, "parent", {}, "missing", ["13"]),
        ("cfm517", AIDED, "parent", {}, "missing", ["8", "9"]),
        (
            "cfm517",
            AIDED | {"8": 2, "9": 4},
            "parent",
            {},
            "outcomes.functional_difficulty",
            "yes",
        ),
        ("needs", NEEDS, "interviewer", {}, "scales", {}),
        ("needs", {"NEED_SAFETY": 3}, "interviewer", {}, "critical.0.state", "raised"),
        (
            "needs",
            NEEDS | {"NEED_SAFETY": 2, "NEED_LIVELIHOOD": 3},
            "interviewer",
            {},
            "critical",
            [],
        ),
        ("GAS", {"1": 1, "2": 0, "3": -1}, "clinician", {}, "scales.T", "50.00"),
        ("GAS", {"1": 1, "2": -1}, "clinician", {"weights": {"1": 3}}, "scales.T", "55.82"),
        ("GAS", {"1": -2, "2": None}, "clinician", {}, "scales.T", "30.00"),
        ("GAS", {"1": -2, "2": None}, "clinician", {}, "missing", ["2"]),
        ("GAS", {"1": None}, "clinician", {}, "scales.T", None),
    ],
)
def test_a_case_worked_by_hand(
    code: str,
    answers: dict[str, int | None],
    respondent: str,
    facts: dict[str, Any],
    where: str,
    expected: object,
) -> None:
    made: Any = score(code, answers, respondent, facts)
    for step in where.split("."):
        made = made[int(step)] if isinstance(made, list) else made[step]
    assert made == expected
    assert type(made) is type(expected)


@pytest.mark.parametrize(
    ("code", "answers", "respondent"),
    [
        ("phq9", {"1": 4}, "self"),
        ("phq9", {"1": -1}, "self"),
        ("phq9", {"1": True}, "self"),
        ("phq9", {"11": 0}, "self"),
        ("k10", {"1": 0}, "self"),
        ("cries8", {"1": 4}, "self"),
        ("sdq", {"1": 3}, "parent"),
        ("sdq", {"I4": 1}, "teacher"),
        ("sdq", {"1": 1}, "clinician"),
        ("cpss5", {"21": 2}, "self"),
        ("itq", {"1": 0}, "self"),
        ("moca", {"NAMING": 4}, "clinician"),
        ("wgss", {"1": 0}, "self"),
        ("GAS", {"1": 3}, "clinician"),
    ],
)
def test_what_a_form_does_not_have_is_refused(
    code: str, answers: dict[str, int | None], respondent: str
) -> None:
    with pytest.raises(ValueError, match=r"cannot be|has no"):
        score(code, answers, respondent)


def test_halves_go_up() -> None:
    assert [second.half_up(Fraction(half, 2)) for half in (1, 3, 5, -1, -3)] == [1, 2, 3, 0, -1]
    assert second.decimals(Fraction(1005, 1000), 2) == "1.01"


def test_t_of_nothing() -> None:
    assert gas_t([]) is None
    assert gas_t([(0, 2)]) is None
    with pytest.raises(ValueError, match="weight"):
        gas_t([(-1, 1)])


def test_t_at_a_half() -> None:
    # The root is 16: T is 50 + 10/16 = 50.625, and 50 - 10/16 = 49.375.
    assert gas_t([(4, -1), (5, 1), (7, 0), (7, 0)]) == Decimal("50.63")
    assert gas_t([(4, 1), (5, -1), (7, 0), (7, 0)]) == Decimal("49.38")


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(-2, 2)), min_size=1, max_size=12))
@settings(max_examples=300)
def test_t_with_many_digits(pairs: list[tuple[int, int]]) -> None:
    with localcontext(prec=60):
        sum_of = Decimal(sum(weight * level for weight, level in pairs))
        squares = sum(weight * weight for weight, _ in pairs)
        under = (7 * squares + 3 * sum(weight for weight, _ in pairs) ** 2) / Decimal(10)
        expected = under and (50 + 10 * sum_of / under.sqrt()).quantize(
            Decimal("0.01"), rounding=ROUND_HALF_UP
        )
    assert gas_t(pairs) == (expected or None)
