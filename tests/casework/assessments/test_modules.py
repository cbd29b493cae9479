"""A module with forms for some ages is asked for by its own name, as the list of instruments is."""

from datetime import timedelta
from typing import Any

import pytest

from app.core.values import moment, now
from tests.casework.assessments.giving import given
from tests.conftest import World
from tests.making import Made, new_case, today

HEARS_WITH_AID = {"respondent": "parent", "answers": {"4": 1, "5": 4}}


def day(before: int) -> str:
    return str(today() - timedelta(days=before))


@pytest.fixture
def grown(world: World) -> Made:
    """Who was four when asked first, and is five now."""
    made = new_case(world, day(5 * 365 + 31))
    given(made, "cfm", "", **HEARS_WITH_AID, administered_on=day(100))
    given(made, "wgss", "1 1 1 1 1 1", respondent="parent")
    given(made, "cfm", "", **HEARS_WITH_AID)
    return made


def listed(made: Made, query: str) -> list[Any]:
    found = made.get("psychologist", f"/assessments?{query}")["items"]
    return [(one["instrument"], one["form_of"]) for one in found]


def test_the_list_takes_each_name_that_instruments_are_told_by(grown: Made) -> None:
    told = grown.as_("psychologist")("GET", "/v1/instruments?limit=100").json()["items"]
    names = {one["code"] for one in told} | {one["form_of"] for one in told if one["form_of"]}
    for name in names:
        for path in ("", "/trend"):
            asked = grown.send("psychologist", "GET", f"/assessments{path}?instrument={name}")
            assert asked.status_code == 200, (name, path, asked.text)


def test_a_module_is_all_of_its_forms(grown: Made) -> None:
    forms = [("cfm24", "cfm"), ("cfm517", "cfm")]
    assert listed(grown, "instrument=cfm") == forms
    assert listed(grown, "instrument=cfm&count=true&respondent=parent") == forms
    assert listed(grown, "instrument=cfm517") == forms[1:]
    assert listed(grown, "instrument=wgss") == [("wgss", None)]
    (first,) = grown.get("psychologist", "/assessments?instrument=cfm24")["items"]
    at = moment(now())
    slip = {"reason": "misread", "answers": {"5": 1}}
    answer = grown.post("psychologist", f"/assessments/{first['id']}/amend", slip)
    assert answer.status_code == 201, answer.text
    assert answer.json()["form_of"] == "cfm"
    assert len(listed(grown, "instrument=cfm")) == 3
    assert listed(grown, f"instrument=cfm&as_of={at}") == forms


def test_its_trend_is_of_all_forms_and_compares_none_to_another(grown: Made) -> None:
    found = grown.get("psychologist", "/assessments/trend?instrument=cfm")
    assert (found["instrument"], found["name"]) == ("cfm", "CFM 2-4, CFM 5-17")
    assert [(one["instrument"], one["change"]) for one in found["points"]] == [
        *(("cfm24", None), ("cfm517", None))
    ]
    assert (found["least"], found["most"], found["better"]) == (None, None, None)
    one = grown.get("psychologist", "/assessments/trend?instrument=cfm517")
    assert [(point["instrument"]) for point in one["points"]] == ["cfm517"]


def test_what_a_module_cannot_be_drawn_by_is_told(grown: Made) -> None:
    path = "/assessments/trend.svg?instrument=cfm"
    refused = grown.send("psychologist", "GET", path)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "no-number"


def test_who_sees_that_there_is_one_finds_none_by_its_module(grown: Made) -> None:
    """As by an instrument: a summary does not say which it was."""
    seen = grown.get("auditor", "/assessments")["items"]
    assert len(seen) == 3
    assert "instrument" not in seen[0]
    for query in ("instrument=cfm", "instrument=cfm24"):
        refused = grown.send("auditor", "GET", f"/assessments?{query}")
        told = refused.json()
        assert told.get("items", []) == [], told
