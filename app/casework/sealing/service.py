"""What is done with seals: proposed by one person, approved by another of a different line."""

from typing import Any, Literal
from uuid import UUID

from app.casework.sealing.models import Sealing
from app.casework.sealing.rules import sealed_after
from app.casework.sealing.schemas import SealIn, UnsealIn
from app.core.errors import Conflict, Forbidden, NotFound, invalid
from app.registry.staff.deciding import require_second
from app.registry.staff.lines import same_line
from app.safeguards.access.bars import EVERYBODY
from app.safeguards.guard import barring
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

Act = Literal["seal", "unseal"]


def propose(work: UnitOfWork, act: Act, given: SealIn | UnsealIn) -> Written:
    """Nothing is closed or opened yet."""
    if is_sealed(work) is (act == "seal"):
        state = "sealed" if act == "seal" else "not sealed"
        raise wrong_state(state, f"the case is {state}")
    if waiting(work, act):
        raise wrong_state("proposed", "this has been proposed, and waits for an answer")
    if given.dated_on > work.today:
        raise invalid("/dated_on", "future", "a document is dated today or earlier")
    fields = {"ground": "court_order", **given.model_dump(), "act": act}
    written = work.add(Sealing, **fields, proposed_by=work.actor.id)
    work.publish(f"case.{act}-proposed", case=work.case_id, sealing=written.id)
    return written


def approve(work: UnitOfWork, act: Act, sealing_id: UUID, reason: str) -> Written:
    """From the next request on the case is as if it were not there, or is there again."""
    written = answer(work, act, sealing_id, "done", reason)
    if act == "seal":
        barring.bar(work, [work.case_id], EVERYBODY, written.id)
    else:
        barring.unseal(work, work.case_id)
    work.publish(f"case.{act}ed", case=work.case_id, sealing=written.id)
    return written


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
    if row.status != "proposed":
        raise wrong_state(row.status, "this has been answered")
    require_second(work, row.proposed_by, row.created_at, agrees=status == "done")
    if status == "done" and same_line(work, row.proposed_by, work.actor.id):
        raise Forbidden("it takes two people of different reporting lines", code="same-line")
    return work.change(
        Sealing,
        row.id,
        status=status,
        decided_by=work.actor.id,
        decided_at=work.at,
        answer=reason,
    )


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


def wrong_state(current: str, why: str) -> Conflict:
    return Conflict(why, code="wrong-state", current=current, allowed=[], unmet=[])
