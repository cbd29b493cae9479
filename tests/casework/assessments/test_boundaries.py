"""The ends of every band and cut-off, typed here once more from the papers."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from app.casework.assessments.scoring.catalogue import catalogue
from tests.casework.assessments.filling import sheet_of


class Ends(NamedTuple):
    code: str
    respondent: str
    set: str
    scale: str
    bands: str  # "name least most, …"


THREE = ("normal", "borderline", "abnormal")
FOUR = ("close", "slightly_raised", "high", "very_high")
LOWERED = ("close", "slightly_lowered", "low", "very_low")


def sdq(respondent: str, code: str, names: tuple[str, ...], scale: str, ranges: str) -> Ends:
    """`0-3/4/5-10`, as the sheet prints it."""
    spans = (one.partition("-") for one in ranges.split("/"))
    ends = (f"{low} {high or low}" for low, _, high in spans)
    bands = ", ".join(f"{name} {span}" for name, span in zip(names, ends, strict=True))
    return Ends("sdq", respondent, code, scale, bands)


SDQ_THREE = {
    "parent": "total 0-13/14-16/17-40 emotional 0-3/4/5-10 conduct 0-2/3/4-10 "
    "hyperactivity 0-5/6/7-10 peer 0-2/3/4-10 prosocial 6-10/5/0-4",
    "teacher": "total 0-11/12-15/16-40 emotional 0-4/5/6-10 conduct 0-2/3/4-10 "
    "hyperactivity 0-5/6/7-10 peer 0-3/4/5-10 prosocial 6-10/5/0-4",
    "self": "total 0-15/16-19/20-40 emotional 0-5/6/7-10 conduct 0-3/4/5-10 "
    "hyperactivity 0-5/6/7-10 peer 0-3/4-5/6-10 prosocial 6-10/5/0-4",
}
SDQ_FOUR = {
    "parent": "total 0-13/14-16/17-19/20-40 emotional 0-3/4/5-6/7-10 conduct 0-2/3/4-5/6-10 "
    "hyperactivity 0-5/6-7/8/9-10 peer 0-2/3/4/5-10 prosocial 8-10/7/6/0-5",
    "teacher": "total 0-11/12-15/16-18/19-40 emotional 0-3/4/5/6-10 conduct 0-2/3/4/5-10 "
    "hyperactivity 0-5/6-7/8/9-10 peer 0-2/3-4/5/6-10 prosocial 6-10/5/4/0-3",
    "self": "total 0-14/15-17/18-19/20-40 emotional 0-4/5/6/7-10 conduct 0-3/4/5/6-10 "
    "hyperactivity 0-5/6/7/8-10 peer 0-2/3/4/5-10 prosocial 7-10/6/5/0-4",
}


def of_sdq() -> Iterator[Ends]:
    for printed, code, names in ((SDQ_THREE, "three_band", THREE), (SDQ_FOUR, "four_band", FOUR)):
        for respondent, row in printed.items():
            words = row.split()
            for scale, ranges in zip(words[::2], words[1::2], strict=True):
                lowered = code == "four_band" and scale == "prosocial"
                yield sdq(respondent, code, LOWERED if lowered else names, scale, ranges)


PHQ = "minimal 0 4, mild 5 9, moderate 10 14, moderately_severe 15 19, severe 20 27"
BANDS = [
    Ends("phq9", "self", "standard", "total", PHQ),
    Ends("phqa", "self", "standard", "total", PHQ),
    Ends(
        "gad7", "self", "standard", "total", "minimal 0 4, mild 5 9, moderate 10 14, severe 15 21"
    ),
    Ends(
        "k10", "self", "standard", "total", "low 10 15, moderate 16 21, high 22 29, very_high 30 50"
    ),
    Ends("k10", "interviewer", "k6", "K6", "low 0 4, moderate 5 12, serious 13 24"),
    Ends(
        *("cpss5", "self", "standard", "total"),
        "minimal 0 10, mild 11 20, moderate 21 40, severe 41 60, very_severe 61 80",
    ),
    Ends(
        *("moca", "clinician", "standard", "total"),
        "severe 0 9, moderate 10 17, mild 18 25, normal 26 30",
    ),
    *of_sdq(),
]
CUTOFFS = [
    # instrument, respondent, cut-off, scale, the last score before it, the first after; which holds
    ("phq9", "self", "positive", "total", 9, 10, True),
    ("phqa", "self", "positive", "total", 9, 10, True),
    ("gad7", "self", "positive", "total", 9, 10, True),
    ("pcl5", "self", "at_33", "total", 32, 33, True),
    ("pcl5", "self", "at_31", "total", 30, 31, True),
    ("who5", "self", "low", "raw", 12, 13, False),
    ("who5", "self", "at_most_50", "raw", 12, 13, False),
    ("who5", "self", "at_most_28", "raw", 7, 8, False),
    ("k10", "self", "k6_serious", "K6", 12, 13, True),
    ("cries8", "self", "positive", "total", 16, 17, True),
    ("cpss5", "self", "probable", "total", 30, 31, True),
    ("rhs15", "self", "positive", "sum", 11, 12, True),
    ("rhs15", "self", "rhs13_positive", "rhs13", 10, 11, True),
    ("moca", "clinician", "below_26", "total", 25, 26, False),
]


@pytest.mark.parametrize("ends", BANDS, ids=lambda ends: " ".join(ends[:4]))
def test_each_band_begins_and_ends_where_it_is_printed(ends: Ends) -> None:
    shipped = catalogue().current(ends.code)
    facts = dict.fromkeys(shipped.instrument.facts, False)
    for band in ends.bands.split(", "):
        name, *scores = band.split()
        for score in map(int, scores):
            sheet = sheet_of(shipped.instrument, ends.respondent, ends.scale, score)
            result = shipped.score(sheet, ends.respondent, facts)
            assert result["scales"][ends.scale] == score
            assert result["bands"][ends.set][ends.scale] == name


def test_no_band_is_left_out() -> None:
    shipped = catalogue().instruments.values()
    every = {
        (one.instrument.code, bands.set, bands.scale)
        for versions in shipped
        for one in versions.values()
        for bands in one.instrument.bands
    }
    assert every == {(ends.code, ends.set, ends.scale) for ends in BANDS}


@pytest.mark.parametrize(
    ("code", "respondent", "cutoff", "scale", "before", "after", "holds_after"),
    CUTOFFS,
    ids=[f"{one[0]} {one[2]}" for one in CUTOFFS],
)
def test_each_cutoff_turns_where_it_is_printed(
    code: str, respondent: str, cutoff: str, scale: str, before: int, after: int, holds_after: bool
) -> None:
    shipped = catalogue().current(code)
    facts = dict.fromkeys(shipped.instrument.facts, False)
    for score, holds in ((before, not holds_after), (after, holds_after)):
        sheet = sheet_of(shipped.instrument, respondent, scale, score)
        result = shipped.score(sheet, respondent, facts)
        assert result["scales"][scale] == score
        assert result["cutoffs"][cutoff] is holds


def test_no_cutoff_is_left_out() -> None:
    every = {
        (code, cutoff.name)
        for code, versions in catalogue().instruments.items()
        for one in versions.values()
        for cutoff in one.instrument.cutoffs
    }
    assert every == {(code, cutoff) for code, _, cutoff, *_ in CUTOFFS}
