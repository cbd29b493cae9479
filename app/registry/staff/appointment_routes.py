from typing import Annotated
from uuid import UUID

from app.core.paging import Paged
from app.registry.staff import appointing
from app.registry.staff.appointment_schemas import (
    AppointmentAnswerIn,
    AppointmentIn,
    AppointmentOut,
)
from app.registry.staff.models import User
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/users/{user_id}/changes", tags=["staff"])


def OnUser(action: str) -> Mark:
    return Mark(action, User, "user_id", "appointment.read")


@router.get("")
def list_changes(
    work: Annotated[UnitOfWork, OnUser("appointment.read")], page: Paged
) -> Shown[Page[AppointmentOut]]:
    return work.page(AppointmentOut, page)


@router.post("", status_code=201)
def propose_change(
    given: AppointmentIn, work: Annotated[UnitOfWork, OnUser("appointment.propose")]
) -> Shown[AppointmentOut]:
    """Role, unit and superior change when somebody else agrees, who is not concerned either."""
    return work.show(AppointmentOut, appointing.propose(work, given))


@router.get("/{change_id}")
def read_change(
    change_id: UUID, work: Annotated[UnitOfWork, OnUser("appointment.read")]
) -> Shown[AppointmentOut]:
    return work.read(AppointmentOut, change_id)


@router.post("/{change_id}/approve")
def approve_change(
    change_id: UUID,
    given: AppointmentAnswerIn,
    work: Annotated[UnitOfWork, OnUser("appointment.approve")],
) -> Shown[AppointmentOut]:
    return work.show(AppointmentOut, appointing.approve(work, change_id, given.reason))


@router.post("/{change_id}/decline")
def decline_change(
    change_id: UUID,
    given: AppointmentAnswerIn,
    work: Annotated[UnitOfWork, OnUser("appointment.approve")],
) -> Shown[AppointmentOut]:
    return work.show(AppointmentOut, appointing.decline(work, change_id, given.reason))
