"""A probation officer reaches the conditions that they see to, and what of them is theirs to do."""

from datetime import timedelta
from typing import Any

from tests.conftest import World
from tests.hiring import change, hire
from tests.looking import token_of
from tests.making import Made, colleague_of, new_case, staff_id, today

CONDITION = {"kind": "curfew", "authority": "District Court 1", "text": "at home from ten to six"}
NOTE = {"kind": "legal", "occurred_on": "2026-01-05", "text": "what the court was told"}
WHY = {"reason": "lifted by the court"}


def imposed(made: Made, **more: Any) -> Any:
    return made.post("prosecutor", "/supervisions", {**CONDITION, **more})


def supervised(made: Made, **more: Any) -> str:
    body = {"officer_id": staff_id(made.world, "probation_officer"), **more}
    answer = imposed(made, **body)
    assert answer.status_code == 201, answer.text
    return f"/supervisions/{answer.json()['id']}"


def case_of(world: World, birth: str = "1991-05-17") -> Made:
    made = new_case(world, birth, team=("prosecutor",))
    assert made.post("prosecutor", "/notes", NOTE).status_code == 201
    return made


def reads(made: Made) -> bool:
    """Their condition; the cover goes with it, and nothing that others say of the matter."""
    answer = made.send("probation_officer", "GET", "/supervisions")
    listed = made.as_("probation_officer")("GET", f"/v1/cases?person_id={made.person_id}").json()
    told = answer.json()["items"] if answer.is_success else []
    assert (
        len(listed["items"]) == made.send("probation_officer", "GET", "").is_success >= bool(told)
    )
    assert NOTE["text"] not in made.send("probation_officer", "GET", "/notes").text
    return [one["text"] for one in told] == [CONDITION["text"]]


def test_the_team_alone_opens_the_cover(world: World) -> None:
    made = case_of(world)
    member = {
        "user_id": staff_id(world, "probation_officer"),
        "part": "probation",
        "reason": "test",
    }
    assert made.post("social_worker", "/team", member).status_code == 201
    assert made.get("probation_officer")["id"] == made.id
    assert not reads(made)
    supervised(made)
    assert reads(made)


def test_the_condition_of_another_officer_opens_nothing(world: World) -> None:
    made, other = case_of(world), hire(world, "probation_officer")
    supervised(made)
    send = world.with_token(other.pair()["access_token"])
    for path in ("", "/supervisions"):
        assert send("GET", made.path + path).status_code == 404
    assert not [one for one in send("GET", "/v1/cases?limit=200").json()["items"]]
    supervised(made, officer_id=other.id, text="reports each week")
    told = send("GET", f"{made.path}/supervisions").json()["items"]
    assert [one["text"] for one in told] == ["reports each week"]
    assert reads(made)  # each their own


def test_it_opens_and_closes_with_the_condition(world: World) -> None:
    made = case_of(world)
    assert not reads(made)
    path = supervised(made)
    assert reads(made)
    assert made.get("probation_officer", path)["text"] == CONDITION["text"]
    assert made.post("probation_officer", f"{path}/end", WHY).status_code == 403
    ended = made.post("prosecutor", f"{path}/end", WHY)
    assert (ended.status_code, ended.json()["until"]) == (200, str(today()))
    assert not reads(made)
    again = made.post("prosecutor", f"{path}/end", WHY)
    assert (again.status_code, again.json()["code"]) == (409, "ended")


def test_it_counts_from_its_first_day_to_the_day_before_its_last(world: World) -> None:
    for since, until, open_ in ((-9, 0, False), (-9, 1, True), (0, 1, True), (1, 9, False)):
        made = case_of(world)
        days = {"since": since, "until": until}
        supervised(made, **{n: str(today() + timedelta(days=by)) for n, by in days.items()})
        assert reads(made) is open_, (since, until)


def test_another_officer_takes_over(world: World) -> None:
    made, other = case_of(world), colleague_of(world, "probation_officer")
    path = supervised(made, officer_id=other["id"])
    assert not reads(made)
    mine = {"officer_id": staff_id(world, "probation_officer")}
    given = made.post("prosecutor", f"{path}/assign", mine)
    assert given.status_code == 200, given.text
    assert reads(made)
    assert world.with_token(token_of(world.house, other["id"]))("GET", made.path).status_code == 404
    wrong = made.post("prosecutor", f"{path}/assign", {"officer_id": staff_id(world, "educator")})
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "unknown")


def test_a_childs_condition_opens_no_content(world: World) -> None:
    """Of child justice the field gives a probation officer the state and dates alone."""
    made = case_of(world, "2012-02-02")
    path = supervised(made)
    assert made.get("probation_officer")["id"] == made.id
    for at in ("/notes", "/supervisions", path):
        answer = made.send("probation_officer", "GET", at)
        assert NOTE["text"] not in answer.text
        assert CONDITION["text"] not in answer.text


def test_nobody_else_imposes_one_and_days_are_in_order(world: World) -> None:
    made = case_of(world)
    for role in ("social_worker", "supervisor", "probation_officer", "legal_officer", "auditor"):
        assert made.post(role, "/supervisions", CONDITION).status_code in (403, 404), role
    wrong = imposed(made, until="2020-01-01")
    assert wrong.json()["errors"][0]["code"] == "before-since"
    assert made.get("auditor", "/supervisions")["items"] == []


def test_with_an_officer_who_leaves_it_waits_for_another(world: World) -> None:
    made, other = case_of(world), colleague_of(world, "probation_officer")
    path = supervised(made, officer_id=other["id"])
    assert change(world, other["id"], disabled=True).status_code == 200
    left = made.get("prosecutor", path)
    assert (left["officer_id"], left["until"]) == (None, None)


def test_of_the_matter_they_see_their_own_and_nothing_else(world: World) -> None:
    """Not the condition of a colleague, nor a task, a move or a note of who prosecutes."""
    made, other = case_of(world), colleague_of(world, "probation_officer")
    mine, theirs = supervised(made), supervised(made, officer_id=other["id"], kind="reporting")
    due = {"title": "hear the family", "due_on": str(today()), "record_class": "justice"}
    not_own, own = (
        made.post("prosecutor", "/tasks", {**due, **more})
        for more in ({}, {"discipline": "probation_officer"})
    )
    for one in (own, not_own):
        assert one.status_code == 201, one.text
    told = made.get("probation_officer", "/supervisions")["items"]
    assert [f"/supervisions/{one['id']}" for one in told] == [mine]
    assert made.send("probation_officer", "GET", theirs).status_code == 404
    tasks = {one["id"] for one in made.get("probation_officer", "/tasks")["items"]}
    assert tasks == {own.json()["id"]}
    path = f"/tasks/{not_own.json()['id']}"
    assert made.send("probation_officer", "GET", path).status_code == 404
    assert made.post("probation_officer", f"{path}/acknowledge").status_code == 404
    done = made.post("probation_officer", f"/tasks/{own.json()['id']}/acknowledge")
    assert done.status_code == 200, done.text
    past = made.get("probation_officer", "/history?limit=200")["items"]
    seen = {one["record_id"] for one in past if one["record"] in ("task", "condition", "note")}
    assert seen == {mine[-36:], *tasks}
    assert {one["record"] for one in past if one["record_class"] == "justice"} >= {"condition"}
