"""What is done with conflicts of interest: declared, and ended by two others."""

from typing import Any
from uuid import UUID

from app.core.errors import Conflict, Forbidden
from app.core.states import wrong_state
from app.registry.cases.models import Case
from app.registry.conflicts.models import Interest
from app.registry.conflicts.schemas import InterestIn
from app.registry.people.models import Person
from app.registry.staff.deciding import require_second
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
    of = given.person_id
    require_known(work, of)
    work.hold(Person, lambda p: p.c.id == of)  # no case of theirs is opened in this very moment
    if work.tally(Interest, lambda i: (i.c.person_id == of) & i.c.ended_at.is_(None)):
        raise Conflict("this is declared already", code="declared")
    written = work.add(Interest, **given.model_dump(), declared_by=work.actor.id)
    cases = work.facts(Case, lambda c: c.c.person_id == of, "id", beyond=True)
    files = [of, *(row.id for row in cases)]
    barring.bar(work, files, work.file_id, written.id)
    work.publish("interest.declared", user=work.file_id, interest=written.id)
    return written


def require_known(work: UnitOfWork, person_id: UUID) -> None:
    """Somebody whom the caller can see, or whose case: a protection officer reads no person."""
    if not work.find(Case, lambda c: c.c.person_id == person_id, limit=1, anywhere=True):
        work.reachable(Person, person_id, "/person_id")


def propose_end(work: UnitOfWork, interest_id: UUID, reason: str) -> Written:
    """It is in force until somebody else agrees."""
    row = running(work, interest_id)
    if row["end_proposed_by"] is not None:
        raise wrong_state("its end is proposed, and waits for an answer", "end-proposed")
    fields = {"end_proposed_by": work.actor.id, "end_proposed_at": work.at, "end_reason": reason}
    written = work.change(Interest, interest_id, **fields, end_answer=None)
    work.publish("interest.end-proposed", user=work.file_id, interest=interest_id)
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
    """From the next request on what it closed is open again, unless something else closes it."""
    end_proposed(work, interest_id, agrees=True)
    fields = {"ended_at": work.at, "ended_by": work.actor.id, "end_answer": reason}
    written = work.change(Interest, interest_id, **fields)
    barring.lift(work, interest_id)
    work.publish("interest.ended", user=work.file_id, interest=interest_id)
    return written


def decline_end(work: UnitOfWork, interest_id: UUID, reason: str) -> Written:
    end_proposed(work, interest_id, agrees=False)
    fields = {"end_proposed_by": None, "end_proposed_at": None, "end_answer": reason}
    written = work.change(Interest, interest_id, **fields)
    work.publish("interest.end-declined", user=work.file_id, interest=interest_id)
    return written


def end_proposed(work: UnitOfWork, interest_id: UUID, *, agrees: bool) -> None:
    """Its end waits for an answer, and the caller may give it."""
    row = running(work, interest_id)
    if row["end_proposed_by"] is None:
        raise wrong_state("nobody has proposed to end it", "in-force")
    since = row["end_proposed_at"]
    require_second(work, row["end_proposed_by"], since, agrees=agrees, current="end-proposed")


def running(work: UnitOfWork, interest_id: UUID) -> dict[str, Any]:
    """One that has not ended; nobody lets themselves back in."""
    if work.file_id == work.actor.id:
        raise Forbidden("others end your conflict of interest", code="own-conflict")
    row = work.reachable(Interest, interest_id)
    if row["ended_at"] is not None:
        raise wrong_state("it has ended", "ended")
    return row
