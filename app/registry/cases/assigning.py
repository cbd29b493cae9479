"""Pathways of a case: decided by a named body for one person, never for a group."""

from typing import Any
from uuid import UUID

from app.core.errors import Conflict, invalid
from app.core.states import wrong_state
from app.registry.cases.deadlines import require_class
from app.registry.cases.milestones import reach
from app.registry.cases.shielding import shield
from app.registry.cases.subject import Subject, open_cover, subject_of
from app.registry.cases.track_models import PathwayAssignment, Track
from app.registry.cases.track_schemas import PathwayEndIn, PathwayIn
from app.registry.cases.tracks import open_missing
from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.definitions import Pathway
from app.registry.pathways.fitting import opening, pathway_fits
from app.registry.pathways.verdicts import Unmet
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

PATHWAY = "pathway"


def assign(work: UnitOfWork, given: PathwayIn) -> Written:
    """Puts the person on a pathway and opens its tracks.

    Raises Conflict with everything that speaks against it.
    """
    cover = open_cover(work)
    require_class(work, PATHWAY)
    pathway, person = catalogue().current_pathway(given.code), subject_of(work, cover)
    since, decided_on = given.since or work.today, given.decided_on or work.today
    for pointer, day in (("/decided_on", decided_on), ("/since", since)):
        if day > work.today:
            raise invalid(pointer, "future", "is recorded once it is decided: today or earlier")
    if since < decided_on:
        raise invalid("/since", "before-decision", "a pathway begins once it is decided")
    if unmet := against(work, pathway, person, given):
        raise Conflict(
            "this pathway does not suit this case now",
            code="pathway-refused",
            current=[active.code for active in person.pathways],
            unmet=[{"code": one.code, "detail": one.detail} for one in unmet],
        )
    written = work.add(
        PathwayAssignment,
        id=given.id,
        code=pathway.code,
        practice=pathway.version,
        since=since,
        act_on=given.act_on,
        grave=given.grave,
        decided_on=decided_on,
        decided_by=given.decided_by,
        members=given.members,
        reason=given.reason,
        author_id=work.actor.id,
    )
    now = subject_of(work, open_cover(work))
    tracks = opening(now.pathways, now.place)
    if now.child_on_track("JUS"):
        shield(work, work.case_id)
    open_missing(work, now, (*tracks.opens, *tracks.offers), since)
    if "pathway_decided" not in person.reached:
        reach(work, now, "pathway_decided", decided_on)
    work.publish("pathway.assigned", case=work.case_id, pathway=written.id)
    return written


def against(work: UnitOfWork, pathway: Pathway, person: Subject, given: PathwayIn) -> list[Unmet]:
    if pathway.code in [active.code for active in person.pathways]:
        return [Unmet("already-assigned", pathway.code)]
    unmet = []
    if work.actor.role not in pathway.decision.roles:
        unmet.append(Unmet("role-may-not-record", work.actor.role))
    if len({name.casefold() for name in given.members}) < pathway.decision.members:
        unmet.append(Unmet("too-few-members", f"at least {pathway.decision.members} decide"))
    day = given.act_on if pathway.needs_macr else work.today
    if day is None:
        unmet.append(Unmet("act-day-missing", "act_on"))
        day = work.today
    unmet += pathway_fits(
        pathway,
        person.ages_on(day),
        person.place,
        day,
        grave=given.grave,
        active=person.pathways,
    )
    forbidden = forbidden_now(work, pathway)
    seen = work.grantable("track.read")
    unmet += [
        Unmet("track-forbidden", track.code) for track in forbidden if track.record_class in seen
    ]
    if forbidden and not unmet:
        # A track that they do not see stands against it: told to who would have decided, and to
        # nobody who asks with what is refused anyway.
        return [Unmet("not-allowed-now", pathway.code)]
    return unmet


def forbidden_now(work: UnitOfWork, pathway: Pathway) -> list[Any]:
    """Tracks that run, beside which this pathway may not be."""
    columns = "code", "state", "record_class"
    begun = work.facts(Track, lambda t: t.c.case_id == work.case_id, *columns)
    return [
        track
        for track in begun
        if track.code in pathway.forbids
        and not catalogue().current_track(track.code).states[track.state].ends
    ]


def end(work: UnitOfWork, assignment_id: UUID, given: PathwayEndIn) -> Written:
    """Dated, with its reason; the tracks go on, for each has an end of its own."""
    cover = open_cover(work)
    require_class(work, PATHWAY)
    person = subject_of(work, cover)
    row = work.reachable(PathwayAssignment, assignment_id)
    until = given.until or work.today
    if row["until"] is not None:
        raise wrong_state("this assignment has ended", "ended", ["running"])
    if not row["since"] <= until <= work.today:
        raise invalid("/until", "out-of-range", "lies between the beginning and today")
    if needed := left_alone(person, row):
        raise Conflict(
            "an overlay does not stand alone",
            code="pathway-refused",
            current=[active.code for active in person.pathways],
            unmet=[{"code": "overlay-needs", "detail": code} for code in needed],
        )
    written = work.change(PathwayAssignment, assignment_id, until=until, ended_reason=given.reason)
    work.publish("pathway.ended", case=work.case_id, pathway=assignment_id)
    return written


def left_alone(person: Subject, row: dict[str, Any]) -> list[str]:
    """Overlays that would lose the last pathway beside which they may stand."""
    others = [active for active in person.pathways if active.code != row["code"]]
    kept = {active.code for active in others}
    return [one.code for one in others if one.overlay and not kept & set(one.overlays)]
