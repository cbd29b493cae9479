"""A case with a past, and which way a read went."""

import pytest

from tests.conftest import World
from tests.making import ON_THE_TEAM, Made, new_case, staff_id
from tests.safeguards.guard.conftest import world as world
from tests.safeguards.guard.test_quick import ways as ways


@pytest.fixture(scope="module")
def lively(world: World) -> Made:
    """A child's case with records of many kinds, some of them changed since."""
    made = new_case(world, "2015-03-02", team=(*ON_THE_TEAM, "probation_officer"))
    made.reach("social_worker", "arrived", "needs_screened")
    for role, kind in (("social_worker", "social_work"), ("psychologist", "therapy")):
        note = {"kind": kind, "occurred_on": "2026-01-05", "text": f"by {role}"}
        assert made.post(role, "/notes", note).status_code == 201
    task = {"title": "ask the registry", "discipline": "legal_officer", "due_on": "2030-01-01"}
    task_id = made.post("social_worker", "/tasks", task).json()["id"]
    assert made.post("legal_officer", f"/tasks/{task_id}/acknowledge").is_success
    alert = made.post("psychologist", "/alerts", {"kind": "SAFETY_SELF"}).json()["id"]
    assert made.post("social_worker", f"/alerts/{alert}/acknowledge").is_success
    for row in made.get("supervisor", f"/team?user_id={staff_id(world, 'educator')}")["items"]:
        made.post("supervisor", f"/team/{row['id']}/release", {"reason": "has moved away"})
    return made
