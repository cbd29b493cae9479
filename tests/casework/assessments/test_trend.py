"""How one instrument went over time: told as numbers, and drawn so that it can be heard."""

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from app.core.values import moment, now
from tests.casework.assessments.giving import PHQ9, answers, given
from tests.conftest import World
from tests.making import Made, new_case, today

SVG = "{http://www.w3.org/2000/svg}"
SEVERE, MODERATE, MILD = "3 3 3 3 2 3 2 1 0", "2 2 1 2 1 1 1 0 0", "1 1 1 1 0 0 1 0 0"
UNSCORED = "2 2 _ _ _ 1 1 0 0"


def day(before: int) -> str:
    return str(today() - timedelta(days=before))


@pytest.fixture
def treated(world: World) -> Made:
    made = new_case(world)
    for before, values in ((120, SEVERE), (100, MODERATE), (60, UNSCORED), (20, MILD)):
        given(made, PHQ9, values, administered_on=day(before))
    return made


def trend(made: Made, query: str = "instrument=phq9") -> dict[str, Any]:
    found: dict[str, Any] = made.get("psychologist", f"/assessments/trend?{query}")
    return found


def test_it_tells_points_bands_changes_and_gaps(treated: Made) -> None:
    found = trend(treated)
    points = found["points"]
    assert [(one["administered_on"], one["total"], one["band"]) for one in points] == [
        (day(120), 20, "severe"),
        (day(100), 10, "moderate"),
        (day(60), None, None),
        (day(20), 5, "mild"),
    ]
    # What could not be scored is compared to nothing, and nothing to it.
    assert [one["change"] and one["change"]["reliable"] for one in points] == [
        *(None, True, None, False)
    ]
    assert points[3]["change"]["since_id"] == points[1]["id"]
    assert (found["least"], found["most"], found["better"]) == (0, 27, "lower")
    assert [(one["band"], one["least"], one["most"]) for one in found["bands"]] == [
        *(("minimal", 0, 4), ("mild", 5, 9), ("moderate", 10, 14)),
        *(("moderately_severe", 15, 19), ("severe", 20, 27)),
    ]
    assert [(one["since"], one["days"]) for one in found["gaps"]] == [
        *((day(100), 40), (day(60), 40))
    ]


def test_what_does_not_stand_is_no_point(treated: Made) -> None:
    points = trend(treated)["points"]
    path = f"/assessments/{points[1]['id']}"
    assert treated.post("psychologist", f"{path}/void", {"reason": "of another"}).status_code == 200
    given(treated, PHQ9, "1 1", status="draft")
    left = trend(treated)["points"]
    assert [one["id"] for one in left] == [points[n]["id"] for n in (0, 2, 3)]
    amended = {"reason": "misread", "answers": answers(MODERATE)}
    path = f"/assessments/{points[0]['id']}"
    second = treated.post("psychologist", f"{path}/amend", amended).json()
    assert trend(treated)["points"][0]["id"] == second["id"]
    assert trend(treated)["points"][0]["total"] == 10


def test_it_is_told_as_it_stood_at_a_moment(treated: Made) -> None:
    paths = [f"/assessments/{one}?instrument=phq9" for one in ("trend", "trend.svg")]
    kept = list[tuple[Any, list[bytes]]]()

    def note_down() -> None:
        answers = [treated.send("psychologist", "GET", path) for path in paths]
        assert {one.status_code for one in answers} == {200}
        kept.append((now(), [one.content for one in answers]))

    note_down()
    first, second, *_ = trend(treated)["points"]
    path = f"/assessments/{first['id']}"
    paths.append(f"/assessments/{second['id']}/fhir")
    note_down()
    amended = {"reason": "misread", "answers": answers(MODERATE)}
    assert treated.post("psychologist", f"{path}/amend", amended).status_code == 201
    draft = given(treated, PHQ9, MILD, status="draft", administered_on=day(0))
    note_down()
    path = f"/assessments/{draft['id']}/submit"
    assert treated.post("psychologist", path).status_code == 200
    note_down()
    path = f"/assessments/{second['id']}/void"
    assert treated.post("psychologist", path, {"reason": "of another"}).status_code == 200
    note_down()
    for at, answers_then in kept:
        for path, told in zip(paths, answers_then, strict=False):
            sign = "&" if "?" in path else "?"
            again = treated.send("psychologist", "GET", f"{path}{sign}as_of={moment(at)}")
            assert again.content == told, (path, at)
    assert len({told for _, (told, *_) in kept}) == 4
    assert treated.send("psychologist", "GET", f"{paths[2]}?as_of={day(300)}").status_code == 404


def test_of_each_respondent_apart(world: World) -> None:
    made = new_case(world, f"{today().year - 12}-01-01")
    for respondent in ("self", "parent"):
        for before in (90, 40):
            body = {"respondent": respondent, "answers": {"1": 2, "2": 3}}
            body |= {"administered_on": day(before)}
            given(made, "wgss", "", **body)
    found = trend(made, "instrument=wgss")
    assert [(one["respondent"], one["change"] is None) for one in found["points"]] == [
        *(("self", True), ("parent", True)),
        *(("self", False), ("parent", False)),
    ]
    one = trend(made, "instrument=wgss&respondent=parent")["points"]
    assert {point["respondent"] for point in one} == {"parent"}
    for point in found["points"][2:]:
        same = [one for one in found["points"][:2] if one["respondent"] == point["respondent"]]
        assert point["change"]["since_id"] == same[0]["id"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "query.instrument"),
        ("instrument=phq8", "query.instrument"),
        ("instrument=phq9&colour=1", "query.colour"),
    ],
)
def test_a_wrong_question_is_told(treated: Made, query: str, name: str) -> None:
    for path in ("trend", "trend.svg"):
        refused = treated.send("psychologist", "GET", f"/assessments/{path}?{query}")
        assert refused.status_code == 422
        assert name in [one["pointer"] for one in refused.json()["errors"]]


def picture(made: Made, query: str = "instrument=phq9", **headers: str) -> ElementTree.Element:
    path = f"/assessments/trend.svg?{query}"
    answer = made.send("psychologist", "GET", path, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/svg+xml"
    return ElementTree.fromstring(answer.text)


def test_it_is_drawn_for_who_prints_without_colour_or_does_not_see(treated: Made) -> None:
    root = picture(treated)
    assert root.get("role") == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert description is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    said = description.text or ""
    assert f"{day(120)}: 20, severe. {day(100)}: 10, moderate. Reliably better" in said
    assert f"{day(60)}: no total. {day(20)}: 5, mild." in said
    assert f"Not given from {day(100)} to {day(60)}: 40 days. Not given from" in said
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    colours = {one.get(name) for one in root.iter() for name in ("fill", "stroke") if one.get(name)}
    assert colours == {"black", "white"}
    assert len(root.findall(f"{SVG}circle")) == 2
    (better,) = root.findall(f"{SVG}polygon")
    assert better.get("fill") == "white"
    tip, *base = (float(one.split(",")[1]) for one in str(better.get("points")).split())
    assert tip > max(base)  # it points down, as the score went


def test_its_marks_stand_where_their_numbers_are(treated: Made) -> None:
    circles = picture(treated).findall(f"{SVG}circle")
    first, last = sorted(circles, key=lambda one: float(str(one.get("cx"))))
    # From 0 to 27 over 280 units above 340; from the first day to the last over 560 after 70.
    assert float(str(first.get("cx"))) == 70
    assert float(str(last.get("cx"))) == 630
    assert float(str(first.get("cy"))) == pytest.approx(340 - 280 * 20 / 27, abs=0.1)
    assert float(str(last.get("cy"))) == pytest.approx(340 - 280 * 5 / 27, abs=0.1)


def test_where_a_mean_stands_in_it_is_about_so_much(world: World) -> None:
    made = new_case(world)
    given(made, PHQ9, MODERATE, administered_on=day(40))
    given(made, PHQ9, "2 2 _ 2 1 1 1 0 0", administered_on=day(20))
    root = picture(made)
    numbers = [one.text for one in root.findall(f"{SVG}text")]
    assert "10" in numbers
    assert "≈10" in numbers
    said = str(getattr(root.find(f"{SVG}desc"), "text", ""))
    assert f"{day(20)}: 10, moderate. The mean of the other answers stands in" in said
    assert said.count("stands in") == 1


def test_a_gap_is_a_broken_line(world: World) -> None:
    made = new_case(world)
    for before, values in ((100, SEVERE), (80, MODERATE), (20, MODERATE)):
        given(made, PHQ9, values, administered_on=day(before))
    drawn = [one for one in picture(made).findall(f"{SVG}line") if one.get("stroke-width") == "2"]
    assert [bool(one.get("stroke-dasharray")) for one in drawn] == [False, True]


def test_it_speaks_the_readers_language(treated: Made) -> None:
    root = picture(treated, **{"Accept-Language": "ru"})
    assert "Чем ниже, тем лучше." in [one.text for one in root.iter(f"{SVG}text")]


def test_nothing_on_record_is_drawn_as_nothing(world: World) -> None:
    root = picture(new_case(world))
    description = root.find(f"{SVG}desc")
    assert description is not None
    assert str(description.text).startswith("Nothing is on record.")
    assert not root.findall(f"{SVG}circle")


def test_what_is_no_number_cannot_be_drawn(world: World) -> None:
    made = new_case(world)
    refused = made.send("psychologist", "GET", "/assessments/trend.svg?instrument=wgss")
    assert refused.status_code == 422
