"""Reads a jurisdiction: what its law and calendar change in the common practice."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.core.datafile import DataFile
from app.registry.pathways.definitions import Timer, Title, Track
from app.registry.pathways.numbers import parse
from app.registry.pathways.places import (
    AgeBand,
    Jurisdiction,
    Offer,
    Programme,
    Responsibility,
    TimerChange,
)
from app.registry.pathways.programme import PATHWAYS
from app.registry.pathways.reading import CODE, LANGUAGE, Table, extra_gate
from app.registry.pathways.tracks import check_spans, read_calendar

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
COUNTRY = re.compile(r"[A-Z]{2}\Z")  # ISO 3166-1; XA to XZ are free for users
LEAST_MAJORITY = 18  # Convention on the Rights of the Child, article 1


def read_jurisdiction(
    file: DataFile,
    tracks: Mapping[str, Track],
    milestones: Collection[str],
    timers: Mapping[str, Timer],
) -> Jurisdiction:
    """One jurisdiction; `tracks` and `timers` are the current ones of all jurisdictions."""
    top = Table(file, file.data)
    country = top.need("country", str)
    if not COUNTRY.match(country):
        raise top.fault("country must be two capital letters", "country")
    code = top.need("code", str)
    if not CODE.match(code):
        raise top.fault(f"not a code: {code}", "code")
    calendar = top.table("calendar")
    found = Jurisdiction(
        code=code,
        version=top.whole("version", 1),
        digest=file.digest,
        title=top.title(),
        country=country,
        zone=read_zone(top),
        languages=read_languages(top),
        majority=top.whole("majority", LEAST_MAJORITY),
        consent=read_consent(top.table("consent")),
        school_age=read_school_age(top.table("school_age")),
        responsibility=read_responsibility(top),
        age_bands=read_bands(top),
        working_days=frozenset(
            WEEK.index(day) + 1 for day in calendar.some_words("working_days", WEEK, "day")
        ),
        holidays=read_holidays(calendar),
        timers=read_changes(top, timers),
        gates=tuple(extra_gate(entry, tracks, milestones) for entry in top.tables("gates")),
        offers=tuple(read_offer(entry, tracks) for entry in top.tables("offers")),
        programmes=read_programmes(top),
    )
    calendar.close()
    top.close()
    return found


def read_zone(top: Table) -> ZoneInfo:
    name = top.need("time_zone", str)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise top.fault(f"unknown time zone: {name}", "time_zone") from None


def read_languages(top: Table) -> tuple[str, ...]:
    given = top.need("languages", list)
    for language in given:
        if not isinstance(language, str) or not LANGUAGE.match(language):
            raise top.fault(f"not a language: {language}", "languages")
    if not given:
        raise top.fault("languages is empty", "languages")
    return tuple(given)


def read_consent(entry: Table) -> tuple[int, int]:
    alone, heard = entry.whole("alone_from"), entry.whole("heard_from")
    entry.close()
    if heard > alone:
        raise entry.fault("who consents alone must be heard", "heard_from")
    return alone, heard


def read_school_age(entry: Table) -> tuple[int, int]:
    first, last = entry.whole("first"), entry.whole("last")
    entry.close()
    if last < first:
        raise entry.fault("school ends before it begins", "last")
    return first, last


def read_responsibility(top: Table) -> tuple[Responsibility, ...]:
    """Periods in order of time, none overlapping."""
    found: list[Responsibility] = []
    for entry in top.tables("criminal_responsibility"):
        period = Responsibility(
            since=entry.need("since", date),
            until=entry.get("until", date),
            general=entry.whole("general"),
            grave=entry.whole("grave"),
            grave_offences=tuple(text_list(entry, "grave_offences")),
        )
        entry.close()
        if period.grave > period.general:
            raise entry.fault("the age for grave offences is above the general one", "grave")
        if period.until and period.until < period.since:
            raise entry.fault("the period ends before it begins", "until")
        if found and ((last := found[-1].until) is None or last >= period.since):
            raise entry.fault("the period begins before the last one ended", "since")
        found.append(period)
    if not found:
        raise top.fault("criminal_responsibility is missing")
    return tuple(found)


def text_list(entry: Table, key: str) -> list[str]:
    given = entry.get(key, list) or []
    if not all(isinstance(text, str) and text for text in given):
        raise entry.fault(f"{key} must hold text only", key)
    return given


def read_bands(top: Table) -> tuple[AgeBand, ...]:
    """Bands from birth on, without gap or overlap; only the last has no end."""
    found: list[AgeBand] = []
    for entry in top.tables("age_bands"):
        band = AgeBand(entry.need("code", str), entry.whole("youngest"), entry.get("oldest", int))
        entry.close()
        last = found[-1].oldest if found else -1
        if last is None or band.youngest != last + 1:
            raise entry.fault("age bands leave a gap or overlap", "youngest")
        if band.oldest is not None and band.oldest < band.youngest:
            raise entry.fault("the band ends before it begins", "oldest")
        if band.code in [other.code for other in found]:
            raise entry.fault(f"age band twice: {band.code}", "code")
        found.append(band)
    if not found or found[-1].oldest is not None:
        raise top.fault("the last age band must have no end", "age_bands")
    return tuple(found)


def read_holidays(calendar: Table) -> Mapping[date, Title]:
    found: dict[date, Title] = {}
    for entry in calendar.tables("holidays"):
        days, title = entry.need("days", list), entry.title()
        entry.close()
        for day in days:
            if type(day) is not date:
                raise entry.fault("days must hold dates", "days")
            if day in found:
                raise entry.fault(f"holiday twice: {day}", "days")
            found[day] = title
    return found


def read_changes(top: Table, timers: Mapping[str, Timer]) -> Mapping[str, TimerChange]:
    found: dict[str, TimerChange] = {}
    for entry in top.tables("timers"):
        rule = entry.one_of("rule", timers, "timer")
        if rule in found:
            raise entry.fault(f"timer twice: {rule}", "rule")
        change = TimerChange(entry.span("due"), entry.span("child_due"), read_calendar(entry))
        entry.close()
        if change == TimerChange(None, None, None):
            raise entry.fault(f"{rule}: due is missing", "rule")
        timer = timers[rule]
        check_spans(
            entry,
            change.due or timer.due,
            change.child_due or timer.child_due,
            change.calendar or timer.calendar,
        )
        found[rule] = change
    return found


def read_offer(entry: Table, tracks: Mapping[str, Track]) -> Offer:
    track = entry.one_of("track", tracks, "track")
    if not tracks[track].voluntary:
        raise entry.fault(f"{track} is not voluntary, so it cannot be offered", "track")
    offer = Offer(track, entry.some_words("pathways", PATHWAYS, "pathway"))
    entry.close()
    return offer


def read_programmes(top: Table) -> Mapping[str, Programme]:
    found = {}
    for code, entry in top.named("programmes"):
        programme = Programme(code, entry.title(), entry.need("number", str))
        entry.close()
        try:
            parse(programme.number)
        except ValueError as fault:
            raise entry.fault(str(fault), "number") from None
        found[code] = programme
    return found
