from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from app.registry.staff.appointment_models import Appointment
from app.registry.staff.schemas import Reason, Role
from app.safeguards.guard.shown import In, Kept, Out


def plainly(value: object) -> object:
    """The number 1 is no yes, though it equals one."""
    if not isinstance(value, bool):
        raise PydanticCustomError("bool-type", "is not a boolean")
    return value


Yes = Annotated[Literal[True], BeforeValidator(plainly)]


class AppointmentIn(In):
    """What is left out stays as it is; `supervisor_id: null` says that there is none.

    `enabled`: an account that was disabled opens again.
    """

    id: UUID | None = None
    role: Annotated[Role | None, Kept()] = None
    unit_id: UUID | None = None
    supervisor_id: UUID | None = None
    enabled: Annotated[Yes | None, Kept()] = None
    reason: Reason


class AppointmentAnswerIn(In):
    reason: Reason


class AppointmentOut(Out):
    """`named` says which of role, unit, superior, `enabled` and `renewed` it is about.

    `renewed`: a password, secret, second factor or sleeping account was made anew.
    """

    of: ClassVar = Appointment

    user_id: UUID
    named: list[str]
    role: str | None
    unit_id: UUID | None
    supervisor_id: UUID | None
    enabled: bool | None
    renewed: bool | None
    status: Literal["proposed", "done", "declined"]
    reason: str
    proposed_by: UUID
    decided_by: UUID | None
    decided_at: datetime | None
    answer: str | None
