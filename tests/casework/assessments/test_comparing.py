"""Two results of one instrument: by how much they differ, which way, and whether it counts."""

from app.casework.assessments.scoring.catalogue import catalogue
from app.casework.assessments.scoring.comparing import Shift, shifts
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
