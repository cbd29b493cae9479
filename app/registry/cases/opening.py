"""Opening a case: its number, its first tracks, its lead worker and team."""

import secrets
from datetime import date
from typing import Any
from uuid import UUID

from app.core.errors import FieldFault, Forbidden, Invalid, invalid
from app.registry.cases.models import Case
from app.registry.cases.schemas import CaseIn
from app.registry.cases.subject import Subject, newcomer
from app.registry.cases.team import join, lead_worker
from app.registry.cases.track_models import Milestone
from app.registry.cases.tracks import BY_PRACTICE, open_track
from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.numbers import as_typed, new_number
from app.registry.people.models import Person
from app.safeguards.guard.barring import inherit
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

BEFORE_ARRIVAL = "pre_arrival"


def open_case(work: UnitOfWork, given: CaseIn) -> Written:
    """A case in the unit of who opens it, who leads it unless another is named."""
    # Who is barred now is so from this case; and the person is looked at as they are then.
    work.hold(Person, lambda p: p.c.id == given.person_id)
    person = work.reachable(Person, given.person_id, "/person_id")
    if not work.reaches_wholly(Person, person["id"], "person.read"):
        # A case of one's own would open all that hangs on the person.
        raise Forbidden("who is there for a part of the work opens no other case", code="in-part")
    case = start_case(work, person, given, "opened the case")
    inherit(work, person["id"], case.id)
    return case


def start_case(
    work: UnitOfWork,
    person: Any,
    given: CaseIn,
    why: str,
    operation_id: UUID | None = None,
) -> Written:
    """For a row of `persons`, as read or as just written; reads nothing of it again.

    Raises Invalid where the jurisdiction has no such programme, Forbidden outside a unit.
    """
    actor = work.actor
    if actor.unit_id is None or actor.jurisdiction is None:
        raise Forbidden("a case is opened in a unit, and you are in none", code="no-unit")
    begun = newcomer(work, person, actor.jurisdiction)
    opened_on = given.opened_on or work.today
    if opened_on > work.today:
        raise invalid("/opened_on", "future", "a case is opened, not planned: today or earlier")
    phase = catalogue().current_phases.phases.get(given.phase)
    if phase is None or not phase.begins:
        raise invalid("/phase", "not-a-beginning", "no case begins in this phase")
    lead = lead_worker(work, given.lead_worker_id, "/lead_worker_id")
    written = work.add(
        Case,
        id=given.id,
        number=fresh_number(work, begun, given.programme),
        person_id=person["id"],
        programme=given.programme,
        jurisdiction=actor.jurisdiction,
        unit_id=actor.unit_id,
        operation_id=operation_id,
        phase=given.phase,
        lead_worker_id=lead,
        opened_on=opened_on,
    )
    join(work, written.id, lead, "lead worker", why, opened_on)
    if lead != actor.id:
        join(work, written.id, actor.id, why, why, opened_on)
    if given.returnee:
        first_tracks(work, written, begun, given.arrived_on or opened_on)
    work.publish("case.opened", case=written.id)
    return written


def first_tracks(work: UnitOfWork, case: Written, person: Subject, on: date) -> None:
    """What everybody who comes home is owed, before any pathway is decided.

    A school that sees one of these tracks must not read the day of arrival from it.
    """
    intake = catalogue().current_phases.intake
    codes = intake.child if person.child else intake.adult
    arrived = case["phase"] != BEFORE_ARRIVAL
    if arrived:
        person = reached_arrival(work, case, person, on)
    else:
        codes = codes[:1]
    for code in codes:
        open_track(
            work,
            case.id,
            person,
            code,
            on if code in intake.at else max(on, work.today),
            at=intake.at.get(code) if arrived else None,
            decided_by=BY_PRACTICE,
        )


def reached_arrival(work: UnitOfWork, case: Written, person: Subject, on: date) -> Subject:
    """The day of arrival anchors every deadline; the tracks that open next find it reached."""
    if on > work.today:
        raise invalid(
            "/arrived_on", "future", "an arrival is recorded, not planned: today or earlier"
        )
    work.add(
        Milestone,
        file_id=case.id,
        record_class=catalogue().milestones["arrived"].record_class,
        code="arrived",
        reached_on=on,
        by_id=work.actor.id,
    )
    return Subject(
        person.place,
        person.born_earliest,
        person.born_latest,
        person.today,
        milestones={"arrived": on},
    )


def number_meant(typed: str | None) -> str | None:
    """A case number as a person types it: small letters, spaces, O for 0.

    Raises Invalid for what is no number of any programme, or has a slip in it.
    """
    if typed is None:
        return None
    places = (versions[max(versions)] for versions in catalogue().jurisdictions.values())
    patterns = {one.number for place in places for one in place.programmes.values()}
    for pattern in sorted(patterns):
        if number := as_typed(pattern, typed):
            return number
    fault = FieldFault("query.number", "not-a-number", "is no case number; look for a slip")
    raise Invalid(fault.detail, errors=[fault])


def fresh_number(work: UnitOfWork, person: Subject, programme: str) -> str:
    if programme not in person.place.programmes:
        raise invalid("/programme", "unknown", "no such programme in this jurisdiction")
    pattern = person.place.programmes[programme].number
    while work.taken(Case, "number", number := new_number(pattern, secrets.token_bytes(15))):
        pass
    return number
