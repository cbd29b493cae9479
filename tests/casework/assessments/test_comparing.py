"""Two results of one instrument: by how much they differ, which way, and whether it counts."""

from dataclasses import replace

from app.casework.assessments.scoring.catalogue import catalogue
from app.casework.assessments.scoring.comparing import Shift, shifts
from app.casework.assessments.scoring.instrument import Change
from tests.casework.assessments.filling import Sheet, sheet_of


def compared(code: str, scale: str, before: int, after: int) -> dict[str, Shift]:
    shipped = catalogue().current(code)
    earlier, later = (
        shipped.score(sheet_of(shipped.instrument, "self", scale, score), "self", {})
        for score in (before, after)
    )
    return {shift["name"]: shift for shift in shifts(shipped.instrument, earlier, later)}


def held(found: dict[str, Shift]) -> set[str]:
    return {name for name, shift in found.items() if shift["holds"]}


def test_a_change_of_the_pcl_as_published() -> None:
    """16 points are reliable by the first sample and not by the second; 32 is above 28."""
    found = compared("pcl5", "total", 48, 32)
    assert found["reliable"] == {
        "scale": "total",
        "name": "reliable",
        "by": -16,
        "direction": "better",
        "holds": True,
    }
    assert held(found) == {"reliable"}
    assert held(compared("pcl5", "total", 46, 28)) == {"reliable", "reliable_strict", "clinical"}
    assert held(compared("pcl5", "total", 46, 29)) == {"reliable"}
    assert held(compared("pcl5", "total", 43, 28)) == {"reliable", "clinical"}
    assert held(compared("pcl5", "total", 42, 28)) == set()


def test_who_gets_worse_does_so_reliably_and_is_not_well() -> None:
    found = compared("pcl5", "total", 10, 28)
    assert {shift["direction"] for shift in found.values()} == {"worse"}
    assert held(found) == {"reliable", "reliable_strict"}


def test_it_turns_at_its_figure() -> None:
    assert held(compared("phq9", "total", 16, 10)) == {"reliable", "relevant"}
    assert held(compared("phq9", "total", 15, 10)) == {"relevant"}
    assert held(compared("phq9", "total", 14, 10)) == set()
    assert held(compared("gad7", "total", 10, 14)) == {"reliable"}
    assert held(compared("gad7", "total", 10, 13)) == set()


def test_where_more_is_better_more_is_better() -> None:
    up, down = compared("who5", "raw", 10, 13), compared("who5", "raw", 13, 10)
    assert (up["significant"]["by"], up["significant"]["direction"]) == (12, "better")
    assert (down["significant"]["by"], down["significant"]["direction"]) == (-12, "worse")
    assert held(up) == held(down) == {"significant"}


def test_one_point_is_a_direction() -> None:
    for code, scale, more, less in (
        ("phq9", "total", "worse", "better"),
        ("who5", "raw", "better", "worse"),
    ):
        up, down = compared(code, scale, 10, 11), compared(code, scale, 11, 10)
        assert {shift["direction"] for shift in up.values()} == {more}
        assert {shift["direction"] for shift in down.values()} == {less}


def test_no_change_is_the_same_either_way() -> None:
    for code, scale in (("phq9", "total"), ("who5", "raw")):
        found = compared(code, scale, 10, 10)
        assert {shift["direction"] for shift in found.values()} == {"same"}
        assert held(found) == set()


def test_without_a_value_there_is_no_change() -> None:
    shipped = catalogue().current("phq9")
    whole: Sheet = sheet_of(shipped.instrument, "self", "total", 10)
    some, nothing = shipped.score(whole, "self", {}), shipped.score({}, "self", {})
    assert shifts(shipped.instrument, some, nothing) == []
    assert shifts(shipped.instrument, nothing, some) == []


def test_decimals_are_told_where_one_of_the_two_has_some() -> None:
    """By a figure that is made up: none is stated yet of a scale that has decimals."""
    shipped = catalogue().current("whodas12")
    figures = (Change("total", "made_up", 1, None, ()), Change("percent", "made_up", 3, None, ()))
    instrument = replace(shipped.instrument, changes=figures)
    whole = sheet_of(instrument, "self", "total", 12)  # 25.0 %
    mean = {**dict.fromkeys(whole, 1), "1": 2, "12": None}  # 13.09, 27.3 %
    less, more = (shipped.score(sheet, "self", {}) for sheet in (whole, mean))
    assert [
        (shift["scale"], shift["by"], shift["holds"]) for shift in shifts(instrument, less, more)
    ] == [
        ("total", "1.09", True),
        ("percent", "2.3", False),
    ]
    assert [shift["by"] for shift in shifts(instrument, more, less)] == ["-1.09", "-2.3"]
    assert [shift["by"] for shift in shifts(instrument, less, less)] == [0, "0.0"]
