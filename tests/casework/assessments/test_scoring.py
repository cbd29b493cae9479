"""What a result says of answers that are missing, doubtful, critical or at a half."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.casework.assessments.scoring.admitting import AnswersRefused
from app.casework.assessments.scoring.catalogue import INSTRUMENTS, catalogue, read_catalogue
from app.casework.assessments.scoring.scorer import Result
from app.core.sealed_data import read_files
from tests.casework.assessments.filling import filled, sheet_of

Given = Mapping[str, int | None]


def scored(code: str, respondent: str, answers: Given, **facts: bool | None) -> Result:
    return catalogue().current(code).score(answers, respondent, facts)


def sheet(code: str, respondent: str, place: int = 0, /, **changed: int | None) -> Given:
    """A whole sheet with one answer throughout, but for some items (`_9` is item 9)."""
    own = {number.removeprefix("_"): value for number, value in changed.items()}
    return filled(catalogue().current(code).instrument, respondent, place) | own


def listed(*values: int | None) -> Given:
    return {str(number): value for number, value in enumerate(values, start=1)}


def test_a_half_goes_up_where_round_goes_to_the_even() -> None:
    """4.5 of the PHQ-9 and 2.5 of a scale of the SDQ: round() makes them 4 and 2."""
    four_and_a_half = scored("phq9", "self", listed(1, 1, 1, 1, 0, 0, 0, 0, None))
    assert four_and_a_half["scales"] == {"total": 5}
    assert four_and_a_half["bands"] == {"standard": {"total": "mild"}}
    conduct = {"5": None, "7": 1, "12": 1, "18": 0, "22": 0}  # item 7 is turned: 1, 1, 0, 0
    assert scored("sdq", "parent", conduct)["scales"]["conduct"] == 3


def test_prorating_is_told_and_ends_where_it_is_stated() -> None:
    eight, seven = (1,) * 8, (1,) * 7
    assert scored("phq9", "self", listed(*eight, 1))["prorated"] == []
    assert scored("phq9", "self", listed(*eight))["prorated"] == ["total"]
    two = scored("phq9", "self", listed(*seven))
    assert (two["scales"], two["prorated"], two["missing"]) == ({"total": 9}, ["total"], ["8", "9"])
    three = scored("phq9", "self", listed(*(1,) * 6))
    assert (three["scales"], three["prorated"]) == ({"total": None}, [])
    assert three["bands"] == {"standard": {"total": None}}
    assert three["cutoffs"] == {"positive": None}
    assert not three["complete"]


@pytest.mark.parametrize(
    ("code", "scale"),
    [("pcl5", "total"), ("who5", "raw"), ("k10", "total"), ("cries8", "total"), ("moca", "raw")],
)
def test_complete_only_is_complete_only(code: str, scale: str) -> None:
    instrument = catalogue().current(code).instrument
    (respondent, *_) = instrument.respondents
    last = list(instrument.items)[-1]
    result = scored(code, respondent, sheet(code, respondent, -1, **{last: None}))
    assert result["scales"][scale] is None
    assert result["missing"] == [last]
    assert not result["complete"]


def test_what_is_not_scored_is_not_missed() -> None:
    result = scored("phq9", "self", sheet("phq9", "self", _10=None))
    assert (result["missing"], result["complete"]) == ([], True)
    assert scored("sdq", "parent", listed(*(1,) * 25))["complete"]


def test_self_harm_is_told_though_no_total_can_be() -> None:
    result = scored("phq9", "self", {"9": 1})
    assert result["scales"] == {"total": None}
    assert result["critical"] == [{"code": "SAFETY_SELF", "state": "raised"}]
    assert scored("phqa", "self", {"9": 3})["critical"] == result["critical"]


def test_self_harm_left_out_is_unknown_and_never_low() -> None:
    unknown = [{"code": "SAFETY_SELF", "state": "unknown"}]
    assert scored("phq9", "self", {})["critical"] == unknown
    assert scored("phq9", "self", sheet("phq9", "self", _9=None))["critical"] == unknown
    assert scored("phq9", "self", sheet("phq9", "self"))["critical"] == []


def test_the_algorithm_counts_self_harm_from_1_on_and_needs_a_core_symptom() -> None:
    def algorithm(*values: int) -> str | None:
        return scored("phq9", "self", listed(*values))["outcomes"]["algorithm"]

    assert algorithm(2, 0, 2, 2, 2, 0, 0, 0, 1) == "major"
    assert algorithm(0, 2, 2, 2, 2, 0, 0, 1, 0) == "other"
    assert algorithm(2, 0, 2, 0, 0, 0, 0, 0, 0) == "other"
    assert algorithm(2, 0, 0, 0, 0, 0, 0, 0, 0) == "none"
    assert algorithm(1, 1, 3, 3, 3, 3, 3, 3, 3) == "none"


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ((2, 2, 2, None, None, 0, 0, 0, 0), None),  # two of those missing make five
        ((2, 2, 2, None, 0, 0, 0, 0, 0), "other"),  # and one makes four
        ((2, 2, 2, None, None, None, 0, 0, 0), None),
        ((2, 2, 2, 2, None, 0, 0, 0, 0), None),
        ((2, 2, 2, 2, 2, None, None, None, None), "major"),
    ],
)
def test_each_that_is_missing_could_be_one_more_and_no_two(
    answers: tuple[int | None, ...], told: str | None, tmp_path: Path
) -> None:
    """Of an algorithm that does without what cannot turn it, as the PHQ-9's does not."""
    text = (INSTRUMENTS / "phq9/v1.toml").read_text()
    (tmp_path / "phq9").mkdir()
    assert text.count("needs_all = true\n") == 1
    (tmp_path / "phq9/v1.toml").write_text(text.replace("needs_all = true\n", ""))
    lenient = read_catalogue(read_files(tmp_path)).current("phq9")
    result = lenient.score(listed(*answers), "self", {})
    assert result["outcomes"] == {"algorithm": told}
    assert scored("phq9", "self", listed(*answers))["outcomes"] == {"algorithm": None}


def test_notices_come_from_what_was_answered() -> None:
    notice = [{"code": "RISK_TAKING", "state": "raised"}]
    assert scored("pcl5", "self", {"16": 3})["critical"] == notice
    assert scored("pcl5", "self", {"16": 2})["critical"] == []
    assert scored("pcl5", "self", {})["critical"] == []
    assert scored("who5", "self", listed(1, 1, 2, 1, 2))["critical"] == [
        {"code": "LOW_WELLBEING", "state": "raised"}
    ]
    assert scored("who5", "self", listed(1, 1, 2, 2, 2))["critical"] == []
    assert scored("who5", "self", listed(0, 0, 0, 0, None))["critical"] == [
        {"code": "LOW_WELLBEING", "state": "unknown"}
    ]
    assert scored("needs", "interviewer", {"NEED_SAFETY": 3})["critical"] == [
        {"code": "SAFETY_NEED", "state": "raised"}
    ]
    assert scored("needs", "interviewer", {"NEED_SAFETY": 2})["critical"] == []


def test_clusters_of_the_pcl_are_decided_as_far_as_they_can_be() -> None:
    def clusters(**changed: int | None) -> str | None:
        met = dict.fromkeys(("_1", "_6", "_8", "_9", "_15", "_16"), 2)
        return scored("pcl5", "self", sheet("pcl5", "self", **{**met, **changed}))["outcomes"][
            "clusters"
        ]

    assert clusters() == "provisional"
    for item in ("_1", "_6", "_9", "_16"):
        assert clusters(**{item: 1}) == "none"
        assert clusters(**{item: None}) is None
    assert clusters(_2=None) == "provisional"
    assert clusters(_6=1, _9=None) == "none"


def test_complex_ptsd_comes_instead_of_ptsd() -> None:
    def diagnosis(**changed: int | None) -> str | None:
        met = dict.fromkeys(("P1", "P3", "P5", "P7", "C1", "C3", "C5", "C7"), 2)
        return scored("itq", "self", sheet("itq", "self", **{**met, **changed}))["outcomes"][
            "diagnosis"
        ]

    assert diagnosis() == "CPTSD"
    for item in ("C1", "C3", "C5", "C7"):
        assert diagnosis(**{item: 1}) == "PTSD"
        assert diagnosis(**{item: None}) is None
    for item in ("P1", "P3", "P5", "P7"):
        assert diagnosis(**{item: 1}) == "none"
        assert diagnosis(**{item: None}) is None
    # A cluster with an answer missing is not known, even where the other one would do.
    assert diagnosis(P2=None) is diagnosis(C9=None) is None
    assert diagnosis(P3=1, C1=None) == "none"
    assert diagnosis(C1=1, C3=None) == "PTSD"


def test_skips_of_the_interview_fill_what_is_missing_and_no_more() -> None:
    full = sheet("k10", "interviewer", _3=None, _6=None)
    result = scored("k10", "interviewer", full)
    assert (result["scales"], result["missing"]) == ({"total": 10, "K6": 0}, [])
    asked = sheet("k10", "interviewer", _2=2, _3=None)
    assert scored("k10", "interviewer", asked)["missing"] == ["3"]
    answered = sheet("k10", "interviewer", _3=4)
    assert scored("k10", "interviewer", answered)["scales"]["total"] == 13


def test_either_part_of_the_refugee_screener_suffices() -> None:
    thermometer = scored("rhs15", "self", {"15": 5})
    assert thermometer["cutoffs"] == {"positive": True, "rhs13_positive": None}
    assert scored("rhs15", "self", {"15": 4})["cutoffs"]["positive"] is None
    low = sheet("rhs15", "self", _15=4)
    assert scored("rhs15", "self", low)["cutoffs"]["positive"] is False
    assert scored("rhs15", "self", {**low, "15": None})["cutoffs"]["positive"] is None
    high = sheet("rhs15", "self", 1, _15=None)
    assert scored("rhs15", "self", high)["cutoffs"]["positive"] is True


def test_whodas_shows_two_decimals_where_a_mean_stands_in() -> None:
    one = scored("whodas12", "self", listed(*(1,) * 11))
    assert one["scales"] == {"total": "12.00", "percent": "25.0"}
    assert one["prorated"] == ["total"]
    assert scored("whodas12", "self", listed(*(1,) * 12))["scales"]["total"] == 12
    # 17·12/11 = 18.5454…, and 38.6363… % of it
    fives = scored("whodas12", "self", listed(*(1,) * 5, *(2,) * 6))
    assert fives["scales"] == {"total": "18.55", "percent": "38.6"}


@pytest.mark.parametrize(
    ("education", "raw", "total"),
    [(True, 29, 30), (True, 30, 30), (False, 29, 29), (None, 29, None), (True, 0, 1)],
)
def test_moca_adds_a_point_for_little_schooling(
    education: bool | None, raw: int, total: int | None
) -> None:
    answers = sheet_of(catalogue().current("moca").instrument, "clinician", "raw", raw)
    result = scored("moca", "clinician", answers, education_at_most_12_years=education)
    assert result["scales"] == {"raw": raw, "total": total}
    assert result["cutoffs"]["below_26"] is (None if total is None else total < 26)


def test_moca_without_the_fact_has_no_total() -> None:
    assert scored("moca", "clinician", sheet("moca", "clinician"))["scales"]["total"] is None


def test_one_difficulty_is_a_disability_and_six_answers_rule_it_out() -> None:
    def disability(*values: int | None) -> str | None:
        return scored("wgss", "self", listed(*values))["outcomes"]["disability"]

    assert disability(None, None, 3, None, None, None) == "yes"
    assert disability(2, 2, 2, 2, 2, None) is None
    assert disability(2, 2, 2, 2, 2, 2) == "no"


@pytest.mark.parametrize("code", ["cfm24", "cfm517"])
def test_what_a_child_is_not_asked_about_is_no_difficulty(code: str) -> None:
    older = code == "cfm517"
    none = {**sheet(code, "parent"), "1": 2, "4": 2, "7": 2} | ({"23": 5, "24": 5} if older else {})
    skipped = {"2", "5", "8", "9"} | ({"10", "11"} if older else set())
    asked = {number: value for number, value in none.items() if number not in skipped}
    result = scored(code, "parent", asked)
    assert result["complete"]
    assert result["outcomes"] == {"functional_difficulty": "no"}
    assert scored(code, "parent", {**asked, "3": 3})["outcomes"]["functional_difficulty"] == "yes"
    # With glasses and the rest, the other questions are asked.
    helped = {**none, "1": 1, "4": 1, "7": 1}
    for number in ("3", "6", *(("12", "13") if older else ("10",))):
        helped[number] = None
    assert scored(code, "parent", helped)["complete"]
    assert not scored(code, "parent", {**helped, "1": None})["complete"]


def test_behaviour_and_feelings_have_thresholds_of_their_own() -> None:
    def difficulty(code: str, **answer: int) -> str | None:
        number, value = next(iter(answer.items()))
        found = scored(code, "parent", {number.removeprefix("_"): value})
        return found["outcomes"]["functional_difficulty"]

    assert difficulty("cfm24", _16=5) == "yes"
    assert difficulty("cfm24", _16=4) is None
    assert difficulty("cfm517", _23=1) == "yes"
    assert difficulty("cfm517", _24=1) == "yes"
    assert difficulty("cfm517", _23=2) is None
    assert difficulty("cfm517", _10=4) is None
    assert difficulty("cfm517", _9=3) == "yes"


def test_impact_is_nothing_without_difficulties_and_unknown_without_answers() -> None:
    def impact(respondent: str, **answers: int) -> int | str | None:
        return scored("sdq", respondent, answers)["scales"]["impact"]

    five = {"I1": 3, "I2": 3, "I3": 3, "I4": 3, "I5": 3}
    three = {"I1": 2, "I2": 3, "I3": 1}
    assert impact("parent", I0=3, **five) == 10
    assert impact("parent", I0=0, **five) == 0
    assert impact("parent", I0=0) == 0
    assert impact("parent", **five) == 10
    assert impact("parent", I0=1, **three) is None
    assert impact("teacher", I0=1, **three) == 3
    assert impact("parent") is None


def test_a_scale_of_the_sdq_needs_three_of_five() -> None:
    emotional = {"3": 2, "8": 1, "13": 1}
    result = scored("sdq", "self", emotional)
    assert result["scales"]["emotional"] == 7  # 4 · 5/3 = 6.67
    assert result["prorated"] == ["emotional"]
    assert result["scales"]["total"] is None
    assert scored("sdq", "self", {"3": 2, "8": 1})["scales"]["emotional"] is None


ONE_TOO_MANY = [
    ("phq9", "self", "1", (-1, 4)),
    ("phq9", "self", "10", (-1, 4)),
    ("phqa", "self", "9", (-1, 4)),
    ("gad7", "self", "7", (-1, 4)),
    ("pcl5", "self", "20", (-1, 5)),
    ("who5", "self", "1", (-1, 6)),
    ("k10", "self", "10", (0, 6)),
    ("cries8", "self", "1", (-1, 2, 4, 6)),
    ("sdq", "parent", "25", (-1, 3)),
    ("sdq", "parent", "I5", (-1, 4)),
    ("cpss5", "self", "20", (-1, 5)),
    ("cpss5", "self", "21", (-1, 2)),
    ("itq", "self", "P1", (-1, 5)),
    ("itq", "self", "C9", (-1, 5)),
    ("rhs15", "self", "14", (-1, 5)),
    ("rhs15", "self", "15", (-1, 11)),
    ("whodas12", "self", "12", (-1, 5)),
    ("moca", "clinician", "VSE", (-1, 6)),
    ("moca", "clinician", "NAMING", (-1, 4)),
    ("moca", "clinician", "ATTENTION", (-1, 7)),
    ("moca", "clinician", "LANGUAGE", (-1, 4)),
    ("moca", "clinician", "ABSTRACTION", (-1, 3)),
    ("moca", "clinician", "RECALL", (-1, 6)),
    ("moca", "clinician", "ORIENTATION", (-1, 7)),
    ("wgss", "self", "6", (0, 5)),
    ("cfm24", "parent", "1", (0, 3)),
    ("cfm24", "parent", "15", (0, 5)),
    ("cfm24", "parent", "16", (0, 6)),
    ("cfm517", "parent", "7", (0, 3)),
    ("cfm517", "parent", "22", (0, 5)),
    ("cfm517", "parent", "24", (0, 6)),
    ("needs", "interviewer", "NEED_SAFETY", (-1, 4)),
    ("needs", "interviewer", "STRENGTH_COMMUNITY", (-1, 4)),
]


@pytest.mark.parametrize(
    ("code", "respondent", "item", "values"),
    ONE_TOO_MANY,
    ids=[f"{one[0]} {one[2]}" for one in ONE_TOO_MANY],
)
def test_each_value_beyond_what_is_allowed_is_refused(
    code: str, respondent: str, item: str, values: tuple[int, ...]
) -> None:
    for value in values:
        with pytest.raises(AnswersRefused) as refused:
            scored(code, respondent, {item: value})
        assert refused.value.faults == ((item, "value-not-allowed"),)


def test_each_instrument_refuses_some_value() -> None:
    assert {one[0] for one in ONE_TOO_MANY} == set(catalogue().instruments)


@pytest.mark.parametrize("value", [True, 1.0, "1", 0.5, [1]])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(AnswersRefused, match=r"^1: value-not-allowed$"):
        scored("phq9", "self", {"1": value})  # type: ignore[dict-item]


def test_every_fault_is_named_and_no_value() -> None:
    with pytest.raises(AnswersRefused) as refused:
        scored("phq9", "self", {"1": 77, "11": None, "P1": 0, "2": 3}, school=True)
    assert refused.value.faults == (
        ("1", "value-not-allowed"),
        ("11", "unknown-item"),
        ("P1", "unknown-item"),
        ("school", "unknown-fact"),
    )
    assert str(refused.value) == (
        "1: value-not-allowed; 11: unknown-item; P1: unknown-item; school: unknown-fact"
    )


def test_who_is_not_asked_is_refused() -> None:
    with pytest.raises(AnswersRefused, match=r"^respondent: unknown-respondent$"):
        scored("phq9", "teacher", {})
    with pytest.raises(AnswersRefused, match=r"^I4: unknown-item$"):
        scored("sdq", "teacher", {"I4": 1})


def test_a_fact_is_so_or_not() -> None:
    with pytest.raises(AnswersRefused, match=r"^education_at_most_12_years: fact-not-allowed$"):
        scored("moca", "clinician", {}, education_at_most_12_years=1)  # type: ignore[arg-type]
