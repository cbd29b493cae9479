"""A header that has one value, given twice: refused, whichever of the two somebody would read."""

from json import dumps

import pytest

from tests.test_journey import NOTE, some_case
from tests.worlds import World


@pytest.mark.parametrize("name", ["If-Match", "Idempotency-Key", "Authorization", "Content-Type"])
def test_a_header_that_has_one_value_is_given_once(world: World, name: str) -> None:
    path = f"/v1/cases/{some_case(world)}"
    method = "PATCH" if name == "If-Match" else "POST"
    path += "" if name == "If-Match" else "/notes"
    tag = world.as_("social_worker")("GET", path.removesuffix("/notes")).headers["ETag"]
    token = world.staff["social_worker", "north"].token
    good = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    good |= {"If-Match": tag} if name == "If-Match" else {"Idempotency-Key": "given-twice"}
    body = b"{}" if name == "If-Match" else dumps({**NOTE, "kind": "social_work"}).encode()
    for second in (good[name], '"other"'):
        headers = [*good.items(), (name, second)]
        answer = world.client.request(method, path, headers=headers, content=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "repeated-header")
