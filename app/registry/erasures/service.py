"""What is done with erasures: proposed by one, done as another of a different line agrees."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.core.errors import Conflict, FieldFault, Forbidden, NotFound, invalid
from app.core.states import wrong_state
from app.registry.cases.models import Case
from app.registry.erasures.models import Erasure
from app.registry.erasures.schemas import ErasureIn
from app.registry.people.models import Person
from app.registry.staff import deciding
from app.registry.staff.lines import same_line
from app.registry.staff.models import Unit
from app.safeguards.guard import erasing
from app.safeguards.guard.barring import barred_from
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

HELD = "legal_hold"  # a retention class: nothing of such a case goes
# Why not, past what the caller sees of the cases: none is named, and how many is not told.
KEPT = {
    "open-case": "a case of theirs is open",
    "legal-hold": "a case of theirs is under legal hold",
    "elsewhere": "another jurisdiction has a case of theirs",
}


def propose(work: UnitOfWork, given: ErasureIn) -> Written:
    """Nothing is erased yet."""
    here = work.actor.jurisdiction
    if here is None:
        raise Forbidden("a person is erased in a jurisdiction, and you are in none")
    cases = cases_of(work, given.person_id)
    known = cases and here in {row.jurisdiction for row in cases}
    known = known or (not cases and registered_in(work, given.person_id) == here)
    # What is looked at past the walls here would tell kin and neighbours that there is a file.
    if not known or is_barred(work, given.person_id):
        raise NotFound(errors=[FieldFault("/person_id", "unknown", "nobody here has this id")])
    if given.dated_on > work.today:
        raise invalid("/dated_on", "future", "a document is dated today or earlier")
    require_nothing_kept(cases, here)
    told = work.facts(
        Erasure,
        lambda e: (e.c.person_id == given.person_id) & e.c.status.in_(("proposed", "done")),
        "status",
    )
    if told:
        raise wrong_state("this has been proposed or done", told[0].status)
    written = work.add(Erasure, **given.model_dump(), jurisdiction=here, proposed_by=work.actor.id)
    work.publish("erasure.proposed", erasure=written.id)
    return written


def approve(work: UnitOfWork, reason: str) -> Written:
    """From the next request on the person and their cases are absent; nobody brings them back."""
    row = work.reachable(Erasure, work.file_id)
    person_id = row["person_id"]
    with work.beyond_walls():  # no case of theirs is opened, re-opened or written on meanwhile
        work.hold(Person, lambda p: p.c.id == person_id)
        work.hold(Case, lambda c: c.c.person_id == person_id)
    cases = cases_of(work, person_id)
    written = deciding.answer(work, Erasure, row, "done", reason)
    if same_line(work, row["proposed_by"], work.actor.id):
        raise Forbidden("it takes two people of different reporting lines", code="same-line")
    require_nothing_kept(cases, row["jurisdiction"])
    written = work.change(Erasure, work.file_id, cases=len(cases))
    work.publish("person.erased", erasure=work.file_id, person=person_id)
    erasing.erase(work, [person_id, *(one.id for one in cases)], work.file_id)
    return written


def decline(work: UnitOfWork, reason: str) -> Written:
    row = work.reachable(Erasure, work.file_id)
    written = deciding.answer(work, Erasure, row, "declined", reason)
    work.publish("erasure.declined", erasure=work.file_id)
    return written


def is_barred(work: UnitOfWork, person_id: UUID) -> bool:
    """By an interest of their own: a seal closes a file to everybody, and does not keep it."""
    return work.actor.id in barred_from(work, person_id)


def cases_of(work: UnitOfWork, person_id: UUID) -> Sequence[Any]:
    """All of them, sealed ones and those of other jurisdictions, too."""
    names = ("id", "jurisdiction", "status", "retention_class")
    return work.facts(Case, lambda c: c.c.person_id == person_id, *names, beyond=True)


def registered_in(work: UnitOfWork, person_id: UUID) -> str | None:
    """The jurisdiction of the unit that registered somebody."""
    people = work.facts(Person, lambda p: p.c.id == person_id, "unit_id", beyond=True)
    if not people:
        return None
    (unit,) = work.facts(Unit, lambda u: u.c.id == people[0].unit_id, "jurisdiction")
    told: str = unit.jurisdiction
    return told


def require_nothing_kept(cases: Sequence[Any], here: str) -> None:
    """What is open within a case keeps that case from being closed, so closed is enough."""
    found = {
        "open-case": any(one.status != "closed" for one in cases),
        "legal-hold": any(one.retention_class == HELD for one in cases),
        "elsewhere": any(one.jurisdiction != here for one in cases),
    }
    if unmet := [{"code": code, "detail": KEPT[code]} for code, true in found.items() if true]:
        raise Conflict("something keeps their files", code="erasure-refused", unmet=unmet)
