"""A key or a cursor of somebody else is one that nobody has: to the byte, but ids and moments."""

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.access.test_sealing import VARY
from tests.architecture.test_routes import application
from tests.conftest import World
from tests.hiring import hire
from tests.making import Made, Send, new_case

CHANCE = re.compile(rb'[0-9a-f]{8}-[0-9a-f-]{27}|[0-9-]{10}T[0-9:.]+Z|"[0-9a-f]{32}\\?"')
GARBLED = ("A" * 30, "A" * 31, "nothing", "é", "%00", "..", "A" * 2001)
TEXT = "what nobody else reads"


def told(answer: Any) -> Any:
    headers = {n: v for n, v in answer.headers.items() if n not in VARY}
    plain = {n: CHANCE.sub(b"", v.encode()) for n, v in headers.items()}
    return answer.status_code, plain, CHANCE.sub(b"", answer.content)


def on_team(case: Made) -> Send:
    """A second social worker."""
    other = hire(case.world)
    member = {"user_id": other.id, "part": "worker", "reason": "two of them"}
    assert case.post("social_worker", "/team", member).status_code == 201
    return case.world.with_token(other.pair()["access_token"])


@pytest.mark.parametrize("member", [True, False])
def test_somebody_elses_key_is_an_unused_one(world: World, member: bool) -> None:
    """Of the same request, word for word, by who may write there and by who may not."""
    case, key = new_case(world, team=()), str(uuid4())
    other = on_team(case) if member else world.with_token(hire(world).pair()["access_token"])
    note = {"kind": "social_work", "occurred_on": "2026-01-05", "text": TEXT}
    theirs = case.post("social_worker", "/notes", note, headers={"Idempotency-Key": key})
    assert theirs.status_code == 201, theirs.text

    def sent(key: str) -> Any:
        return other("POST", f"{case.path}/notes", json=note, headers={"Idempotency-Key": key})

    foreign, unused = sent(key), sent(str(uuid4()))
    assert told(foreign) == told(unused)
    assert foreign.status_code == (201 if member else 404)
    assert theirs.json()["id"] not in foreign.text
    again = case.post("social_worker", "/notes", note, headers={"Idempotency-Key": key})
    assert again.content == theirs.content


def lists(world: World, case: Made) -> list[str]:
    """The address of each list that is told in pages."""
    paths = application(world).openapi()["paths"]
    ids = {"case_id": case.id, "person_id": case.person_id}
    return [
        path.format(**ids)
        for path, methods in paths.items()
        if any(one["name"] == "cursor" for one in methods.get("get", {}).get("parameters", ()))
        and set(re.findall(r"{(\w+)}", path)) <= ids.keys()
    ]


def test_a_foreign_cursor_is_a_garbled_one_in_every_list(world: World) -> None:
    case = new_case(world)
    second = world.with_token(hire(world, "auditor").pair()["access_token"])
    first, asked = world.as_("auditor"), 0
    paths = lists(world, case)
    assert len(paths) > 25
    for path in paths:
        page = second("GET", f"{path}?limit=1")
        if page.status_code != 200:
            continue
        garbled = {str(told(first("GET", path, params={"cursor": one}))) for one in GARBLED[:2]}
        assert len(garbled) == 1, path
        for one in GARBLED[2:]:
            assert first("GET", path, params={"cursor": one}).status_code == 422, (path, one)
        if (cursor := page.json()["next"]) is None:
            continue
        asked += 1
        assert second("GET", path, params={"cursor": cursor}).status_code == 200, path
        foreign = first("GET", path, params={"cursor": cursor})
        assert foreign.status_code == 422, path
        assert {str(told(foreign))} == garbled, path
    assert asked > 8
