"""A prosecutor and a lawyer reach what a proceeding is about by a mandate, never by the team."""

from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import World
from tests.making import Made, new_case, on_docket, staff_id, today

NOTE = {"kind": "legal", "occurred_on": "2026-01-05", "text": "what the court was told"}
TEAM = ("prosecutor", "defence_lawyer")
MATTER = {"kind": "criminal", "authority": "District Court 1", "reference": "1-204/2026"}
WHY = {"reason": "the mandate was withdrawn"}


def joined(world: World, birth: str = "1991-05-17") -> Made:
    """Both are on the team, and on no docket."""
    made = new_case(world, birth, team=("legal_officer",))
    for role in TEAM:
        member = {"user_id": staff_id(world, role), "part": role, "reason": "summons"}
        assert made.post("social_worker", "/team", member).status_code == 201
    return made


def texts(made: Made, role: str) -> list[str]:
    answer = made.send(role, "GET", "/notes")
    return [one["text"] for one in answer.json()["items"]] if answer.is_success else []


def entry(world: World, role: str, **more: Any) -> dict[str, Any]:
    body = {
        "user_id": staff_id(world, role),
        "mandate": "order 7",
        "mandate_dated_on": "2026-01-02",
    }
    return {**body, "until": str(today() + timedelta(days=9)), **more}


def opened(made: Made, by: str = "supervisor", **more: Any) -> str:
    answer = made.post(by, "/proceedings", {**MATTER, **more})
    assert answer.status_code == 201, answer.text
    return f"/proceedings/{answer.json()['id']}"


def test_the_team_alone_opens_the_cover_and_the_docket_what_it_is_about(world: World) -> None:
    made = joined(world)
    for role in TEAM:
        assert made.get(role)["id"] == made.id
        assert made.send(role, "GET", "/notes").status_code == 403
        assert made.send(role, "GET", "/proceedings").status_code == 403
    assert made.post("prosecutor", "/notes", NOTE).status_code == 403
    ids = [on_docket(made, role)["proceeding_id"] for role in TEAM]
    assert made.post("prosecutor", "/notes", NOTE).status_code == 201
    for role in TEAM:
        assert texts(made, role) == [NOTE["text"]]
        seen = {one["id"] for one in made.get(role, "/proceedings")["items"]}
        assert seen == set(ids)
    assert made.post("defence_lawyer", "/notes", NOTE).status_code == 403


def test_an_entry_opens_the_case_without_the_team_and_ends_with_its_mandate(world: World) -> None:
    made, other = new_case(world, team=()), new_case(world, team=())
    lawyer = world.as_("defence_lawyer")
    assert lawyer("GET", made.path).status_code == 404
    entered = on_docket(made, "defence_lawyer")
    assert lawyer("GET", made.path).json()["id"] == made.id
    listed = lawyer("GET", f"/v1/cases?person_id={made.person_id}&count=true").json()
    assert (len(listed["items"]), listed["total"]) == (1, 1)
    assert lawyer("GET", other.path).status_code == 404
    path = f"/proceedings/{entered['proceeding_id']}/parties/{entered['id']}/end"
    assert made.post("defence_lawyer", path, WHY).status_code == 403
    ended = made.post("supervisor", path, WHY)
    assert (ended.status_code, ended.json()["until"]) == (200, str(today()))
    assert lawyer("GET", made.path).status_code == 404
    assert lawyer("GET", f"/v1/cases?person_id={made.person_id}").json()["items"] == []
    again = made.post("supervisor", path, WHY)
    assert (again.status_code, again.json()["code"]) == (409, "ended")


def test_an_entry_counts_from_its_first_day_to_the_day_before_its_last(world: World) -> None:
    lawyer = world.as_("defence_lawyer")
    for since, until, open_ in ((-9, 0, False), (-9, 1, True), (0, 1, True), (1, 9, False)):
        made = new_case(world, team=())
        days = {"since": since, "until": until}
        on_docket(
            made,
            "defence_lawyer",
            **{name: str(today() + timedelta(days=by)) for name, by in days.items()},
        )
        assert (lawyer("GET", made.path).status_code == 200) is open_, (since, until)


def test_a_civil_matter_opens_papers_and_nothing_of_a_prosecution(world: World) -> None:
    made = new_case(world)
    assert made.post("prosecutor", "/notes", NOTE).status_code == 201
    paper = {**NOTE, "text": "the birth certificate was asked for"}
    assert made.post("legal_officer", "/notes", paper).status_code == 201
    on_docket(made, "defence_lawyer", "civil", by="legal_officer")
    assert texts(made, "defence_lawyer") == [paper["text"]]
    kinds = [one["kind"] for one in made.get("defence_lawyer", "/proceedings")["items"]]
    assert kinds == ["civil"]
    body = entry(world, "prosecutor")
    refused = made.post("social_worker", f"{opened(made, kind='criminal')}/parties", body)
    assert refused.status_code == 404
    civil = opened(made, "social_worker", kind="civil")
    refused = made.post("social_worker", f"{civil}/parties", body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "no-party")


def test_a_child_has_a_docket_of_its_own(world: World) -> None:
    made = joined(world, "2012-02-02")
    assert made.post("coordinator", "/proceedings", MATTER).status_code == 403
    path = opened(made)
    assert made.send("coordinator", "GET", "/proceedings").json()["items"] == []
    plain = made.post("supervisor", f"{path}/parties", entry(world, "prosecutor"))
    assert (plain.status_code, plain.json()["errors"][0]["code"]) == (422, "not-juvenile")
    assert made.send("prosecutor", "GET", "/notes").status_code == 403
    body = entry(world, "prosecutor", juvenile=True)
    assert made.post("supervisor", f"{path}/parties", body).status_code == 201
    assert made.post("prosecutor", "/notes", NOTE).status_code == 201
    assert texts(made, "prosecutor") == [NOTE["text"]]


def test_an_act_that_turns_out_to_be_a_childs_takes_it_from_the_unspecialised(
    world: World,
) -> None:
    made = new_case(world, "2001-05-17", team=())
    entered = on_docket(made, "prosecutor", juvenile=False)
    assert made.post("prosecutor", "/notes", NOTE).status_code == 201
    board = {"decided_by": "Board", "members": ["A. Aliev", "B. Brown", "C. Cherny"]}
    for code, more in (
        ("P2_ADULT_ACCUSED_AT_LIBERTY", {}),
        ("P7_CHILD_CONTACT_LAW", {"act_on": "2018-06-01"}),
    ):
        plan = {"code": code, "reason": "heard", **board, **more}
        moved = made.post("supervisor", "/pathways", plan)
        assert moved.status_code == 201, moved.text
    assert made.send("prosecutor", "GET").status_code == 404
    path = f"/proceedings/{entered['proceeding_id']}/parties/{entered['id']}"
    assert made.get("supervisor", path)["juvenile"] is False


def test_nobody_enters_themselves_or_is_entered_without_a_mandate(world: World) -> None:
    made = joined(world)
    path = f"{opened(made, 'legal_officer')}/parties"
    own = made.post("legal_officer", path, entry(world, "legal_officer"))
    assert (own.status_code, own.json()["code"]) == (403, "own-docket")
    assert made.post("prosecutor", path, entry(world, "prosecutor")).status_code == 403
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("social_worker", {}, "no-party"),
        ("defence_lawyer", {"until": str(today())}, "before-since"),
        ("defence_lawyer", {"mandate_dated_on": "2199-01-01"}, "future"),
        ("defence_lawyer", {"mandate": ""}, "string-too-short"),
        ("defence_lawyer", {"user_id": made.id}, "unknown"),
    ]
    for role, more, code in wrong:
        answer = made.post("supervisor", path, entry(world, role, **more))
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code), more
    for role in ("prosecutor", "defence_lawyer", "legal_officer"):
        endless = entry(world, role)
        del endless["until"]
        answer = made.post("supervisor", path, endless)
        assert answer.status_code == 422, f"{role}: {answer.text}"
        assert answer.json()["errors"][0]["pointer"] == "/until"
    assert made.post("supervisor", path, entry(world, "prosecutor")).status_code == 201
    twice = made.post("supervisor", path, entry(world, "prosecutor"))
    assert (twice.status_code, twice.json()["code"]) == (409, "already-entered")


@pytest.mark.parametrize(
    "role", ["social_worker", "psychologist", "educator", "security_assessor", "partner"]
)
def test_the_docket_is_not_for_care(world: World, role: str) -> None:
    made = new_case(world)
    answer = made.send(role, "GET", "/proceedings")
    assert answer.status_code in (403, 404) or answer.json()["items"] == []
    assert made.post(role, "/proceedings", MATTER).status_code in (403, 404)


def test_a_proceeding_moves_and_is_taken_up_again_by_an_appeal_alone(world: World) -> None:
    made = new_case(world)
    path = opened(made)
    told = made.post("supervisor", f"{path}/transitions", {"to": "closed"})
    assert (told.status_code, told.json()["errors"][0]["code"]) == (422, "missing")
    done = made.post("prosecutor", f"{path}/transitions", {"to": "closed", "outcome": "acquitted"})
    assert (done.status_code, done.json()["closed_on"]) == (200, str(today())), done.text
    again = made.post("supervisor", f"{path}/transitions", {"to": "open"})
    assert (again.status_code, again.json()["allowed"]) == (409, ["appealed"])
    appeal = made.post("supervisor", f"{path}/transitions", {"to": "appealed"})
    assert (appeal.status_code, appeal.json()["closed_on"]) == (200, None)
