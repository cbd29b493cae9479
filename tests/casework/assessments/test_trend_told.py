"""What a trend tells beside its numbers, what it costs, and that it agrees with the list."""

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import event

from app.core.values import moment, now
from tests.casework.assessments.giving import PHQ9, answers, given
from tests.conftest import World
from tests.making import Made, new_case, today

SEVERE, MODERATE, MILD = "3 3 3 3 2 3 2 1 0", "2 2 1 2 1 1 1 0 0", "1 1 1 1 0 0 1 0 0"


def day(before: int) -> str:
    return str(today() - timedelta(days=before))


@pytest.fixture
def made(world: World) -> Made:
    return new_case(world)


def trend(made: Made, query: str = "instrument=phq9") -> dict[str, Any]:
    found: dict[str, Any] = made.get("psychologist", f"/assessments/trend?{query}")
    return found


def itq(high: str, rest: str = "0") -> dict[str, int]:
    """All of one half answered so, and all of the other otherwise."""
    return {f"{half}{n}": int(high if half == "P" else rest) for half in "PC" for n in range(1, 10)}


def test_a_point_says_what_rules_decide_and_each_part_comes_to(made: Made) -> None:
    for before, sheet in ((80, itq("3", "3")), (40, itq("3")), (5, itq("1"))):
        given(made, "itq", "", answers=sheet, administered_on=day(before))
    listed = made.get("psychologist", "/assessments?instrument=itq")["items"]
    points = trend(made, "instrument=itq")["points"]
    assert [one["outcomes"]["diagnosis"] for one in points] == ["CPTSD", "PTSD", "none"]
    assert [one["subscales"]["ptsd"] for one in points] == [18, 18, 6]
    for name in ("outcomes", "subscales", "total", "band", "positive", "complete", "prorated"):
        assert [one[name] for one in points] == [one["result"][name] for one in listed]


def test_how_long_ago_the_last_one_was_is_a_gap_that_has_no_end(made: Made) -> None:
    given(made, PHQ9, SEVERE, administered_on=day(100))
    given(made, PHQ9, MODERATE, administered_on=day(29))
    assert trend(made)["gaps"] == [
        {"respondent": "self", "since": day(100), "until": day(29), "days": 71},
        {"respondent": "self", "since": day(29), "until": None, "days": 29},
    ]
    path = "/assessments/trend.svg?instrument=phq9"
    drawn = made.send("psychologist", "GET", path, headers={"Accept-Language": "en"})
    said = f"Not given since {day(29)}: 29 days."
    texts = [one.text or "" for one in ElementTree.fromstring(drawn.text).iter()]
    assert [said in one for one in texts].count(True) == 2  # to be read, and to be heard
    assert said in texts
    given(made, PHQ9, MILD)
    assert [gap["until"] for gap in trend(made)["gaps"]] == [day(29), str(today())]


def test_within_the_time_to_give_it_again_there_is_no_gap(made: Made) -> None:
    given(made, PHQ9, MODERATE, administered_on=day(28))
    assert trend(made)["gaps"] == []


def test_a_gap_is_that_of_a_respondent_whatever_form_they_were_given(world: World) -> None:
    made = new_case(world, day(5 * 365 + 31))
    given(made, "cfm", "", respondent="parent", answers={"4": 2}, administered_on=day(500))
    given(made, "cfm", "", respondent="parent", answers={"4": 2})
    whole = {"respondent": "parent", "since": day(500), "until": str(today()), "days": 500}
    assert trend(made, "instrument=cfm")["gaps"] == [whole]
    assert trend(made, "instrument=cfm24")["gaps"] == [{**whole, "until": None}]


def test_what_stands_in_the_list_is_what_the_trend_tells(made: Made) -> None:
    """And a change is against what stands; that of a result is what was told as it was given."""
    kept = [
        given(made, PHQ9, values, administered_on=day(before))
        for before, values in ((90, SEVERE), (60, MILD), (30, MODERATE))
    ]
    slip = {"reason": "misread", "answers": answers("3 3 3 3 2 3 2 2 0")}
    made.post("psychologist", f"/assessments/{kept[0]['id']}/amend", slip)
    made.post("psychologist", f"/assessments/{kept[1]['id']}/void", {"reason": "of another"})
    made.post("psychologist", f"/assessments/{kept[2]['id']}/sign")
    given(made, PHQ9, MILD, status="draft")
    standing = [
        one
        for status in ("submitted", "signed")
        for one in made.get("psychologist", f"/assessments?instrument=phq9&status={status}")[
            "items"
        ]
    ]
    points = trend(made)["points"]
    assert [one["id"] for one in points] == [one["id"] for one in standing]
    assert points[1]["id"] == kept[2]["id"]
    assert points[1]["change"]["since_id"] == points[0]["id"]
    assert standing[1]["result"]["change"]["since_id"] == kept[1]["id"]


def asked(made: Made, path: str) -> list[str]:
    """The statements about assessments that an answer took."""
    said: list[str] = []
    engine = made.world.house.engine

    def note(_: object, __: object, statement: str, *more: object) -> None:
        if "assessments" in statement:
            said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        made.get("psychologist", path)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return said


def test_fifty_cost_one_statement_as_one_does(world: World) -> None:
    made = new_case(world)
    path, counted = "/assessments/trend?instrument=wgss", list[int]()
    for number in range(50):
        given(made, "wgss", "1 1 1 1 1 1", administered_on=day(number))
        if number in (0, 49):
            counted.append(len(asked(made, path)))
    assert len(trend(made, "instrument=wgss")["points"]) == 50
    assert counted == [1, 1]
    then = asked(made, f"{path}&as_of={moment(now())}")
    assert len(then) == 1
    assert "ORDER BY" not in then[0]  # which is for who has looked at what they were then
