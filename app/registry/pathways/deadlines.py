"""When a timer falls due, by the clock and the working calendar of a jurisdiction."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from app.registry.pathways.definitions import Span, Start, Timer
from app.registry.pathways.places import Jurisdiction


def started_by(timers: Iterable[Timer], start: Start, is_child: bool) -> list[Timer]:
    """The timers that this state, milestone or event starts for this person.

    Those with `when` run only if the caller knows that the condition holds.
    """
    others = "adult" if is_child else "child"
    return [timer for timer in timers if timer.starts == start and timer.who != others]


def as_in(timer: Timer, jurisdiction: Jurisdiction) -> Timer:
    """The timer with what this jurisdiction changes in it."""
    if (change := jurisdiction.timers.get(timer.rule)) is None:
        return timer
    return replace(
        timer,
        due=change.due or timer.due,
        child_due=change.child_due or timer.child_due,
        calendar=change.calendar or timer.calendar,
    )


def due(timer: Timer, start: datetime, jurisdiction: Jurisdiction, is_child: bool) -> datetime:
    """The moment, in UTC, at which a timer that started at `start` (aware) falls due.

    Elapsed hours are hours. Elapsed days and months keep the time of day in the jurisdiction's
    zone; a month too short for the day gives its last day. Working days do not count the day of
    the start and end with the last of them, at local midnight. Holidays are those the
    jurisdiction lists: a list that is too short makes a deadline early, never late.
    """
    if timer.who == ("adult" if is_child else "child"):
        raise ValueError(f"{timer.rule} is not for {'a child' if is_child else 'an adult'}")
    rule = as_in(timer, jurisdiction)
    span = rule.child_due if is_child and rule.child_due else rule.due
    if rule.calendar == "working":
        return after_working_days(span.amount, start, jurisdiction)
    return after(span, start, jurisdiction)


def not_before(timer: Timer, start: datetime, jurisdiction: Jurisdiction) -> datetime:
    """The moment, in UTC, before which the timer's work must not be done (D07: not at once)."""
    if timer.not_before is None:
        return aware(start).astimezone(UTC)
    return after(timer.not_before, start, jurisdiction)


def is_working_day(jurisdiction: Jurisdiction, day: date) -> bool:
    return day.isoweekday() in jurisdiction.working_days and day not in jurisdiction.holidays


def after(span: Span, start: datetime, jurisdiction: Jurisdiction) -> datetime:
    if span.unit == "hours":
        return aware(start).astimezone(UTC) + timedelta(hours=span.amount)
    local = aware(start).astimezone(jurisdiction.zone)
    if span.unit == "days":
        day = local.date() + timedelta(days=span.amount)
    else:
        months = local.year * 12 + local.month - 1 + span.amount
        year, month = months // 12, months % 12 + 1
        day = date(year, month, min(local.day, monthrange(year, month)[1]))
    return at(day, local.time(), jurisdiction)


def after_working_days(count: int, start: datetime, jurisdiction: Jurisdiction) -> datetime:
    day = aware(start).astimezone(jurisdiction.zone).date()
    while count:
        day += timedelta(days=1)
        count -= is_working_day(jurisdiction, day)
    return at(day + timedelta(days=1), time(), jurisdiction)


def at(day: date, clock: time, jurisdiction: Jurisdiction) -> datetime:
    """A local time in UTC. Where clocks go back it is the earlier of the two, where they jump
    forward over it, as much later: fold 0 of PEP 495."""
    return datetime.combine(day, clock.replace(fold=0), jurisdiction.zone).astimezone(UTC)


def aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("a moment without a time zone")
    return moment
