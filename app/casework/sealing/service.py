"""What is done with seals: proposed by one person, approved by another of a different line."""

from typing import Any, Literal
from uuid import UUID

from app.casework.sealing.models import Sealing
from app.casework.sealing.rules import sealed_after
from app.casework.sealing.schemas import SealIn, UnsealIn
from app.core.errors import Forbidden, NotFound, invalid
from app.core.states import wrong_state
from app.registry.cases.models import Case
from app.registry.people.models import Person
from app.registry.staff import deciding
from app.registry.staff.lines import same_line
from app.safeguards.access.bars import EVERYBODY, sealed_off
from app.safeguards.guard import barring
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

Act = Literal["seal", "unseal"]


def propose(work: UnitOfWork, act: Act, given: SealIn | UnsealIn) -> Written:
    """Nothing is closed or opened yet."""
    if is_sealed(work) is (act == "seal"):
        state = "sealed" if act == "seal" else "not sealed"
        raise wrong_state(f"the case is {state}", state)
    if waiting(work, act):
        raise wrong_state("this has been proposed, and waits for an answer", "proposed")
    if given.dated_on > work.today:
        raise invalid("/dated_on", "future", "a document is dated today or earlier")
    fields = {"ground": "court_order", **given.model_dump(), "act": act}
    written = work.add(Sealing, **fields, proposed_by=work.actor.id)
    work.publish(f"case.{act}-proposed", case=work.case_id, sealing=written.id)
    return written


def approve(work: UnitOfWork, act: Act, sealing_id: UUID, reason: str) -> Written:
    """From the next request on the case is as if it were not there, or is there again."""
    written = answer(work, act, sealing_id, "done", reason)
    person_id, others = persons_cases(work)
    if act == "unseal":
        barring.unseal(work, work.case_id)
        barring.unseal(work, person_id)
    else:
        # Nothing is left by which somebody might know the person, so neither is their trail.
        files = [work.case_id] if others else [work.case_id, person_id]
        barring.bar(work, files, EVERYBODY, written.id)
    work.publish(f"case.{act}ed", case=work.case_id, sealing=written.id)
    return written


def persons_cases(work: UnitOfWork) -> tuple[UUID, bool]:
    """The person of the case, and whether another case of theirs is not sealed, wherever it is."""
    (case,) = work.facts(Case, lambda c: c.c.id == work.case_id, "person_id", beyond=True)
    work.hold(Person, lambda p: p.c.id == case.person_id)  # no other case opens or closes meanwhile
    others = work.facts(
        Case,
        lambda c: (
            (c.c.person_id == case.person_id) & (c.c.id != work.case_id) & ~sealed_off(c.c.id)
        ),
        "id",
        beyond=True,
    )
    return case.person_id, bool(others)


def decline(work: UnitOfWork, act: Act, sealing_id: UUID, reason: str) -> Written:
    written = answer(work, act, sealing_id, "declined", reason)
    work.publish(f"case.{act}-declined", case=work.case_id, sealing=written.id)
    return written


def answer(work: UnitOfWork, act: Act, sealing_id: UUID, status: str, reason: str) -> Written:
    proposed = work.facts(
        Sealing,
        lambda s: (s.c.id == sealing_id) & (s.c.case_id == work.case_id) & (s.c.act == act),
        *("id", "status", "proposed_by", "created_at"),
    )
    if not proposed:
        raise NotFound()
    (row,) = proposed
    written = deciding.answer(work, Sealing, row._mapping, status, reason)
    if status == "done" and same_line(work, row.proposed_by, work.actor.id):
        raise Forbidden("it takes two people of different reporting lines", code="same-line")
    return written


def is_sealed(work: UnitOfWork) -> bool:
    done = work.facts(
        Sealing,
        lambda s: (s.c.case_id == work.case_id) & (s.c.status == "done"),
        *("decided_at", "act"),
    )
    return sealed_after([(row.decided_at, row.act) for row in done])


def waiting(work: UnitOfWork, act: Act) -> list[Any]:
    return work.facts(
        Sealing,
        lambda s: (s.c.case_id == work.case_id) & (s.c.status == "proposed") & (s.c.act == act),
        "id",
    )
