"""Plans return operations and follows them; groups are taken in by `intake`."""

from app.core.errors import Conflict, Forbidden, invalid
from app.core.states import wrong_state
from app.registry.operations.models import Operation
from app.registry.operations.schemas import OperationChange, OperationIn
from app.registry.people.standing import jurisdiction_of
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

NEXT = {
    "planned": ("in_transit", "closed"),
    "in_transit": ("planned", "closed"),
    "received": ("closed",),
    "closed": (),
}


def plan(work: UnitOfWork, given: OperationIn) -> Written:
    jurisdiction = work.actor.jurisdiction
    if work.facts(
        Operation, lambda o: (o.c.code == given.code) & (o.c.jurisdiction == jurisdiction), "id"
    ):
        raise Conflict("an operation with this code exists", code="code-taken")
    place = jurisdiction_of(jurisdiction)
    if place is None:
        raise Forbidden("your unit is in no jurisdiction on record", code="no-jurisdiction")
    if given.programme not in place.programmes:
        raise invalid("/programme", "unknown", "the jurisdiction runs no such programme")
    written = work.add(Operation, **given.model_dump(), jurisdiction=jurisdiction)
    work.publish("operation.planned", operation=written.id)
    return written


def change(work: UnitOfWork, given: OperationChange) -> Written:
    fields = given.model_dump(exclude_unset=True)
    (current,) = work.find(Operation, lambda o: o.c.id == work.file_id)
    was, to = current["status"], fields.get("status")
    if was == "closed" or (to and to != was and to not in NEXT[was]):
        raise wrong_state(f"the operation is {was}", was, NEXT[was])
    written = work.change(Operation, work.file_id, **fields)
    work.publish("operation.changed", operation=work.file_id)
    return written
