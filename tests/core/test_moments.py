"""Moments in queries: a day or a time with its zone; and one that has been."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import TypeAdapter, ValidationError

from app.core import moments
from app.core.moments import Moment, Past

MOMENT, PAST = TypeAdapter[datetime](Moment), TypeAdapter[datetime](Past)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("of", [MOMENT, PAST])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-01", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-02-01T10:30Z", datetime(2026, 2, 1, 10, 30, tzinfo=UTC)),
        ("2026-02-01T10:30:05.000001+05:00", datetime(2026, 2, 1, 5, 30, 5, 1, tzinfo=UTC)),
    ],
)
def test_a_day_is_its_beginning_and_a_time_is_told_in_utc(
    of: TypeAdapter[datetime], text: str, expected: datetime
) -> None:
    found = of.validate_python(text)
    assert (found, found.tzinfo) == (expected, UTC)


@pytest.mark.parametrize(
    "text", ["2026-02-01T10:30", "2026-02-30", "yesterday", "1700000000", "", "9999-01-01", 7]
)
@pytest.mark.parametrize("of", [MOMENT, PAST])
def test_what_is_neither_is_refused(of: TypeAdapter[datetime], text: object) -> None:
    with pytest.raises(ValidationError) as refused:
        of.validate_python(text)
    assert [one["type"] for one in refused.value.errors()] == ["moment-parsing"]


def test_a_past_has_been(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "now", lambda: NOW)
    assert PAST.validate_python("2026-03-01T12:00Z") == NOW
    later = (NOW + timedelta(microseconds=1)).isoformat()
    assert MOMENT.validate_python(later) > NOW
    with pytest.raises(ValidationError) as refused:
        PAST.validate_python(later)
    assert [one["type"] for one in refused.value.errors()] == ["future"]
