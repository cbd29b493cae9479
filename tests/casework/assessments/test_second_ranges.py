"""The second scorer at every score of every band, and on both sides of every cut-off."""

import pytest

from tests.casework.assessments import second_scorer as second
from tests.casework.assessments.second_scorer import score
from tests.casework.assessments.test_second_scorer import SCHOOLING

RANGES = """
phq9  standard total 0-4 minimal, 5-9 mild, 10-14 moderate, 15-19 moderately_severe, 20-27 severe
gad7      standard total   0-4 minimal, 5-9 mild, 10-14 moderate, 15-21 severe
k10       standard total   10-15 low, 16-21 moderate, 22-29 high, 30-50 very_high
k10       k6       K6      0-4 low, 5-12 moderate, 13-24 serious
cpss5     standard total   0-10 minimal, 11-20 mild, 21-40 moderate, 41-60 severe, 61-80 very_severe
moca      standard total   0-9 severe, 10-17 moderate, 18-25 mild, 26-30 normal
phq9      positive total   0-9 False, 10-27 True
gad7      positive total   0-9 False, 10-21 True
pcl5      at_33    total   0-32 False, 33-80 True
pcl5      at_31    total   0-30 False, 31-80 True
who5      low      raw     0-12 True, 13-25 False
who5      at_most_50 raw   0-12 True, 13-25 False
who5      at_most_28 raw   0-7 True, 8-25 False
k10       k6_serious K6    0-12 False, 13-24 True
cpss5     probable total   0-30 False, 31-80 True
rhs15     positive sum     0-11 False, 12-56 True
rhs15     rhs13_positive rhs13  0-10 False, 11-52 True
moca      below_26 total   0-25 True, 26-30 False
"""

# Normal, borderline, abnormal.
SDQ_THREE = """
parent   total 0-13 14-16 17-40  emotional 0-3 4-4 5-10  conduct 0-2 3-3 4-10
parent   hyperactivity 0-5 6-6 7-10  peer 0-2 3-3 4-10  prosocial 6-10 5-5 0-4
teacher  total 0-11 12-15 16-40  emotional 0-4 5-5 6-10  conduct 0-2 3-3 4-10
teacher  hyperactivity 0-5 6-6 7-10  peer 0-3 4-4 5-10  prosocial 6-10 5-5 0-4
self     total 0-15 16-19 20-40  emotional 0-5 6-6 7-10  conduct 0-3 4-4 5-10
self     hyperactivity 0-5 6-6 7-10  peer 0-3 4-5 6-10  prosocial 6-10 5-5 0-4
"""
# Close to average, slightly raised (lowered), high (low), very high (very low).
SDQ_FOUR = """
parent   total 0-13 14-16 17-19 20-40  emotional 0-3 4-4 5-6 7-10  conduct 0-2 3-3 4-5 6-10
parent   hyperactivity 0-5 6-7 8-8 9-10  peer 0-2 3-3 4-4 5-10  prosocial 8-10 7-7 6-6 0-5
teacher  total 0-11 12-15 16-18 19-40  emotional 0-3 4-4 5-5 6-10  conduct 0-2 3-3 4-4 5-10
teacher  hyperactivity 0-5 6-7 8-8 9-10  peer 0-2 3-4 5-5 6-10  prosocial 6-10 5-5 4-4 0-3
self     total 0-14 15-17 18-19 20-40  emotional 0-4 5-5 6-6 7-10  conduct 0-3 4-4 5-5 6-10
self     hyperactivity 0-5 6-6 7-7 8-10  peer 0-2 3-3 4-4 5-10  prosocial 7-10 6-6 5-5 0-4
"""
THREE = ["normal", "borderline", "abnormal"]
FOUR = ["close", "slightly_raised", "high", "very_high"]
FOUR_LOWERED = ["close", "slightly_lowered", "low", "very_low"]


def reaching(wanted: int, items: dict[str, tuple[int, ...]]) -> dict[str, int]:
    """Answers whose sum is so much: the lowest everywhere, then raised item by item."""
    left = wanted - sum(min(values) for values in items.values())
    answers = {}
    for item, values in items.items():
        raised = min(left, max(values) - min(values))
        answers[item] = min(values) + raised
        left -= raised
    assert left == 0
    return answers


def scores_of(span: str) -> range:
    first, last = span.split("-")
    return range(int(first), int(last) + 1)


@pytest.mark.parametrize("row", RANGES.strip().splitlines())
def test_every_score_of_a_range(row: str) -> None:
    code, name, scale, ranges = row.split(maxsplit=3)
    unscored = {"phq9": ["10"], "rhs15": ["15"]}.get(code, [])
    items = {item: v for item, v in second.ITEMS[code].items() if item not in unscored}
    if code == "cpss5":
        items = {item: v for item, v in items.items() if int(item) <= 20}
    if scale == "rhs13":
        items.pop("14")
    if scale == "K6":
        items = {item: items[item] for item in ("2", "4", "5", "8", "9", "10")}
    for span, expected in (one.split() for one in ranges.split(", ")):
        for wanted in scores_of(span):
            answers = reaching(wanted + 6 if scale == "K6" else wanted, items)
            if scale == "sum":
                answers["15"] = 4
            made = score(code, answers, "self", {SCHOOLING: False})
            found = made["cutoffs"][name] if name in made["cutoffs"] else made["bands"][name][scale]
            assert (wanted, made["scales"][scale], str(found)) == (wanted, wanted, expected)


@pytest.mark.parametrize(
    ("name", "row"),
    [("three_band", row) for row in SDQ_THREE.strip().splitlines()]
    + [("four_band", row) for row in SDQ_FOUR.strip().splitlines()],
)
def test_every_score_of_the_sdq(name: str, row: str) -> None:
    respondent, *words = row.split()
    bands_of_all = 3 if name == "three_band" else 4
    while words:
        scale, *spans = words[: bands_of_all + 1]
        words = words[bands_of_all + 1 :]
        lowered = FOUR_LOWERED if scale == "prosocial" else FOUR
        scales = ["emotional", "conduct", "hyperactivity", "peer"] if scale == "total" else [scale]
        items = [item for one in scales for item in second.SDQ_SCALES[one]]
        for span, expected in zip(spans, THREE if bands_of_all == 3 else lowered, strict=True):
            for wanted in scores_of(span):
                answers = {
                    item: 2 - value if item in ("7", "11", "14", "21", "25") else value
                    for item, value in reaching(wanted, dict.fromkeys(items, (0, 1, 2))).items()
                }
                made = score("sdq", answers, respondent)
                found = (made["scales"][scale], made["bands"][name][scale])
                assert found == (wanted, expected), scale
