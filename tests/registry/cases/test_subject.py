"""Whom the rules of a case hold for a child is whom the person's own page calls one."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.registry.cases.subject import Subject
from app.registry.people.standing import jurisdiction_of, reckoned, standing


@pytest.mark.parametrize("placeholder", [True, False])
@pytest.mark.parametrize(
    "latest", [None, date(2008, 1, 1), date(2008, 2, 29), date(2007, 12, 31), date(2009, 1, 1)]
)
def test_one_answer_whoever_asks(latest: date | None, placeholder: bool) -> None:
    row: dict[str, Any] = {
        "birth_value": None,
        "birth_precision": "day",
        "birth_earliest": latest,
        "birth_latest": latest,
        "birth_placeholder": placeholder,
    }
    place = jurisdiction_of("ra")
    assert place is not None
    for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 30), date(2026, 12, 31)):
        at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
        told = standing(row, {"at": at, "jurisdiction": "ra"})
        assert Subject(place, *reckoned(row), day).child is told["child"]
