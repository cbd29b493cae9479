"""Plans return operations, and takes in the groups that they bring."""

from app.core.errors import Conflict, Forbidden
from app.registry.cases.schemas import CaseIn
from app.registry.cases.service import join, start_case
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
        case = start_case(work, person.id, opened, operation["id"])
        lead = case["lead_worker_id"]
        join(work, case.id, lead, "lead worker", "received the group")
        if lead != work.actor.id:
            join(work, case.id, work.actor.id, "received the group", "received the group")
        cases.append(case)
    if operation["status"] != "received":
        work.change(Operation, operation["id"], status="received")
    work.publish("operation.received", operation=work.file_id)
    return cases
