"""What is to be done again by a day: a timer of the case, and a task for who does it."""

from datetime import date, timedelta

from app.registry.cases import deadlines
from app.registry.cases.subject import Subject
from app.registry.cases.track_models import Track
from app.registry.cases.waiting import KEPT, FollowUp
from app.registry.pathways.catalogue import catalogue
from app.safeguards.guard.unit_of_work import UnitOfWork


def follow_up(work: UnitOfWork, person: Subject, again: FollowUp, on: date) -> None:
    """What was to be done again is done; the time for the next begins on the day it was done.

    Not where a later one was done already, nor where the track has ended: who has left is not asked
    again. Timers of another class are of others, and nothing here tells of them.
    """
    waiting = [
        row
        for row in deadlines.running_of(work)
        if (row.rule, row.record_class) == (again.rule, again.record_class)
    ]
    if any(row.started_at.astimezone(person.place.zone).date() >= on for row in waiting):
        return
    ids = [row.id for row in waiting]
    deadlines.settle(work, person.place, on, "met", lambda row: row.id in ids)
    runs = open_track(work, again.track) if again.track else None
    if runs is False:
        return
    deadline = deadlines.run(
        work,
        person,
        again.rule,
        again.practice,
        again.days,
        on,
        track=again.track if runs else None,
        record_class=again.record_class,
    )
    for tasks in KEPT:
        tasks.set(work, again, deadline.id, on + timedelta(days=again.days[1]))


def open_track(work: UnitOfWork, code: str) -> bool | None:
    """Whether it is open; None where the case has none."""
    found = work.facts(
        Track, lambda t: (t.c.case_id == work.case_id) & (t.c.code == code), "state", "practice"
    )
    if not found:
        return None
    (track,) = found
    return not catalogue().tracks[code][track.practice].states[track.state].ends
