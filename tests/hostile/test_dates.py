"""A day is written as a day: a number would be read as seconds since 1970, and widen a filter."""

from typing import Any

import pytest

from tests.conftest import World
from tests.making import new_case

NO_DAYS: list[Any] = [
    0,
    86_400,
    1.5e9,
    "0",
    "86400",
    "2026-01-05T00:00:00",
    "20260105",
    "٢٠٢٦-01-05",
]


@pytest.mark.parametrize("day", NO_DAYS)
def test_what_is_no_day(world: World, day: Any) -> None:
    made = new_case(world, team=())
    note = {"kind": "social_work", "occurred_on": day, "text": "a note"}
    for answer in (
        made.post("social_worker", "/notes", note),
        made.send("social_worker", "GET", "/notes", params={"occurred_on": day}),
        world.as_("social_worker")("GET", "/v1/tasks", params={"due_before": day}),
    ):
        assert answer.status_code == 422, answer.text
        assert [one["code"] for one in answer.json()["errors"]] == ["date-parsing"]
