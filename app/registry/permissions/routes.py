from typing import Annotated
from uuid import UUID

from app.registry.permissions import service
from app.registry.permissions.schemas import PermissionsOut
from app.safeguards.guard.mark import ForSelf
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/me/permissions", tags=["sign-in"])


@router.get("")
def explain_permissions(
    work: Annotated[UnitOfWork, ForSelf()], case_id: UUID | None = None
) -> Shown[PermissionsOut]:
    """On a case, or in general. A case of which the caller may not know is not there."""
    if case_id is None:
        return work.tell(PermissionsOut, **service.in_general(work))
    return work.tell(PermissionsOut, **service.on_case(work, case_id))
