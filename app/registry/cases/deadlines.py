"""Timers of practice, running for one case: started, met, ended; none is recomputed silently."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause

from app.core.errors import Forbidden, invalid
from app.core.states import wrong_state
from app.registry.cases.subject import Subject, open_cover, subject_of
from app.registry.cases.track_models import Deadline, Track
from app.registry.cases.track_schemas import SettlementIn
from app.registry.cases.waiting import KEPT
from app.registry.pathways import deadlines as rules
from app.registry.pathways.catalogue import catalogue, newest
from app.registry.pathways.definitions import Start, Timer
from app.registry.pathways.definitions import Track as Practice
from app.registry.pathways.places import Jurisdiction
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

COMMON_CLASS = "plan"  # of timers that belong to no track
STATED = "reassess-"  # begins the rules of timers that records state


def moment_of(day: date, work: UnitOfWork, place: Jurisdiction) -> datetime:
    """Of a fact that is dated by the day alone: now if it is today's, else its first moment.

    The earliest moment that is meant makes a deadline early, never late.
    """
    return work.at if day == work.today else rules.at(day, time(), place)


def day_of(due_at: datetime, place: Jurisdiction) -> date:
    """The last local day on which a deadline can still be met."""
    return (due_at - timedelta(microseconds=1)).astimezone(place.zone).date()


def start(
    work: UnitOfWork,
    case_id: UUID,
    person: Subject,
    timers: Iterable[Timer],
    cause: Start,
    began: datetime,
    *,
    track: str | None,
    practice: int,
    record_class: str,
) -> list[Written]:
    """Those of `timers` that this cause starts for this person."""
    child = person.child_on_track(track or "")
    started = []
    for timer in rules.started_by(timers, cause, child):
        if timer.when and timer.when not in person.conditions:
            continue
        not_before = rules.not_before(timer, began, person.place) if timer.not_before else None
        written = work.add(
            Deadline,
            file_id=case_id,
            record_class=record_class,
            track=track,
            rule=timer.rule,
            practice=practice,
            place=f"{person.place.code}.v{person.place.version}",
            started_at=began.astimezone(UTC),
            not_before=not_before,
            due_at=rules.due(timer, began, person.place, child),
        )
        started.append(written)
    return started


def run(
    work: UnitOfWork,
    person: Subject,
    rule: str,
    practice: int,
    days: tuple[int, int],
    on: date,
    *,
    track: str | None,
    record_class: str,
) -> Written:
    """A timer that a record states: from so many to so many days after one, each to its end.

    The track does not show its day: from that, who may not read the record could tell which it was.
    """
    place = person.place
    first, last = (rules.at(on + timedelta(days=n), time(), place) for n in (days[0], days[1] + 1))
    return work.add(
        Deadline,
        record_class=record_class,
        track=track,
        rule=rule,
        practice=practice,
        place=f"{place.code}.v{place.version}",
        started_at=moment_of(on, work, place),
        not_before=first,
        due_at=last,
    )


def first_day(started: Iterable[Any], place: Jurisdiction) -> date | None:
    return min((day_of(one["due_at"], place) for one in started), default=None)


def caused(work: UnitOfWork, person: Subject, cause: Start, began: datetime) -> None:
    """Start what a milestone or event starts, on every track of the case and beside them."""
    known = catalogue()
    columns = ("code", "practice", "record_class")
    tracks = work.facts(Track, lambda t: t.c.case_id == work.case_id, *columns)
    waiting: list[tuple[str | None, Practice, str]] = [
        (row.code, known.tracks[row.code][row.practice], row.record_class) for row in tracks
    ]
    if cause.kind == "event":
        # Who is at risk is so whether or not somebody has opened the track that would see to it.
        for code in sorted(known.tracks.keys() - {row.code for row in tracks}):
            practice = known.current_track(code)
            waiting.append((None, practice, practice.class_for(person.child_on_track(code))))
    for track, practice, record_class in waiting:
        started = start(
            work,
            work.case_id,
            person,
            practice.timers.values(),
            cause,
            began,
            track=track,
            practice=practice.version,
            record_class=record_class,
        )
        if started and track:
            refresh(work, track, person.place)
    start(
        work,
        work.case_id,
        person,
        newest(known.timers).values(),
        cause,
        began,
        track=None,
        practice=max(known.timers),
        record_class=COMMON_CLASS,
    )


def meet(work: UnitOfWork, person: Subject, milestone: str, on: date) -> None:
    """Settle every running deadline that this milestone meets."""
    rules_met = {r for r, timer in catalogue().current_timers.items() if timer.met_by == milestone}
    settle(work, person.place, on, "met", lambda row: row.rule in rules_met)


def too_early(work: UnitOfWork, person: Subject, milestone: str, on: date) -> bool:
    """Whether a deadline that this milestone would meet does not begin until a later day."""
    timers = catalogue().current_timers
    return any(
        row.not_before is not None and on < row.not_before.astimezone(person.place.zone).date()
        for row in running_of(work)
        if (timer := timers.get(row.rule)) and timer.met_by == milestone
    )


def end_of_track(work: UnitOfWork, place: Jurisdiction, code: str, on: date) -> None:
    """A track that has ended waits for nothing, but for what an event demands all the same."""
    timers = catalogue().current_timers

    def waits_for_it(row: Any) -> bool:
        timer = timers.get(row.rule)
        return row.track == code and not (timer and timer.starts.kind == "event")

    settle(work, place, on, "ended", waits_for_it)


def settle(work: UnitOfWork, place: Jurisdiction, on: date, status: str, chosen: Any) -> None:
    running = running_of(work)
    settled = [row for row in running if chosen(row)]
    for row in settled:
        work.consequence(Deadline, row.id, status=status, settled_on=on)
    for tasks in KEPT if settled else ():
        tasks.settle(work, [row.id for row in settled], status)
    for code in dict.fromkeys(row.track for row in settled if row.track):
        refresh(work, code, place)


def running_of(work: UnitOfWork) -> Sequence[Any]:
    return work.facts(
        Deadline,
        lambda d: (d.c.case_id == work.case_id) & (d.c.status == "running"),
        *("id", "rule", "practice", "track", "record_class", "started_at", "not_before", "due_at"),
    )


def stated(rule: str) -> bool:
    """Whether a record states it, and no file of practice."""
    return rule.startswith(STATED)


def refresh(work: UnitOfWork, code: str, place: Jurisdiction) -> None:
    """The track shows the day of its first deadline that is still running."""
    (track,) = work.facts(
        Track, lambda t: (t.c.case_id == work.case_id) & (t.c.code == code), "id", "due_on"
    )
    shown = (row for row in running_of(work) if row.track == code and not stated(row.rule))
    due = min((day_of(row.due_at, place) for row in shown), default=None)
    if due != track.due_on:
        work.consequence(Track, track.id, due_on=due)


def settle_by_hand(work: UnitOfWork, deadline_id: UUID, given: SettlementIn) -> Written:
    """For what no record of the system meets by itself: a review held, a visit paid."""
    cover = open_cover(work)
    row = work.reachable(Deadline, deadline_id)
    require_class(work, row["record_class"])
    if row["status"] != "running":
        raise wrong_state("this deadline is settled", row["status"], ["running"])
    on = given.on or work.today
    if on > work.today:
        raise invalid("/on", "future", "a deadline is met, not planned: today or earlier")
    place = catalogue().current_jurisdiction(cover["jurisdiction"])
    written = work.change(
        Deadline, deadline_id, status="met", settled_on=on, settled_note=given.note
    )
    timer = catalogue().current_timers.get(row["rule"])
    if timer and timer.repeats:
        again(work, row, timer, subject_of(work, cover), on)
    for tasks in KEPT:
        tasks.settle(work, [deadline_id], "met")
    if row["track"]:
        refresh(work, row["track"], place)
    return written


def again(
    work: UnitOfWork, row: Mapping[str, Any], timer: Timer, person: Subject, on: date
) -> None:
    """A deadline that repeats runs anew from the day on which it was met."""
    began = moment_of(on, work, person.place)
    kept = {name: row[name] for name in ("record_class", "track", "rule", "practice")}
    work.add(
        Deadline,
        **kept,
        place=f"{person.place.code}.v{person.place.version}",
        started_at=began,
        due_at=rules.due(timer, began, person.place, person.child_on_track(row["track"] or "")),
    )


def before(day: date | None) -> Callable[[FromClause], ColumnElement[bool]] | None:
    """Due before the beginning of this day in UTC."""
    if day is None:
        return None
    until = datetime.combine(day, time(), UTC)
    return lambda rows: rows.c.due_at < until


def require_class(work: UnitOfWork, record_class: str) -> None:
    """The wall speaks before the rule: who may not act in the class is not told what is unmet."""
    if record_class not in work.grantable():
        raise Forbidden(f"the role {work.actor.role} does not decide this")
