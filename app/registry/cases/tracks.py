"""Tracks of a case: opened, and moved from state to state through the gates of practice."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from app.core.errors import Conflict, Forbidden, NotFound, invalid
from app.registry.cases import deadlines, repeating
from app.registry.cases.deadlines import first_day, moment_of, require_class
from app.registry.cases.subject import Subject, open_cover, subject_of
from app.registry.cases.track_models import Track, TrackMove
from app.registry.cases.track_schemas import TrackIn, TrackOut, TransitionIn
from app.registry.pathways import rules
from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.definitions import Start, Transition
from app.registry.pathways.definitions import Track as Practice
from app.safeguards.guard.router import identified
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

BY_PRACTICE = "practice"  # nobody decided: what is owed, or follows from a decision elsewhere


def open_track(
    work: UnitOfWork,
    case_id: UUID,
    person: Subject,
    code: str,
    since: date,
    *,
    at: str | None = None,
    decided_by: str,
    reason: str | None = None,
) -> Written:
    """A track in its first state (or in `at`), with the deadlines that run from facts known."""
    practice = catalogue().current_track(code)
    child = person.child_on_track(code)
    record_class = practice.class_for(child)
    state = at or practice.start
    causes = {Start("state", state): since} | {
        Start("milestone", milestone): on for milestone, on in person.reached.items()
    }
    started = []
    for cause, on in causes.items():
        waited_for = [t for t in practice.timers.values() if t.met_by not in person.reached]
        began = moment_of(on, work, person.place)
        started += deadlines.start(
            work,
            case_id,
            person,
            waited_for,
            cause,
            began,
            track=code,
            practice=practice.version,
            record_class=record_class,
        )
    written = work.add(
        Track,
        file_id=case_id,
        record_class=record_class,
        code=code,
        practice=practice.version,
        pillar=practice.pillar,
        state=state,
        since=since,
        due_on=first_day(started, person.place),
        attending=practice.attending(state),
    )
    note_move(work, case_id, written, None, since, decided_by, reason)
    return written


def open_by_hand(work: UnitOfWork, given: TrackIn) -> Written:
    """On need, beside those that a pathway opens; no pathway that is active may forbid it."""
    if given.code not in catalogue().tracks:
        raise invalid("/code", "unknown", "no such track")
    on = given.since or work.today
    if on > work.today:
        raise invalid("/since", "future", "a track is opened, not planned: today or earlier")
    person = subject_of(work, open_cover(work))
    practice = catalogue().current_track(given.code)
    child = person.child_on_track(given.code)
    require_class(work, practice.class_for(child))
    if work.facts(Track, lambda t: (t.c.case_id == work.case_id) & (t.c.code == given.code), "id"):
        raise Conflict("the case has this track", code="already-open")
    require_allowed(work, person, given.code)
    written = open_track(
        work,
        work.case_id,
        person,
        given.code,
        on,
        decided_by=f"user {work.actor.id}",
        reason=given.reason,
    )
    work.publish("track.opened", case=work.case_id, track=written.id)
    return written


def require_allowed(work: UnitOfWork, person: Subject, code: str) -> None:
    """No pathway that is active forbids the track, and so nothing is done that belongs to it."""
    forbidding = [one.code for one in person.pathways if code in one.forbids]
    if forbidding:
        told = [{"code": "forbidden-by-pathway", "detail": one} for one in forbidding]
        untold = [{"code": "not-allowed-now", "detail": code}]
        raise Conflict(
            "a pathway of this case forbids this track",
            code="track-refused",
            unmet=told if "pathway" in work.grantable("pathway.read") else untold,
        )


def open_missing(
    work: UnitOfWork, person: Subject, wanted: Iterable[str], since: date
) -> list[Written]:
    """Those of `wanted` that the case of the path does not have yet."""
    have = work.facts(Track, lambda t: t.c.case_id == work.case_id, "code")
    missing = [code for code in wanted if code not in {row.code for row in have}]
    return [
        open_track(work, work.case_id, person, code, since, decided_by=BY_PRACTICE)
        for code in missing
    ]


def note_move(
    work: UnitOfWork,
    case_id: UUID,
    track: Mapping[str, Any] | Written,
    origin: str | None,
    on: date,
    decided_by: str,
    reason: str | None,
) -> None:
    work.add(
        TrackMove,
        file_id=case_id,
        record_class=track["record_class"],
        track=track["code"],
        practice=track["practice"],
        from_state=origin,
        to_state=track["state"],
        effective_on=on,
        decided_by=decided_by,
        reason=reason,
        author_id=work.actor.id,
    )


def the_track(work: UnitOfWork, named: str) -> dict[str, Any]:
    """By its code, as people say it, or by its id, as Location says it; of which they may have a
    summary alone."""
    column, value = ("code", named) if named in catalogue().tracks else ("id", identified(named))
    found = work.find(Track, lambda t: t.c[column] == value, shown_by=TrackOut)
    if not found:
        raise NotFound()
    return found[0]


def move(work: UnitOfWork, named: str, given: TransitionIn) -> Written:
    """To another state, if practice lets this person's track go there now and this role decide.

    Raises Conflict with everything that is unmet and the moves that are open. Nothing in the
    request can switch a gate off.
    """
    track = the_track(work, named)
    code = track["code"]
    require_class(work, track["record_class"])
    person = subject_of(work, open_cover(work))
    practice = catalogue().tracks[code][track["practice"]]
    decider = decided_by(work, given, practice.find(track["state"], given.to))
    child = person.child_on_track(code)
    verdict = rules.judge(
        practice,
        track["state"],
        given.to,
        work.actor.role,
        person.reached,
        reason=given.reason,
        decided_by=decider,
        jurisdiction=person.place,
        pathways=person.pathways,
        is_child=child,
    )
    if not verdict.holds:
        raise Conflict(
            f"{code} does not go there now",
            code="transition-refused",
            current=track["state"],
            allowed=verdict.allowed,
            unmet=[{"code": one.code, "detail": told(work, one)} for one in verdict.unmet],
        )
    on = effective_day(work, given, track["since"])
    stands = {"state": given.to, "attending": practice.attending(given.to)}
    written = work.change(Track, track["id"], **stands, since=on)
    note_move(work, work.case_id, written, track["state"], on, decider or "", given.reason)
    waits(work, person, practice, written, on)
    if practice.states[track["state"]].ends:
        repeating.resume(work, person, [Start("milestone", one) for one in person.reached], on)
    work.publish("track.moved", case=work.case_id, track=track["id"])
    return written


ELSEWHERE = "held elsewhere"


def told(work: UnitOfWork, unmet: rules.Unmet) -> str:
    """A milestone is named to who may read it; others learn that one is missing elsewhere."""
    return gate_named(work, unmet.detail) if unmet.code == "milestone-missing" else unmet.detail


def gate_named(work: UnitOfWork, milestone: str) -> str:
    practice = catalogue().milestones[milestone]
    return milestone if practice.record_class in work.grantable("milestone.read") else ELSEWHERE


def decided_by(work: UnitOfWork, given: TransitionIn, move: Transition | None) -> str | None:
    """Who decides unless another is named: the person who acts. A machine decides nothing, and
    what a court or panel decides is never put down to who records it."""
    if given.decided_by:
        return given.decided_by
    if work.actor.machine or (move and move.by_body):
        return None
    return f"user {work.actor.id}"


def effective_day(work: UnitOfWork, given: TransitionIn, since: date) -> date:
    on = given.effective_on or work.today
    if on > work.today:
        raise invalid(
            "/effective_on", "future", "a move is recorded once it holds: today or earlier"
        )
    if on < since:
        raise invalid("/effective_on", "before-since", "is before the state it leaves began")
    return on


def waits(work: UnitOfWork, person: Subject, practice: Practice, track: Written, on: date) -> None:
    """The deadlines of the new state start; where the track ends, none of its own run on."""
    code = track["code"]
    if practice.states[track["state"]].ends:
        deadlines.end_of_track(work, person.place, code, on)
        return
    began = moment_of(on, work, person.place)
    started = deadlines.start(
        work,
        work.case_id,
        person,
        practice.timers.values(),
        Start("state", track["state"]),
        began,
        track=code,
        practice=practice.version,
        record_class=track["record_class"],
    )
    if started:
        deadlines.refresh(work, code, person.place)


def possible(work: UnitOfWork, named: str, language: str) -> dict[str, Any]:
    """Where this role could take the track, and what each move would still need."""
    track = the_track(work, named)
    code = track["code"]
    if track["record_class"] not in work.grantable():
        raise Forbidden(f"the role {work.actor.role} has a summary of this track and no more")
    person = subject_of(work, open_cover(work))
    practice = catalogue().tracks[code][track["practice"]]
    moves = rules.possible_moves(
        practice,
        track["state"],
        work.actor.role,
        person.reached,
        jurisdiction=person.place,
        pathways=person.pathways,
        is_child=person.child_on_track(code),
    )
    acts = track["record_class"] in work.grantable("track.move")
    return {
        "state": track["state"],
        "title": practice.states[track["state"]].title.say(language),
        "items": [
            {
                "to": move.to,
                "title": move.title.say(language),
                "reason_needed": move.reason,
                "decider_needed": move.decided_by,
                "own_choice": move.own_choice,
                "missing": list(dict.fromkeys(gate_named(work, one) for one in move.missing)),
            }
            for move in moves
            if acts
        ],
    }
