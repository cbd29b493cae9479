"""Tasks: for a person or a discipline, who can read them, until they are done or cancelled."""

from datetime import timedelta
from typing import Any

import pytest

from app.casework.tasks.models import Task, unfinished
from app.core.db import table
from tests.conftest import World
from tests.making import Made, every_page, new_case, staff_id, today

DUE = (today() + timedelta(days=7)).isoformat()


def set_task(made: Made, role: str, **more: Any) -> Any:
    return made.post(role, "/tasks", {"title": "call the school", "due_on": DUE, **more})


def test_a_task_without_an_owner_is_its_authors(world: World) -> None:
    made = new_case(world)
    task = set_task(made, "social_worker").json()
    assert (task["assignee_id"], task["status"]) == (task["author_id"], "open")
    mine = world.as_("social_worker")("GET", "/v1/tasks?mine=true&limit=200").json()["items"]
    assert task["id"] in {one["id"] for one in mine}


def test_a_task_for_a_discipline_is_taken_by_one_of_it(world: World) -> None:
    made = new_case(world)
    task = set_task(made, "social_worker", discipline="psychologist").json()
    path = f"/tasks/{task['id']}"
    assert task["assignee_id"] is None
    taken = made.post("psychologist", f"{path}/acknowledge")
    assert taken.status_code == 200, taken.text
    assert taken.json()["assignee_id"] == staff_id(world, "psychologist")
    assert made.post("psychologist", f"{path}/acknowledge").status_code == 409
    other = made.post("health_worker", f"{path}/finish", {"outcome": "done it"})
    assert (other.status_code, other.json()["code"]) == (403, "not-yours")
    assert made.post("legal_officer", f"{path}/finish", {"outcome": "done it"}).status_code == 404
    done = made.post("psychologist", f"{path}/finish", {"outcome": "met the mother"})
    assert (done.json()["status"], done.json()["outcome"]) == ("done", "met the mother")
    late = made.post("social_worker", f"{path}/cancel", {"reason": "too late"})
    assert (late.status_code, late.json()["current"]) == (409, "done")


def test_a_task_is_for_who_may_read_it(world: World) -> None:
    made = new_case(world)
    deaf = set_task(made, "social_worker", discipline="prosecutor")
    assert deaf.json()["errors"][0]["code"] == "cannot-read"
    person = set_task(made, "social_worker", assignee_id=staff_id(world, "prosecutor"))
    assert person.json()["errors"][0]["pointer"] == "/assignee_id"
    above = set_task(made, "social_worker", record_class="clinical")
    assert above.status_code == 403
    hidden = set_task(made, "psychologist", record_class="clinical").json()
    assert made.send("social_worker", "GET", f"/tasks/{hidden['id']}").status_code == 404
    assert made.get("psychologist", f"/tasks/{hidden['id']}")["title"] == "call the school"


OWN = ("legal_officer", "livelihoods_officer")  # of the plan they see what is their own


@pytest.mark.parametrize(("role", "other"), [OWN, OWN[::-1]])
def test_of_the_plan_some_see_their_own_tasks_alone(world: World, role: str, other: str) -> None:
    made, me = new_case(world), staff_id(world, role)
    not_theirs = [
        set_task(made, "social_worker"),
        set_task(made, other),
        set_task(made, "social_worker", discipline=other),
        set_task(made, "social_worker", assignee_id=staff_id(world, other)),
    ]
    theirs = [
        set_task(made, role),
        set_task(made, "social_worker", discipline=role),
        set_task(made, "social_worker", discipline="psychologist", assignee_id=me),
        set_task(made, role, discipline="psychologist"),
    ]
    up = set_task(made, "social_worker")
    path = f"/tasks/{up.json()['id']}/escalate"
    assert made.send(role, "GET", f"/tasks/{up.json()['id']}").status_code == 404
    assert made.post("social_worker", path, {"to": role, "reason": "a lawyer must"}).is_success
    ids = [one.json()["id"] for one in (*theirs, up)]
    assert {one["id"] for one in made.get(role, "/tasks")["items"]} == set(ids)
    everywhere = every_page(world.as_(role), "/v1/tasks?limit=200")
    assert {one["id"] for one in everywhere if one["case_id"] == made.id} == set(ids)
    for one in not_theirs:
        assert one.status_code == 201, one.text
        for method, deed in (("GET", ""), ("POST", "/acknowledge"), ("PATCH", "")):
            path = f"/tasks/{one.json()['id']}{deed}"
            told = made.send(role, method, path, **({"json": {}} if method != "GET" else {}))
            assert told.status_code == 404, (method, path)
    past = made.get(role, "/history?record=task&limit=200")["items"]
    assert {one["record_id"] for one in past} == set(ids)
    told = [(one["part"], one["reason"]) for one in made.get(role, "/team")["items"]]
    assert set(told) == {(None, None)}, "in words of the plan, and of nobody in particular"


def test_a_task_of_a_track_stays_behind_its_wall(world: World) -> None:
    made = new_case(world)
    assert set_task(made, "social_worker", track="JUS").status_code == 422
    task = set_task(made, "health_worker", track="HLT").json()
    assert made.send("legal_officer", "GET", f"/tasks/{task['id']}").status_code == 404
    assert made.get("health_worker", "/tasks?track=HLT")["items"][0]["id"] == task["id"]


def test_a_task_changes_under_its_version_and_escalates(world: World) -> None:
    made = new_case(world)
    task = set_task(made, "social_worker", discipline="psychologist").json()
    path = f"/tasks/{task['id']}"
    tag = made.send("social_worker", "GET", path).headers["ETag"]
    soon = (today() + timedelta(days=2)).isoformat()
    blind = made.send("social_worker", "PATCH", path, json={"due_on": soon})
    assert blind.status_code == 428
    given: dict[str, Any] = {"json": {"due_on": soon, "priority": "urgent"}}
    changed = made.send("social_worker", "PATCH", path, headers={"If-Match": tag}, **given)
    assert (changed.status_code, changed.json()["due_on"]) == (200, soon)
    assert changed.json()["details"] is None
    stale = made.send("social_worker", "PATCH", path, headers={"If-Match": tag}, **given)
    assert stale.status_code == 412
    up = made.post("psychologist", f"{path}/escalate", {"to": "supervisor", "reason": "no room"})
    assert (up.status_code, up.json()["escalated_to"]) == (200, "supervisor")
    assert made.post("supervisor", f"{path}/finish", {"outcome": "room found"}).is_success


def test_the_list_of_all_cases_is_due_first_and_unfinished(world: World) -> None:
    made = new_case(world)
    late = set_task(made, "legal_officer", due_on="2026-01-05").json()
    gone = set_task(made, "legal_officer", due_on="2026-01-04").json()
    made.post("legal_officer", f"/tasks/{gone['id']}/cancel", {"reason": "not needed"})
    listed = world.as_("legal_officer")("GET", "/v1/tasks?due_before=2026-01-06").json()["items"]
    assert [one["id"] for one in listed if one["case_id"] == made.id] == [late["id"]]
    cancelled = world.as_("legal_officer")("GET", "/v1/tasks?status=cancelled").json()["items"]
    assert gone["id"] in {one["id"] for one in cancelled}


def test_what_keeps_a_case_open_is_neither_done_nor_a_reminder_of_a_timer() -> None:
    """A timer keeps none open, and so does no task that was made for it."""
    said = " ".join(str(unfinished(table(Task))).split())
    assert said == "tasks.status IN (__[POSTCOMPILE_status_1]) AND tasks.deadline_id IS NULL"
