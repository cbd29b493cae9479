"""Who counts as a child today is the law of the place that keeps the file, by its own day."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.registry.people.standing import day_of, jurisdiction_of, standing


def born(day: str, **more: Any) -> dict[str, Any]:
    one = date.fromisoformat(day)
    known = {"value": day, "precision": "day", "earliest": one, "latest": one}
    return {**known, "placeholder": False, **more}


@pytest.mark.parametrize(
    ("at", "jurisdiction", "child", "age"),
    [
        # In Republic A, five hours ahead of UTC, the birthday of 2 January has begun.
        (datetime(2026, 1, 1, 20, tzinfo=UTC), "ra", False, 18),
        (datetime(2026, 1, 1, 20, tzinfo=UTC), None, True, 17),
        (datetime(2026, 1, 1, 18, 59, tzinfo=UTC), "ra", True, 17),
        (datetime(2026, 1, 2, tzinfo=UTC), "nowhere", False, 18),
    ],
)
def test_the_day_is_that_of_the_place(
    at: datetime, jurisdiction: str | None, child: bool, age: int
) -> None:
    told = standing(born("2008-01-02"), {"at": at, "jurisdiction": jurisdiction})
    assert told == {"age": {"lowest": age, "highest": age}, "child": child}


def test_a_placeholder_may_stand_for_its_year() -> None:
    at = {"at": datetime(2026, 6, 1, tzinfo=UTC), "jurisdiction": "ra"}
    told = standing(born("2008-01-01", placeholder=True), at)
    assert told == {"age": {"lowest": 17, "highest": 18}, "child": True}
    assert standing(born("2008-01-01"), at)["child"] is False


def test_places_that_are_not_on_record() -> None:
    assert jurisdiction_of("nowhere") is None
    assert jurisdiction_of(None) is None
    assert day_of(jurisdiction_of("ra"), datetime(2026, 1, 1, 19, tzinfo=UTC)) == date(2026, 1, 2)
