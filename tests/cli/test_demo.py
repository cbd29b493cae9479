"""The demo as it is found by who signs in: every role has work, and nobody sees beyond it."""

import pytest

from app.safeguards.access.policy import POLICY, ROLES
from tests.conftest import World


@pytest.mark.parametrize("role", [r for r in ROLES if r in POLICY.classes["case"]])
def test_every_role_finds_cases_to_work_on(world: World, role: str) -> None:
    found = world.as_(role)("GET", "/v1/cases?status=open&limit=200")
    assert found.status_code == 200
    assert found.headers["X-Data-Class"] == "synthetic"
    assert found.json()["items"], role


def test_a_school_finds_pupils_tracks_and_no_case(world: World) -> None:
    assert world.as_("educator")("GET", "/v1/cases").status_code == 403
