"""A filter by a code that no list knows is a mistake, not an empty list."""

import pytest

from tests.conftest import World
from tests.making import new_case

KNOWN = {
    "phase": "reception",
    "programme": "alder",
    "code": "arrived",
    "track": "HLT",
    "discipline": "psychologist",
    "role": "psychologist",
    "kind": "SAFETY_SELF",
}
LISTS = (
    ("social_worker", "/v1/cases", "phase"),
    ("social_worker", "/v1/cases", "programme"),
    ("coordinator", "/v1/operations", "programme"),
    ("social_worker", "{case}/milestones", "code"),
    ("social_worker", "{case}/deadlines", "track"),
    ("social_worker", "{case}/tasks", "track"),
    ("social_worker", "{case}/tasks", "discipline"),
    ("social_worker", "{case}/alerts", "kind"),
    ("administrator", "/v1/users", "role"),
)


@pytest.mark.parametrize(("role", "path", "name"), LISTS)
def test_a_filter_takes_the_codes_that_are_known(
    world: World, role: str, path: str, name: str
) -> None:
    address = path.format(case=new_case(world, team=()).path if "{case}" in path else "")
    send = world.as_(role)
    known = send("GET", f"{address}?{name}={KNOWN[name]}")
    assert known.status_code == 200, known.text
    for unknown in ("unheard_of", KNOWN[name].swapcase(), ""):
        answer = send("GET", f"{address}?{name}={unknown}")
        assert answer.status_code == 422, answer.text
        assert [one["pointer"] for one in answer.json()["errors"]] == [f"query.{name}"]
