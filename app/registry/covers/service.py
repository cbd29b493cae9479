"""What is done with covers: proposed, answered by somebody else, ended early."""

from typing import Any
from uuid import UUID

from app.core.errors import Conflict, Forbidden, invalid
from app.core.states import require_status
from app.registry.covers import rules
from app.registry.covers.models import Cover
from app.registry.covers.schemas import CoverIn
from app.registry.staff import deciding
from app.registry.staff.colleagues import colleague
from app.registry.staff.leaving import on_leaving
from app.registry.staff.lines import heads
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def propose(work: UnitOfWork, given: CoverIn) -> Written:
    """By who will be away, or by their superior; opens nothing before somebody else approves it."""
    since = given.since or work.today
    if fault := rules.span_fault(since, given.until, work.today):
        raise invalid(*fault)
    covered = given.grantor_id or work.actor.id
    # Before anybody is looked for: who sees no staff learns of no id whether it is a colleague's.
    if covered != work.actor.id and not heads(work, work.actor.id, covered):
        raise Forbidden("who is covered proposes it, or their superior", code="not-theirs")
    grantor = the_colleague(work, covered, "/grantor_id")
    holder = the_colleague(work, given.holder_id, "/holder_id")
    if holder["id"] == grantor["id"]:
        raise invalid("/holder_id", "self", "somebody else stands in")
    if (holder["role"], holder["jurisdiction"]) != (grantor["role"], grantor["jurisdiction"]):
        raise invalid("/holder_id", "unknown", "nobody of the same role here has this id")
    fields = {**given.model_dump(), "grantor_id": grantor["id"], "since": since}
    place = {name: grantor[name] for name in ("role", "jurisdiction")}
    written = work.add(Cover, **fields, **place, proposed_by=work.actor.id)
    work.publish("cover.proposed", cover=written.id)
    return written


def the_colleague(work: UnitOfWork, user_id: UUID, pointer: str) -> dict[str, Any]:
    found = colleague(work, user_id)
    if found is None:
        raise invalid(pointer, "unknown", "nobody of the same role here has this id")
    return found


def answer(work: UnitOfWork, status: str, reason: str) -> Written:
    row = work.reachable(Cover, work.file_id)
    both = (row["grantor_id"], row["holder_id"])
    written = deciding.answer(work, Cover, row, status, reason, concerned=both)
    if status == "in_force" and row["until"] < work.today:
        raise Conflict("its last day is over", code="ended", current="ended", allowed=[])
    work.publish(f"cover.{status.replace('_', '-')}", cover=work.file_id)
    return written


def end(work: UnitOfWork, reason: str) -> Written:
    """From the next request on nobody stands in by it."""
    require_status(work.reachable(Cover, work.file_id), "cover", "proposed", "in_force")
    fields = {"ended_by": work.actor.id, "ended_at": work.at, "end_reason": reason}
    written = work.change(Cover, work.file_id, status="ended", **fields)
    work.publish("cover.ended", cover=work.file_id)
    return written


@on_leaving
def end_covers(work: UnitOfWork, user_id: UUID, reason: str) -> None:
    """Nobody stands in for who has left, nor does who has left for others."""
    work.expire(
        Cover,
        lambda c: (
            ((c.c.grantor_id == user_id) | (c.c.holder_id == user_id))
            & c.c.status.in_(("proposed", "in_force"))
        ),
        status="ended",
        ended_by=None if work.actor.operates else work.actor.id,
        ended_at=work.at,
        end_reason=reason,
    )
