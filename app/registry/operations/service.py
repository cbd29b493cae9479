"""Plans return operations, and takes in the groups that they bring."""

from app.core.errors import Conflict, Forbidden
from app.registry.cases.opening import start_case
from app.registry.cases.schemas import CaseIn
from app.registry.operations.models import Operation
from app.registry.operations.schemas import ArrivalsIn, OperationIn
from app.registry.people.service import register
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def plan(work: UnitOfWork, given: OperationIn) -> Written:
    if work.taken(Operation, "code", given.code):
        raise Conflict("an operation with this code exists", code="code-taken")
    return work.add(Operation, **given.model_dump(), jurisdiction=work.actor.jurisdiction)


def receive(work: UnitOfWork, given: ArrivalsIn) -> list[Written]:
    """All members in one transaction; no pathway is decided for a group, only for a person."""
    if work.actor.unit_id is None:
        raise Forbidden("a group is received by a unit, and you are in none", code="no-unit")
    (operation,) = work.find(Operation, lambda o: o.c.id == work.file_id)
    cases = []
    for member in given.members:
        person = register(work, member)
        opened = CaseIn(
            person_id=person.id,
            programme=operation["programme"],
            lead_worker_id=given.lead_worker_id,
            opened_on=operation["arrives_on"],
        )
        case = start_case(work, person, opened, "received the group", operation["id"])
        cases.append(case)
    if operation["status"] != "received":
        work.change(Operation, operation["id"], status="received")
    work.publish("operation.received", operation=work.file_id)
    return cases
