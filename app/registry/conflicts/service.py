"""What is done with conflicts of interest: declared, and ended by somebody else."""

from uuid import UUID

from app.core.errors import Conflict, Forbidden, NotFound
from app.registry.cases.models import Case
from app.registry.conflicts.models import Interest
from app.registry.conflicts.schemas import InterestIn
from app.registry.people.models import Person
from app.registry.staff.lines import LEADING, is_above
from app.registry.staff.models import User
from app.safeguards.guard import barring
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

# Nobody keeps from a case, by a word of their own, those who check what is done with it.
OVERSEERS = ("auditor", "data_protection_officer", "coordinator")


def declare(work: UnitOfWork, given: InterestIn) -> Written:
    """From the next request on the person and every case of theirs are absent for this user.

    A case that is opened later is, too.
    """
    require_to_lead(work)
    person = work.reachable(Person, given.person_id, "/person_id")
    same = work.tally(Interest, lambda i: (i.c.person_id == person["id"]) & i.c.ended_at.is_(None))
    if same:
        raise Conflict("this is declared already", code="declared")
    written = work.add(Interest, **given.model_dump(), declared_by=work.actor.id)
    cases = work.facts(Case, lambda c: c.c.person_id == person["id"], "id", beyond=True)
    files = [person["id"], *(row.id for row in cases)]
    barring.bar(work, files, work.file_id, written.id)
    work.publish("interest.declared", user=work.file_id, interest=written.id)
    return written


def require_to_lead(work: UnitOfWork) -> None:
    """Who oversees speaks for themselves; who leads is kept out by who is above, or coordinates."""
    if work.file_id == work.actor.id:
        return
    (user,) = work.facts(User, lambda u: u.c.id == work.file_id, "role")
    if user.role in OVERSEERS:
        raise Forbidden("who oversees others declares it themselves", code="overseer")
    above = work.actor.role == "coordinator" or is_above(work, work.actor.id, work.file_id)
    if user.role in LEADING and not above:
        raise Forbidden("who is above them declares it, or a coordinator", code="overseer")


def end(work: UnitOfWork, interest_id: UUID, reason: str) -> Written:
    """Nobody lets themselves back in."""
    if work.file_id == work.actor.id:
        raise Forbidden("somebody else ends your conflict of interest", code="own-conflict")
    found = work.find(Interest, lambda i: i.c.id == interest_id)
    if not found:
        raise NotFound()
    if found[0]["ended_at"] is not None:
        raise Conflict("it has ended", code="ended", current="ended", allowed=[], unmet=[])
    written = work.change(
        Interest, interest_id, ended_at=work.at, ended_by=work.actor.id, end_reason=reason
    )
    barring.lift(work, interest_id)
    work.publish("interest.ended", user=work.file_id, interest=interest_id)
    return written
