"""The timeline: what was done on a case, behind the wall of its history, streamed or in pages."""

from typing import Any

from tests.conftest import World
from tests.making import new_case


def test_first(world: World) -> None:
    made = new_case(world, "2015-03-02")
    for _ in range(2):
        whole = made.get("social_worker", "/timeline")
        print(whole["items"][:2], len(whole["items"]), whole["next"])
        oracle = made.get("social_worker", "/history?limit=200")["items"]
        assert [one["event_id"] for one in whole["items"]][::-1] == [
            one["event_id"] for one in oracle
        ]
        page = made.get("social_worker", "/timeline?limit=3&order=asc")
        assert page["next"]
        assert page["items"] == whole["items"][::-1][:3]
