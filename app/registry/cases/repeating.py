"""Timers of practice that repeat from a fact of a case: run anew, resumed, or cut short."""

from collections.abc import Iterable
from datetime import date, time, timedelta

from app.registry.cases import deadlines
from app.registry.cases.subject import Subject
from app.registry.cases.track_models import Deadline, Track
from app.registry.pathways import deadlines as rules
from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.definitions import Start, Timer
from app.safeguards.guard.unit_of_work import UnitOfWork


def renew(work: UnitOfWork, person: Subject, milestone: str, on: date) -> None:
    """What a milestone starts and what repeats runs anew, for its fact came about once more.

    Also what runs no more on a track that is open: it may have ended and been opened again.
    """
    cause = Start("milestone", milestone)
    repeated = repeating(cause)
    running = [row for row in deadlines.running_of(work) if row.rule in repeated]
    deadlines.settle(work, person.place, on, "met", lambda row: row.rule in repeated)
    for row in running:
        deadlines.again(work, row._mapping, repeated[row.rule], person, on)
    for code in dict.fromkeys(row.track for row in running if row.track):
        deadlines.refresh(work, code, person.place)
    resume(work, person, [cause], on)


def repeating(cause: Start) -> dict[str, Timer]:
    """By their rules, those that this cause starts again and again."""
    timers = catalogue().current_timers
    return {rule: one for rule, one in timers.items() if one.repeats and one.starts == cause}


def resume(work: UnitOfWork, person: Subject, causes: Iterable[Start], on: date) -> None:
    """On tracks that are open, what repeats from one of these and does not run begins on a day."""
    running = {(row.track, row.rule) for row in deadlines.running_of(work)}
    tracks = work.facts(
        Track,
        lambda t: t.c.case_id == work.case_id,
        *("code", "practice", "state", "record_class"),
    )
    for track in tracks:
        practice = catalogue().tracks[track.code][track.practice]
        if practice.states[track.state].ends:
            continue
        waiting = [
            timer
            for timer in practice.timers.values()
            if timer.repeats and (track.code, timer.rule) not in running
        ]
        began = deadlines.moment_of(on, work, person.place)
        stands = {"track": track.code, "practice": track.practice}
        stands["record_class"] = track.record_class
        for cause in causes:
            if deadlines.start(work, work.case_id, person, waiting, cause, began, **stands):
                deadlines.refresh(work, track.code, person.place)


def no_later(work: UnitOfWork, person: Subject, milestone: str, last: date) -> None:
    """What repeats from a fact that holds until the end of a day is due by then."""
    rules_cut = repeating(Start("milestone", milestone))
    end = rules.at(last + timedelta(days=1), time(), person.place)
    late = [row for row in deadlines.running_of(work) if row.rule in rules_cut and row.due_at > end]
    for row in late:
        work.consequence(Deadline, row.id, due_at=end)
    for code in dict.fromkeys(row.track for row in late if row.track):
        deadlines.refresh(work, code, person.place)
