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
NEEDS = dict.fromkeys(second.ITEMS["NEEDS"], 1)


@pytest.mark.parametrize(
    ("code", "answers", "respondent", "facts", "where", "expected"),
    [
        ("PHQ-9", numbered([1] * 8), "self", {}, "missing", ["9"]),
        ("PHQ-9", numbered([1] * 9 + [3]), "self", {}, "scales.total", 9),
        ("PHQ-9", numbered([1] * 9), "self", {}, "complete", True),
        ("PHQ-9", numbered([1] * 9), "self", {}, "prorated", []),
        ("PHQ-9", numbered([1] * 8), "self", {}, "prorated", ["total"]),
        ("PHQ-9", numbered([1] * 6), "self", {}, "prorated", []),
        # Five symptoms with thoughts of death on several days; neither chief symptom.
        ("PHQ-9", numbered([2, 0, 2, 2, 2, 0, 0, 0, 1]), "self", {}, "outcomes.algorithm", "major"),
        ("PHQ-9", numbered([1, 1, 2, 2, 2, 2, 2, 2, 2]), "self", {}, "outcomes.algorithm", "none"),
        ("PHQ-9", numbered([3, 0, 0, 0, 0, 0, 0, 0, 0]), "self", {}, "outcomes.algorithm", "none"),
        ("PHQ-A", {"9": 1}, "self", {}, "critical", [{"code": "SAFETY_SELF", "state": "raised"}]),
        ("PHQ-A", {"9": None}, "self", {}, "critical.0.state", "unknown"),
        ("PHQ-A", numbered([2] * 9), "self", {}, "bands.standard.total", "moderately_severe"),
        ("GAD-7", numbered([1, 1, 1, 1, 1, 2]), "self", {}, "scales.total", 8),
        ("PCL-5", {"16": 3}, "self", {}, "critical.0.code", "RISK_TAKING"),
        ("PCL-5", {"16": 2}, "self", {}, "critical", []),
        ("PCL-5", numbered([4] * 19), "self", {}, "critical.0.state", "raised"),
        ("PCL-5", numbered([4] * 19), "self", {}, "outcomes.clusters", "provisional"),
        ("PCL-5", numbered([4] * 14), "self", {}, "outcomes.clusters", None),
        ("PCL-5", numbered([4] * 19), "self", {}, "scales.total", None),
        ("PCL-5", numbered([4] * 19), "self", {}, "scales.D", 28),
        ("PCL-5", numbered([4] * 19), "self", {}, "scales.E", None),
        ("PCL-5", {}, "self", {}, "critical", []),
        ("WHO-5", numbered([1, 1, 2, 1, 2]), "self", {}, "critical.0.code", "LOW_WELLBEING"),
        ("WHO-5", numbered([1, 1, 2, 2, 2]), "self", {}, "critical", []),
        ("WHO-5", numbered([0, 0, 0, 0]), "self", {}, "critical", []),
        ("WHO-5", numbered([5, 5, 5, 5]), "self", {}, "cutoffs.low", None),
        # Not nervous, not restless: the questions of how much are not asked.
        ("K10", numbered([2, 1, None, 2, 1, None, 2, 2, 2, 2]), "self", {}, "scales.total", 16),
        ("K10", numbered([2, 1, None, 2, 1, None, 2, 2, 2, 2]), "self", {}, "missing", []),
        ("K10", numbered([2, 1, 4, 2, 2, 2, 2, 2, 2, 2]), "self", {}, "scales.total", 21),
        ("K10", numbered([2, 2, None, 2, 1, 1, 2, 2, 2, 2]), "self", {}, "scales.total", None),
        ("K10", numbered([2, 2, None, 2, 1, 1, 2, 2, 2, 2]), "self", {}, "scales.K6", 5),
        ("K10", numbered([2, 2, None, 2, 1, 1, 2, 2, 2, 2]), "self", {}, "bands.k6.K6", "moderate"),
        ("K10", numbered([2, 2, None, 2, 1, None, 2, 2, 2, 2]), "self", {}, "missing", ["3"]),
        ("CRIES-8", numbered([3, 1, 3, 1, 3, 1, 3]), "self", {}, "scales.intrusion", 10),
        ("CRIES-8", numbered([3, 1, 3, 1, 3, 1, 3]), "self", {}, "scales.avoidance", None),
        ("CRIES-8", numbered([3, 1, 3, 1, 3, 1, 3]), "self", {}, "cutoffs.positive", None),
        ("SDQ", numbered([1] * 24), "self", {}, "prorated", ["hyperactivity"]),
        ("SDQ", numbered([1] * 25), "teacher", {}, "bands.three_band.peer", "abnormal"),
        ("SDQ", numbered([1] * 25), "teacher", {}, "bands.four_band.peer", "high"),
        ("SDQ", numbered([1] * 25), "teacher", {}, "bands.three_band.emotional", "borderline"),
        ("SDQ", numbered([1] * 25), "teacher", {}, "bands.four_band.total", "very_high"),
        ("SDQ", numbered([1] * 25), "teacher", {}, "bands.four_band.prosocial", "slightly_lowered"),
        ("SDQ", numbered([1] * 25), "self", {}, "bands.four_band.prosocial", "low"),
        ("SDQ", {"I0": 1, "I1": 3, "I2": 3, "I3": 2}, "teacher", {}, "scales.impact", 5),
        ("SDQ", {"I0": 1, "I1": 3, "I2": 3, "I3": 2}, "parent", {}, "scales.impact", None),
        ("SDQ", {"I0": 0, "I1": 3}, "self", {}, "scales.impact", 0),
        ("SDQ", numbered([3] * 5, "I"), "self", {}, "scales.impact", 10),
        ("SDQ", numbered([1] * 25), "self", {}, "complete", True),
        ("CPSS-5", numbered([2] * 20), "self", {}, "bands.standard.total", "moderate"),
        ("CPSS-5", numbered([2] * 20), "self", {}, "scales.impairment", None),
        ("CPSS-5", numbered([2] * 20), "self", {}, "complete", False),
        ("CPSS-5", numbered([2] * 20) | numbered([1] * 7, first=21), "self", {}, "complete", True),
        ("ITQ", ITQ_PTSD | ITQ_DSO, "self", {}, "outcomes.diagnosis", "CPTSD"),
        ("ITQ", ITQ_PTSD | ITQ_NO_DSO, "self", {}, "outcomes.diagnosis", "PTSD"),
        ("ITQ", ITQ_PTSD, "self", {}, "outcomes.diagnosis", None),
        ("ITQ", ITQ_PTSD, "self", {}, "scales.ptsd", 6),
        ("ITQ", ITQ_PTSD | ITQ_DSO | {"P2": None}, "self", {}, "outcomes.diagnosis", None),
        ("ITQ", {"P3": 1, "P4": 1}, "self", {}, "outcomes.diagnosis", "none"),
        ("ITQ", ITQ_PTSD | ITQ_NO_DSO | {"C9": None}, "self", {}, "outcomes.diagnosis", "PTSD"),
        ("ITQ", ITQ_PTSD | ITQ_DSO | {"C9": None}, "self", {}, "outcomes.diagnosis", None),
        ("RHS-15", {"15": 5}, "self", {}, "cutoffs.positive", True),
        ("RHS-15", {"15": 4}, "self", {}, "cutoffs.positive", None),
        ("RHS-15", numbered([1] * 14), "self", {}, "cutoffs.positive", True),
        ("RHS-15", numbered([0] * 14), "self", {}, "cutoffs.positive", None),
        ("RHS-15", numbered([1] * 13), "self", {}, "cutoffs.rhs13_positive", True),
        ("WHODAS-12", numbered([1] * 3 + [0] * 9), "self", {}, "scales.total", 3),
        # 6.25 and 31.25: halves go up.
        ("WHODAS-12", numbered([1] * 3 + [0] * 9), "self", {}, "scales.percent", "6.3"),
        ("WHODAS-12", numbered([4] * 3 + [3] + [0] * 8), "self", {}, "scales.percent", "31.3"),
        ("WHODAS-12", numbered([1] * 11), "self", {}, "scales.total", "12.00"),
        ("WHODAS-12", numbered([1] * 11), "self", {}, "scales.percent", "25.0"),
        ("WHODAS-12", numbered([1] * 11), "self", {}, "prorated", ["total"]),
        ("MoCA", SECTIONS, "clinician", {SCHOOLING: True}, "scales.total", 26),
        ("MoCA", SECTIONS, "clinician", {SCHOOLING: False}, "bands.standard.total", "mild"),
        ("MoCA", SECTIONS, "clinician", {SCHOOLING: None}, "scales.raw", 25),
        ("MoCA", SECTIONS, "clinician", {}, "scales.total", None),
        ("MoCA", SECTIONS, "clinician", {}, "cutoffs.below_26", None),
        ("MoCA", SECTIONS | {"RECALL": 5}, "clinician", {}, "scales.total", 30),
        ("MoCA", {"VSE": 5}, "clinician", {SCHOOLING: True}, "scales.raw", None),
        ("WG-SS", {"6": 3}, "self", {}, "outcomes.disability", "yes"),
        ("WG-SS", numbered([2] * 5), "self", {}, "outcomes.disability", None),
        ("CFM-2-4", CHILD, "parent", {}, "outcomes.functional_difficulty", "no"),
        ("CFM-2-4", CHILD, "parent", {}, "missing", []),
        ("CFM-2-4", CHILD | {"16": 5}, "parent", {}, "outcomes.functional_difficulty", "yes"),
        ("CFM-2-4", CHILD | {"15": 3}, "parent", {}, "outcomes.functional_difficulty", "yes"),
        ("CFM-2-4", CHILD | {"2": 4}, "parent", {}, "outcomes.functional_difficulty", "no"),
        ("CFM-2-4", CHILD | {"1": 1, "2": 4}, "parent", {}, "complete", True),
        ("CFM-2-4", CHILD | {"1": 1}, "parent", {}, "missing", ["2"]),
        ("CFM-2-4", CHILD | {"1": None}, "parent", {}, "missing", ["1"]),
        (
            "CFM-2-4",
            CHILD | {"7": 1, "8": 3},
            "parent",
            {},
            "outcomes.functional_difficulty",
            "yes",
        ),
        ("CFM-2-4", CHILD | {"7": 1, "8": 2, "9": 4}, "parent", {}, "missing", []),
        ("CFM-2-4", CHILD | {"11": None}, "parent", {}, "outcomes.functional_difficulty", None),
        ("CFM-5-17", PUPIL, "parent", {}, "outcomes.functional_difficulty", "no"),
        ("CFM-5-17", PUPIL, "parent", {}, "complete", True),
        ("CFM-5-17", PUPIL | {"24": 1}, "parent", {}, "outcomes.functional_difficulty", "yes"),
        ("CFM-5-17", PUPIL | {"23": None}, "parent", {}, "outcomes.functional_difficulty", None),
        ("CFM-5-17", PUPIL | {"12": 3, "13": None}, "parent", {}, "complete", True),
        ("CFM-5-17", PUPIL | {"12": 2, "13": None}, "parent", {}, "missing", ["13"]),
        ("CFM-5-17", AIDED, "parent", {}, "missing", ["8", "9"]),
        (
            "CFM-5-17",
            AIDED | {"8": 2, "9": 4},
            "parent",
            {},
            "outcomes.functional_difficulty",
            "yes",
        ),
        ("NEEDS", NEEDS, "interviewer", {}, "scales", {}),
        ("NEEDS", {"NEED_SAFETY": 3}, "interviewer", {}, "critical.0.state", "raised"),
        (
            "NEEDS",
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
        ("PHQ-9", {"1": 4}, "self"),
        ("PHQ-9", {"1": -1}, "self"),
        ("PHQ-9", {"1": True}, "self"),
        ("PHQ-9", {"11": 0}, "self"),
        ("K10", {"1": 0}, "self"),
        ("CRIES-8", {"1": 4}, "self"),
        ("SDQ", {"1": 3}, "parent"),
        ("SDQ", {"I4": 1}, "teacher"),
        ("SDQ", {"1": 1}, "clinician"),
        ("CPSS-5", {"21": 2}, "self"),
        ("ITQ", {"1": 0}, "self"),
        ("MoCA", {"NAMING": 4}, "clinician"),
        ("WG-SS", {"1": 0}, "self"),
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
