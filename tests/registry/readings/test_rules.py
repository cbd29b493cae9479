"""Hours, nights and heaps, against the most naive reading of each rule."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.registry.readings.rules import HOUR, Hours, Shown, in_bulk

ALMATY = Hours(
    ZoneInfo("Asia/Almaty"), time(7), time(20), frozenset({1, 2, 3, 4, 5}), {date(2026, 3, 20)}
)
MORNING = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "after"),
    [
        (datetime(2026, 3, 19, 1, 59, 59, 999999, tzinfo=UTC), True),  # a moment before 7 there
        (datetime(2026, 3, 19, 2, tzinfo=UTC), False),
        (datetime(2026, 3, 19, 14, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 19, 15, tzinfo=UTC), True),  # 20 there
        (datetime(2026, 3, 20, 5, tzinfo=UTC), True),  # a holiday
        (datetime(2026, 3, 21, 5, tzinfo=UTC), True),  # a Saturday
        (datetime(2026, 3, 22, 23, tzinfo=UTC), True),  # 4 on Monday there
        (datetime(2026, 3, 23, 5, tzinfo=UTC), False),
    ],
)
def test_hours_are_those_of_the_place(at: datetime, after: bool) -> None:
    assert ALMATY.after(at) is after


def test_a_night_belongs_to_the_day_before_it() -> None:
    evening = datetime(2026, 3, 19, 22, tzinfo=ALMATY.zone)
    nights = [ALMATY.night(evening + timedelta(hours=hours)) for hours in range(11)]
    assert nights == [date(2026, 3, 19)] * 9 + [date(2026, 3, 20)] * 2


MOMENTS = st.integers(0, 2 * 365 * 86400).map(lambda second: MORNING + timedelta(seconds=second))
ZONES = st.sampled_from(["UTC", "Asia/Almaty", "Europe/Paris", "America/New_York"])


@given(MOMENTS, ZONES, st.sets(st.integers(1, 7)), st.times(), st.times())
def test_hours_as_a_clock_on_the_wall_has_them(
    at: datetime, zone: str, days: set[int], one: time, other: time
) -> None:
    opens, closes = sorted((one.replace(fold=0), other.replace(fold=0)))
    here = at.astimezone(ZoneInfo(zone))
    day, clock = here.strftime("%u"), here.strftime("%H:%M:%S.%f")
    begins, ends = (t.strftime("%H:%M:%S.%f") for t in (opens, closes))
    at_work = int(day) in days and begins <= clock < ends
    hours = Hours(ZoneInfo(zone), opens, closes, days, {date(2020, 1, 1)})
    assert hours.after(at) is not at_work
    assert Hours(ZoneInfo(zone), opens, closes, days, {here.date()}).after(at)
    assert hours.night(at) == (here.date() if begins <= clock else here.date() - timedelta(days=1))


FILES = [UUID(int=number) for number in range(8)]
ANSWERS = st.lists(
    st.builds(
        Shown,
        at=st.integers(0, 150).map(lambda minutes: MORNING + timedelta(minutes=minutes)),
        files=st.frozensets(st.sampled_from(FILES), max_size=4),
        fresh=st.booleans(),
    ),
    max_size=25,
)


def naively(shown: Iterable[Shown], most: int) -> set[tuple[datetime, frozenset[UUID]]]:
    """Of each moment of an answer: all that was shown in the hour before it."""
    shown, found = [*shown], set()
    for end in {one.at for one in shown}:
        within = [one for one in shown if end - HOUR < one.at <= end]
        files = frozenset(file for one in within for file in one.files)
        if len(files) > most and any(one.fresh for one in within):
            found.add((end, files))
    return found


@settings(max_examples=500)
@given(ANSWERS, st.integers(0, 7))
def test_in_bulk_as_naively(shown: list[Shown], most: int) -> None:
    heaps = sorted(in_bulk(shown, most), key=lambda one: one.last)
    last = [[*some][-1] for _, some in groupby(heaps, key=lambda one: one.last)]
    expected = naively(shown, most)
    # Of answers of one moment the last one has seen all of them.
    assert {(one.last, one.files) for one in last if (one.last, one.files) in expected} == expected
    assert {one.last for one in heaps} <= {end for end, _ in expected}
    for one in heaps:
        assert one.last - HOUR < one.first <= one.last
        assert most < len(one.files)


@settings(max_examples=300)
@given(ANSWERS, st.integers(0, 7), st.randoms(use_true_random=False))
def test_it_is_found_however_late_and_in_whichever_parts_it_is_looked_at(
    shown: list[Shown], most: int, chance: object
) -> None:
    """An answer that is committed late stands behind those that were judged before it."""
    parts = [*shown]
    chance.shuffle(parts)  # type: ignore[attr-defined]
    found, judged = set[frozenset[UUID]](), list[Shown]()
    while parts:
        some, parts = parts[:3], parts[3:]
        known = [Shown(one.at, one.files, False) for one in judged]
        fresh = [Shown(one.at, one.files, True) for one in some]
        found |= {heap.files for heap in in_bulk([*known, *fresh], most)}
        judged += some
    whole = {files for _, files in naively([Shown(s.at, s.files, True) for s in shown], most)}
    assert whole <= found
    assert bool(whole) == bool(found)
