"""Milestones: facts without content that a record or a person posts on a case."""

from datetime import date

from app.core.errors import Forbidden, invalid
from app.registry.cases import deadlines
from app.registry.cases.subject import Subject, open_cover, subject_of
from app.registry.cases.track_models import Milestone
from app.registry.cases.track_schemas import MilestoneIn
from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.definitions import Start
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def state(work: UnitOfWork, given: MilestoneIn) -> Written:
    """By hand: for who may state this fact, as milestones.v1.toml says."""
    practice = catalogue().milestones.get(given.code)
    if practice is None:
        raise invalid("/code", "unknown", "no such milestone")
    if work.actor.role not in practice.by:
        raise Forbidden(f"the role {work.actor.role} does not state this milestone")
    cover = open_cover(work)
    on = given.reached_on or work.today
    if on > work.today:
        raise invalid(
            "/reached_on", "future", "a milestone is reached, not planned: today or earlier"
        )
    person = subject_of(work, cover)
    return reach(work, person, given.code, on, given)


def reach(
    work: UnitOfWork,
    person: Subject,
    code: str,
    on: date,
    given: MilestoneIn | None = None,
) -> Written:
    """Post a fact on the case of the path; deadlines that it meets are settled, others start."""
    practice = catalogue().milestones[code]
    written = work.add(
        Milestone,
        id=given.id if given else None,
        record_class=practice.class_for(person.child_on_track("JUS")),
        code=code,
        reached_on=on,
        by_id=work.actor.id,
    )
    deadlines.meet(work, person, code, on)
    if code not in person.reached:
        began = deadlines.moment_of(on, work, person.place)
        deadlines.caused(work, person, Start("milestone", code), began)
    work.publish("milestone.reached", case=work.case_id, milestone=written.id)
    return written
