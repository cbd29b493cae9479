"""Instruments as they are told, through HTTP: what their files say, and what is installed here."""

from typing import Any

import pytest

from app.casework.assessments.scoring.catalogue import INSTRUMENTS, catalogue
from app.core.datafile import load
from app.safeguards.access.policy import ROLES
from tests.architecture.test_routes import application
from tests.casework.assessments.fhir.judging import judged
from tests.casework.assessments.giving import given
from tests.casework.assessments.wording import shown
from tests.conftest import World
from tests.making import new_case

READERS = {
    *("social_worker", "supervisor", "psychologist", "health_worker"),
    *("child_protection_officer", "auditor", "administrator"),
}


def listed(send: Any, **headers: str) -> dict[str, Any]:
    answer = send("GET", "/v1/instruments", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["next"] is None
    return {one["code"]: one for one in answer.json()["items"]}


def test_the_list_names_every_instrument(world: World) -> None:
    found = listed(world.as_("psychologist"))
    assert list(found) == sorted(catalogue().instruments)
    assert found["phq9"] == {
        "code": "phq9",
        "name": "PHQ-9",
        "title": "Patient Health Questionnaire, nine items",
        "form_of": None,
        "versions": [1],
        "current": 1,
        "respondents": [{"kind": "self", "youngest": 18, "oldest": None}],
        "languages": [],
        "answers": {"taken": True, "code": None, "detail": None},
    }
    assert [one["kind"] for one in found["sdq"]["respondents"]] == ["parent", "teacher", "self"]
    assert found["sdq"]["respondents"][2] == {"kind": "self", "youngest": 11, "oldest": 17}
    assert found["cfm24"]["form_of"] == "cfm"
    closed = {code for code, one in found.items() if not one["answers"]["taken"]}
    assert closed == {"sdq", "moca", "rhs15", "whodas12"}
    why = found["moca"]["answers"]
    assert why["code"] == "licence-not-attested"
    assert "casework instruments attest moca" in why["detail"]


def test_titles_are_in_the_language_that_is_asked_for(world: World) -> None:
    send = world.as_("psychologist")
    wish = {"Accept-Language": "ru-KZ, en;q=0.5"}
    assert listed(send, **wish)["phq9"]["title"].startswith("Опросник")
    assert shown(send, "moca", **wish)["facts"].keys() == {"education_at_most_12_years"}
    told, plain = shown(send, "moca", **wish), shown(send, "moca")
    assert told["title"] != plain["title"]
    assert told["facts"] != plain["facts"]
    assert shown(send, "moca", **{"Accept-Language": "dv"})["title"] == plain["title"]


@pytest.mark.parametrize("code", sorted(catalogue().instruments))
def test_all_that_the_file_says_is_told(world: World, code: str) -> None:
    """Against the file itself, table by table."""
    file = load(INSTRUMENTS / code / "v1.toml")
    told, data = shown(world.as_("health_worker"), code), dict(file.data)
    assert told["digest"] == file.digest
    for name in ("code", "name", "version", "scoring_version", "record_classes"):
        assert told[name] == data[name]
    assert told["milestones"] == data.get("milestones", [])
    assert told["title"] == data["title"]["en"]
    cited = {name: {"confirmed": True, **source} for name, source in data["sources"].items()}
    assert told["sources"] == cited
    assert told["licence"] == {"certificate": False, **data["licence"]}
    assert told["timing"] == data["timing"]
    for name in ("respondents", "cutoffs", "critical", "changes"):
        assert len(told[name]) == len(data.get(name, []))
        for one, said in zip(told[name], data.get(name, []), strict=True):
            assert said.items() <= one.items(), name
    for one, said in zip(told["outcomes"], data.get("outcomes", []), strict=True):
        assert one["rules"] == said["rules"]
        assert one["otherwise"] == said["otherwise"]
        assert one["needs_all"] == said.get("needs_all", False)
    steps = {(one["set"], *(step["name"] for step in one["steps"])) for one in told["bands"]}
    assert steps == {(one["set"], *one["names"]) for one in data.get("bands", [])}
    names = [one["name"] for one in told["scales"]]
    assert names == [one["name"] for one in data.get("scales", [])]
    assert told["headline"] == {
        name: data.get("headline", {}).get(name) for name in ("scale", "bands", "cutoff", "outcome")
    }
    assert set(told["answers_schema"]) == {one["kind"] for one in told["respondents"]}
    assert told["texts"] is None
    assert told["languages"] == []


def test_figures_are_told_as_numbers_with_their_source(world: World) -> None:
    told = shown(world.as_("social_worker"), "phq9")
    numbers = [one["number"] for one in told["items"]]
    assert numbers == [str(n) for n in range(1, 11)]
    assert told["items"][8] == {
        "number": "9",
        "values": [0, 1, 2, 3],
        "respondents": ["self"],
        "optional": False,
        "source": ["camcops", "shaw"],
    }
    assert told["items"][9]["optional"] is True
    (scale,) = told["scales"]
    assert scale["prorate"] == {"missing": 2, "decimals": 0}
    assert scale["ranges"] == {"self": [0, 27]}
    (bands,) = told["bands"]
    assert bands["steps"][3] == {"name": "moderately_severe", "least": 15, "most": 19}
    assert told["counts"][1]["least"]["9"] == 1
    (alert,) = told["critical"]
    assert (alert["code"], alert["when"], alert["ask"]) == ("SAFETY_SELF", "item_9 >= 1", True)
    schema = told["answers_schema"]["self"]
    assert schema["properties"]["9"] == {"type": ["integer", "null"], "enum": [0, 1, 2, 3, None]}
    assert schema["additionalProperties"] is False
    sdq = shown(world.as_("social_worker"), "sdq")
    assert "I4" in sdq["answers_schema"]["parent"]["properties"]
    assert "I4" not in sdq["answers_schema"]["teacher"]["properties"]
    impact = next(one for one in sdq["scales"] if one["name"] == "impact")
    assert (impact["recode"], impact["zero_when"]) == ([0, 0, 1, 2], "item_I0 < 1")
    assert shown(world.as_("social_worker"), "cfm24")["skips"][1]["fills"] == {"2": 1}


def test_a_module_answers_with_its_forms_by_age(world: World) -> None:
    told = shown(world.as_("psychologist"), "cfm")
    assert told["code"] == "cfm"
    assert [one["code"] for one in told["forms"]] == ["cfm24", "cfm517"]
    ages = [one["respondents"][0] for one in told["forms"]]
    assert [(one["youngest"], one["oldest"]) for one in ages] == [(2, 4), (5, 17)]
    assert "items" not in told


@pytest.mark.parametrize(
    "place",
    [
        "phq9/2",
        "phq9/0",
        "phq9/-1",
        "cfm/2",
        "cfm/0",
        "PHQ9/1",
        "phq8/1",
        "phq9/v1",
        "x/y",
        "%20/1",
    ],
)
def test_what_does_not_ship_is_not_there(world: World, place: str) -> None:
    answer = world.as_("psychologist")("GET", f"/v1/instruments/{place}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not-found"


@pytest.mark.parametrize("role", ROLES)
def test_who_has_no_use_for_them_is_refused(world: World, role: str) -> None:
    expected = 200 if role in READERS else 403
    for path in ("/v1/instruments", "/v1/instruments/phq9/1", "/v1/instruments/cfm/1"):
        assert world.as_(role)("GET", path).status_code == expected, path


def test_an_unknown_parameter_is_told(world: World) -> None:
    answer = world.as_("psychologist")("GET", "/v1/instruments?language=ru")
    assert answer.status_code == 422


def test_a_form_is_told_as_a_questionnaire(world: World) -> None:
    send, path = world.as_("psychologist"), "/v1/instruments/sdq/1/questionnaire"
    told = {
        kind: send("GET", f"{path}?respondent={kind}").json()
        for kind in ("parent", "teacher", "self")
    }
    for kind, resource in told.items():
        judged(resource)
        assert resource["url"] == f"urn:casework:instrument:sdq:{kind}"
    assert send("GET", path).json() == told["parent"], "the first that its file names"
    russian = send("GET", path, headers={"Accept-Language": "ru"}).json()
    assert russian["title"] != told["parent"]["title"]
    for kind, code in (("clinician", "unknown"), ("nobody", "literal-error")):
        answer = send("GET", f"{path}?respondent={kind}")
        assert answer.status_code == 422
        (fault,) = answer.json()["errors"]
        assert (fault["pointer"], fault["code"]) == ("query.respondent", code)
    for place in ("cfm/1", "sdq/2", "x/1"):
        answer = send("GET", f"/v1/instruments/{place}/questionnaire")
        assert answer.status_code == 404, place
    assert world.as_("prosecutor")("GET", path).status_code == 403


def test_what_others_print_is_not_confirmed(world: World) -> None:
    """A figure is confirmed by who made it or holds the rights, or by a copy of what they say."""

    def confirmed(code: str, part: str) -> set[bool]:
        told = shown(world.as_("psychologist"), code)
        given = told[part] if isinstance(told[part], list) else [told[part]]
        names = {name for one in given for name in one["source"]}
        return {told["sources"][name]["confirmed"] for name in names}

    for code in ("phq9", "gad7", "who5", "moca", "itq", "rhs15"):
        assert confirmed(code, "items") == {False}, code
    for code in ("pcl5", "cpss5"):
        assert confirmed(code, "cutoffs") == {False}, code
    assert confirmed("wgss", "items") == {False}
    assert confirmed("sdq", "items") == confirmed("k10", "items") == {True}
    assert confirmed("cfm24", "respondents") == {True}


def test_it_is_told_where_nothing_says_what_is_positive(world: World) -> None:
    made = new_case(world)
    result = given(made, "k10", "4 4 3 4 4 3 4 4 4 3")["result"]
    assert (result["complete"], result["band"], result["positive"]) == (True, "very_high", None)
    headline = shown(world.as_("psychologist"), "k10")["headline"]
    assert (headline["cutoff"], headline["outcome"]) == (None, None)
    schemas = application(world).openapi()["components"]["schemas"]
    for name in ("Result", "TrendPoint"):
        said = schemas[name]["properties"]["positive"]["description"]
        assert "always, on whole forms too, where it names neither" in said
