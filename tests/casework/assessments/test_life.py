"""The life of an assessment through HTTP: draft, submitted, signed, amended, void."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from app.casework.assessments.scoring.catalogue import catalogue
from tests.casework.assessments.giving import PHQ9, answers, body, give, given
from tests.conftest import World
from tests.making import Made, colleague_of, new_case, signed_in, today

MODERATE = "2 2 1 2 1 1 1 0 0"  # 10


@pytest.fixture
def made(world: World) -> Made:
    return new_case(world)


def test_it_is_scored_by_the_server(made: Made) -> None:
    found = given(made, PHQ9, MODERATE)
    assert (found["instrument"], found["instrument_version"]) == ("phq9", 1)
    assert found["status"] == "submitted"
    assert found["answers"] == answers(MODERATE)
    result = found["result"]
    assert (result["total"], result["band"], result["positive"]) == (10, "moderate", True)
    assert result["complete"]
    assert result["outcomes"] == {"algorithm": "other"}
    assert result["flags"] == []
    assert result["change"] is None
    assert result["screen_only"] is True
    read = made.send("psychologist", "GET", f"/assessments/{found['id']}")
    assert read.json() == found
    assert made.get("psychologist", "/assessments?instrument=phq9")["items"] == [found]


@pytest.mark.parametrize(
    ("accepts", "said"),
    [
        ("en", "PHQ-9 by the person: 10 of 27, moderate. By its rules: what is asked of another"),
        ("ru-KZ, en;q=0.5", "PHQ-9 со слов самого лица: 10 из 27, умеренно."),
        ("dv", "PHQ-9 by the person"),
    ],
)
def test_its_result_is_told_in_words(made: Made, accepts: str, said: str) -> None:
    found = given(made, PHQ9, MODERATE)
    path = f"/assessments/{found['id']}"
    read = made.send("psychologist", "GET", path, headers={"Accept-Language": accepts})
    summary = read.json()["result"]["summary"]
    assert summary.startswith(said)
    assert summary.endswith(("A screen, not a diagnosis.", "Это скрининг, а не диагноз."))


def test_a_total_that_cannot_be_told_is_none(made: Made) -> None:
    result = given(made, PHQ9, "2 2 _ _ _ 1 1 0 0")["result"]
    assert (result["complete"], result["total"], result["band"]) == (False, None, None)
    assert result["positive"] is None
    assert result["missing"] == ["3", "4", "5"]
    assert "no total can be told" in result["summary"]


def test_a_draft_is_its_authors_and_is_resumed_item_by_item(world: World, made: Made) -> None:
    begun = given(made, PHQ9, "1 1", status="draft")
    assert (begun["status"], begun["result"], begun["submitted_at"]) == ("draft", None, None)
    path = f"/assessments/{begun['id']}"
    for other in ("health_worker", "auditor"):
        assert made.send(other, "GET", path).status_code == 404
        assert made.get(other, "/assessments")["items"] == []
    tag = made.send("psychologist", "GET", path).headers["ETag"]
    more = {"answers": {"2": None, "3": 3}}
    without = made.send("psychologist", "PATCH", path, json=more)
    assert without.status_code == 428
    kept = made.send("psychologist", "PATCH", path, json=more, headers={"If-Match": tag})
    assert kept.status_code == 200, kept.text
    assert kept.json()["answers"] == {"1": 1, "2": None, "3": 3}
    stale = made.send("psychologist", "PATCH", path, json=more, headers={"If-Match": tag})
    assert stale.status_code == 412
    tag = kept.headers["ETag"]
    wrong = {"answers": {"4": 4}}
    refused = made.send("psychologist", "PATCH", path, json=wrong, headers={"If-Match": tag})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/answers/4"
    rest = {"answers": answers(MODERATE)}
    made.send("psychologist", "PATCH", path, json=rest, headers={"If-Match": tag})
    done = made.post("psychologist", f"{path}/submit")
    assert done.status_code == 200, done.text
    assert done.json()["result"]["total"] == 10
    assert made.get("health_worker", path) == done.json()


def test_another_psychologist_of_the_team_has_no_part_in_a_draft(world: World, made: Made) -> None:
    second = colleague_of(world, "psychologist")
    member = {"user_id": second["id"], "part": "second", "reason": "test"}
    assert made.post("social_worker", "/team", member).status_code == 201
    begun = given(made, PHQ9, "1 1", status="draft")
    with signed_in(world, second) as send:
        path = f"{made.path}/assessments/{begun['id']}"
        assert send("GET", path).status_code == 404
        assert send("POST", f"{path}/submit", json={}).status_code == 404
        assert send("GET", f"{made.path}/assessments").json()["items"] == []


def test_what_was_submitted_is_frozen(made: Made) -> None:
    found = given(made, PHQ9, MODERATE)
    path = f"/assessments/{found['id']}"
    tag = made.send("psychologist", "GET", path).headers["ETag"]
    later = {"answers": {"1": 0}}
    refused = made.send("psychologist", "PATCH", path, json=later, headers={"If-Match": tag})
    assert refused.status_code == 409
    assert refused.json()["current"] == "submitted"
    assert made.post("psychologist", f"{path}/submit").status_code == 409
    assert made.get("psychologist", path) == found


def test_two_who_submit_at_once_are_one(made: Made) -> None:
    """Else there would be two alerts, and a result that nobody asked for twice."""
    begun = given(made, PHQ9, "1 1 1 1 1 1 1 1 1", status="draft")
    path = f"/assessments/{begun['id']}/submit"
    with ThreadPoolExecutor(4) as pool:
        answers = [*pool.map(lambda _: made.post("psychologist", path), range(4))]
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    assert len(made.get("social_worker", "/alerts")["items"]) == 1


def test_it_is_signed_by_its_author(world: World, made: Made) -> None:
    second = colleague_of(world, "psychologist")
    member = {"user_id": second["id"], "part": "second", "reason": "test"}
    made.post("social_worker", "/team", member)
    path = f"/assessments/{given(made, PHQ9, MODERATE)['id']}"
    with signed_in(world, second) as send:
        other = send("POST", f"{made.path}{path}/sign", json={})
        assert (other.status_code, other.json()["code"]) == (403, "not-yours")
    signed = made.post("psychologist", f"{path}/sign")
    assert signed.status_code == 200, signed.text
    assert signed.json()["status"] == "signed"
    assert signed.json()["signed_at"]
    again = made.post("psychologist", f"{path}/sign")
    assert (again.status_code, again.json()["current"]) == (409, "signed")


def test_it_is_amended_by_another_beside_it(made: Made) -> None:
    first = given(made, PHQ9, MODERATE)
    path = f"/assessments/{first['id']}"
    made.post("psychologist", f"{path}/sign")
    given_anew = {"reason": "item 1 was misread", "answers": {"1": 1}}
    assert made.post("psychologist", f"{path}/amend", {"answers": {"1": 1}}).status_code == 422
    answer = made.post("psychologist", f"{path}/amend", given_anew)
    assert answer.status_code == 201, answer.text
    second = answer.json()
    assert answer.headers["Location"] == f"{made.path}/assessments/{second['id']}"
    assert (second["amends_id"], second["amend_reason"]) == (first["id"], "item 1 was misread")
    assert (second["status"], second["result"]["total"]) == ("submitted", 9)
    assert second["answers"] == {**first["answers"], "1": 1}
    old = made.get("psychologist", path)
    assert (old["status"], old["amended_by_id"]) == ("amended", second["id"])
    assert (old["answers"], old["result"]) == (first["answers"], first["result"])
    assert made.post("psychologist", f"{path}/amend", given_anew).status_code == 409


def test_it_is_voided_with_a_reason_and_stays(made: Made) -> None:
    found = given(made, PHQ9, MODERATE)
    path = f"/assessments/{found['id']}"
    assert made.post("psychologist", f"{path}/void").status_code == 422
    void = made.post("psychologist", f"{path}/void", {"reason": "of another person"})
    assert void.status_code == 200, void.text
    assert (void.json()["status"], void.json()["void_reason"]) == ("void", "of another person")
    assert made.get("psychologist", path) == void.json()
    assert made.send("psychologist", "DELETE", path).status_code == 405
    # It counts no more: neither for what is too soon nor for what has changed.
    assert given(made, PHQ9, MODERATE)["result"]["change"] is None


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"instrument": "phq8"}, "/instrument", "literal-error"),
        ({"version": 2}, "/version", "unknown"),
        ({"respondent": "parent"}, "/respondent", "unknown-respondent"),
        ({"answers": {"1": 4}}, "/answers/1", "value-not-allowed"),
        ({"answers": {"11": 1}}, "/answers/11", "unknown-item"),
        ({"answers": {"1": True}}, "/answers/1", None),
        ({"answers": {"1": "2"}}, "/answers/1", None),
        ({"answers": {"1": 1.5}}, "/answers/1", None),
        ({"answers": {"1": None}}, "/answers", "missing"),
        ({"answers": {}}, "/answers", "missing"),
        ({"facts": {"tall": True}}, "/facts/tall", "unknown-fact"),
        ({"administered_on": str(today() + timedelta(days=1))}, "/administered_on", "future"),
        ({"administered_on": "1990-01-01"}, "/administered_on", "before-birth"),
        ({"administered_on": "2001-01-01"}, "/instrument", "age"),
        ({"language": "Russian"}, "/language", None),
        ({"score": 3}, "/score", None),
    ],
)
def test_what_does_not_fit_is_refused_and_named(
    made: Made, change: dict[str, Any], pointer: str, code: str | None
) -> None:
    refused = made.post("psychologist", "/assessments", {**body(PHQ9, MODERATE), **change})
    assert refused.status_code == 422, refused.text
    (fault,) = refused.json()["errors"]
    assert fault["pointer"] == pointer
    assert code in (None, fault["code"])
    assert made.get("psychologist", "/assessments")["items"] == []


def test_ages_are_those_of_the_day_and_doubt_is_no_refusal(world: World) -> None:
    year = today().year
    child, unknown = new_case(world, str(year - 10)), new_case(world, None)
    assert give(child, PHQ9, MODERATE).json()["errors"][0]["code"] == "age"
    assert give(child, "cries8", "3 1 3 3 1 3 3 0").status_code == 201
    assert give(unknown, PHQ9, MODERATE).status_code == 201
    assert give(unknown, "cries8", "3 1 3 3 1 3 3 0").status_code == 201


def test_social_workers_have_a_form_of_needs_and_strengths(world: World) -> None:
    made = new_case(world)
    rated: dict[str, Any] = {"NEED_SAFETY": 3, "NEED_HOUSING": 1, "STRENGTH_LIVELIHOOD": 2}
    form = {"respondent": "interviewer", "answers": rated}
    found = given(made, "needs", "", role="social_worker", **form)
    result = found["result"]
    assert [one["code"] for one in result["flags"]] == ["SAFETY_NEED"]
    assert (result["total"], result["band"], result["complete"]) == (None, None, False)
    assert made.get("supervisor", f"/assessments/{found['id']}") == found
    # What is left out was not screened.
    codes = {one["code"] for one in made.get("social_worker", "/milestones")["items"]}
    assert "needs_screened" not in codes
    items = catalogue().current("needs").instrument.items
    whole = {"respondent": "interviewer", "answers": dict.fromkeys(items, 1)}
    given(made, "needs", "", role="social_worker", **whole)
    codes = {one["code"] for one in made.get("social_worker", "/milestones")["items"]}
    assert "needs_screened" in codes


def test_of_a_module_the_form_for_the_age_is_taken(world: World) -> None:
    year = today().year
    old, young = new_case(world, str(year - 10)), new_case(world, f"{year - 3}-01-01")
    several = give(new_case(world, None), "cfm", "", respondent="parent", answers={"1": 1})
    assert several.status_code == 422
    assert several.json()["errors"][0]["code"] == "several"
    assert "cfm24 or cfm517" in several.text
    form: dict[str, Any] = {"respondent": "parent", "answers": {"1": 1}}
    assert given(old, "cfm", "", **form)["instrument"] == "cfm517"
    assert given(young, "cfm", "", **form)["instrument"] == "cfm24"
    assert give(new_case(world), "cfm", "", **form).json()["errors"][0]["code"] == "age"


def test_not_within_the_days_that_it_asks_of(made: Made) -> None:
    fortnight = timedelta(days=14)
    given(made, PHQ9, MODERATE, administered_on=str(today() - fortnight + timedelta(days=1)))
    soon = give(made, PHQ9, MODERATE)
    assert (soon.status_code, soon.json()["code"]) == (409, "too-soon")
    assert soon.json()["again_on"] == str(today() + timedelta(days=1))
    found = given(made, PHQ9, MODERATE, too_soon_reason="after a crisis")
    assert found["too_soon_reason"] == "after a crisis"
    # Another respondent or instrument is another matter.
    assert give(made, "gad7", "1 1 1 1 1 1 1").status_code == 201


def test_on_the_first_day_after_them_it_may_be_given(made: Made) -> None:
    given(made, PHQ9, MODERATE, administered_on=str(today() - timedelta(days=14)))
    assert give(made, PHQ9, MODERATE).status_code == 201


def test_change_is_told_against_the_last_that_stands(made: Made) -> None:
    days = [str(today() - timedelta(days=n)) for n in (60, 40, 20)]
    first = given(made, PHQ9, "3 3 3 3 2 3 2 1 0", administered_on=days[0])  # 20
    second = given(made, PHQ9, "3 3 3 3 2 3 2 0 0", administered_on=days[1])  # 19
    change = second["result"]["change"]
    assert (change["since_id"], change["since_on"]) == (first["id"], days[0])
    assert (change["reliable"], change["direction"]) == (False, "better")
    made.post("psychologist", f"/assessments/{second['id']}/void", {"reason": "of another"})
    third = given(made, PHQ9, "2 2 1 2 2 2 2 1 0", administered_on=days[2])  # 14
    change = third["result"]["change"]
    assert (change["since_id"], change["reliable"], change["direction"]) == (
        first["id"],
        True,
        "better",
    )
    assert f"Reliably better than on {days[0]}." in third["result"]["summary"]


def test_change_passes_over_what_could_not_be_scored(made: Made) -> None:
    days = [str(today() - timedelta(days=n)) for n in (60, 40)]
    first = given(made, PHQ9, MODERATE, administered_on=days[0])
    given(made, PHQ9, "2 2 _ _ _ 1 1 0 0", administered_on=days[1])
    change = given(made, PHQ9, "3 3 3 3 2 3 2 1 0")["result"]["change"]
    assert (change["since_id"], change["reliable"]) == (first["id"], True)


def test_to_amend_the_day_is_to_give_it_on_that_day(made: Made) -> None:
    old = given(made, PHQ9, MODERATE, administered_on=str(today() - timedelta(days=60)))
    given(made, PHQ9, MODERATE)
    path = f"/assessments/{old['id']}/amend"
    moved = {"reason": "another day", "administered_on": str(today())}
    assert made.post("psychologist", path, moved).json()["code"] == "too-soon"
    why = {**moved, "too_soon_reason": "two on one day"}
    assert made.post("psychologist", path, why).status_code == 201


def test_what_it_was_as_a_draft_is_nobodys_but_its_authors(world: World, made: Made) -> None:
    begun = given(made, PHQ9, "3 3", status="draft")
    path = f"/assessments/{begun['id']}"
    tag = made.send("psychologist", "GET", path).headers["ETag"]
    rest = {"answers": answers(MODERATE)}
    made.send("psychologist", "PATCH", path, json=rest, headers={"If-Match": tag})
    assert made.post("psychologist", f"{path}/submit").status_code == 200
    then = begun["created_at"].replace("Z", "%2B00:00")
    own = made.send("psychologist", "GET", f"{path}?as_of={then}")
    assert own.json()["answers"] == {"1": 3, "2": 3}
    assert made.send("health_worker", "GET", f"{path}?as_of={then}").status_code == 404
    listed = made.get("health_worker", f"/assessments?as_of={then}")
    assert listed["items"] == []
    for place, most in (("/history?limit=200", 1), ("/timeline", 1)):
        told = [
            one
            for one in made.get("health_worker", place)["items"]
            if one["record_id"] == begun["id"]
        ]
        assert len(told) == most, place
        mine = [
            one
            for one in made.get("psychologist", place)["items"]
            if one["record_id"] == begun["id"]
        ]
        assert len(mine) == 3, place


def test_who_gives_which(made: Made) -> None:
    """Clinical tests are the psychologist's; forms of daily life are for those who help, too."""
    refused = give(made, PHQ9, MODERATE, role="social_worker")
    assert refused.status_code == 403
    life = {"respondent": "interviewer", "answers": {str(n): 1 for n in range(1, 7)}}
    own = given(made, "wgss", "", role="social_worker", **life)
    assert made.get("psychologist", f"/assessments/{own['id']}") == own
    earlier = str(today() - timedelta(days=90))
    clinical = given(made, "wgss", "", administered_on=earlier, **life)
    assert made.send("social_worker", "GET", f"/assessments/{clinical['id']}").status_code == 404
    assert made.get("social_worker", "/assessments")["items"] == [own]
