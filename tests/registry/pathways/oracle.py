"""The rules told a second time, naively and from the raw files, to hold the first against."""

import tomllib
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.registry.pathways.catalogue import DATA

Raw = dict[str, Any]
Pairs = set[tuple[str, str]]


def raw(name: str) -> Raw:
    return tomllib.loads((DATA / name).read_text())


def raw_files(folder: str) -> dict[str, Raw]:
    files = [tomllib.loads(path.read_text()) for path in sorted(Path(DATA / folder).glob("*.toml"))]
    return {file["code"]: file for file in files}


TRACKS = raw_files("tracks")
PATHWAYS = raw_files("pathways")
JURISDICTIONS = raw_files("jurisdictions")


def unmet(
    track: str,
    state: str,
    to: str,
    role: str,
    milestones: Collection[str],
    reason: str | None,
    decided_by: str | None,
    jurisdiction: str,
    pathways: Collection[str],
    is_child: bool,
) -> Pairs:
    file = TRACKS[track]
    if not {state, to} <= file["states"].keys():
        return {("unknown-state", "no such state")}
    for move in file["moves"]:
        if state in move["from"] and to == move["to"]:
            break
    else:
        return {("no-such-move", f"{state} to {to}")}
    found: Pairs = set()
    who = move.get("who", "any")
    if who == "child" and not is_child:
        found.add(("children-only", to))
    if who == "adult" and is_child:
        found.add(("adults-only", to))
    if role not in move["roles"]:
        found.add(("role-may-not-decide", role))
    if move["reason"] is True and (reason is None or reason.strip() == ""):
        found.add(("reason-required", to))
    if move["decided_by"] is True and (decided_by is None or decided_by.strip() == ""):
        found.add(("decider-required", to))
    needed = list(move.get("gate", []))
    if is_child:
        needed += move.get("child_gate", [])
    for source in [JURISDICTIONS[jurisdiction], *(PATHWAYS[code] for code in pathways)]:
        for gate in source.get("gates", []):
            if gate["track"] == track and gate["from"] == state and gate["to"] == to:
                needed += gate["also"]
    found |= {("milestone-missing", code) for code in needed if code not in milestones}
    return found


WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def end_of_working_day(
    count: int, start: datetime, zone: ZoneInfo, week: Collection[str], closed: Collection[date]
) -> datetime:
    """Tick off one day after another, then look for the first quarter of an hour that is past."""
    day = start.astimezone(zone).date()
    done = 0
    while done < count:
        day = date.fromordinal(day.toordinal() + 1)
        if WEEK[day.weekday()] in week and day not in closed:
            done += 1
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    while moment.astimezone(zone).date() <= day:
        moment += timedelta(minutes=15)
    return moment


def same_clock(days: int, start: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of the later day that shows the same time; else as much later."""
    wall = start.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    around = [wall.replace(tzinfo=UTC) + timedelta(days=shift) for shift in (-2, 2)]
    offsets = [moment.astimezone(zone).utcoffset() or timedelta() for moment in around]
    shown = [
        moment
        for moment in ((wall - offset).replace(tzinfo=UTC) for offset in offsets)
        if moment.astimezone(zone).replace(tzinfo=None) == wall
    ]
    return min(shown, default=(wall - offsets[0]).replace(tzinfo=UTC))
