from typing import Annotated
from uuid import UUID

from fastapi import Depends

from app.core.paging import Paging, paging
from app.registry.staff import service
from app.registry.staff.schemas import UnitIn, UnitOut, UserChange, UserIn, UserOut
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(tags=["staff"])
Paged = Annotated[Paging, Depends(paging)]


@router.get("/users")
def list_users(
    work: Annotated[UnitOfWork, Permit("user.read")],
    page: Paged,
    role: str | None = None,
    unit_id: UUID | None = None,
) -> Shown[Page[UserOut]]:
    return work.page(UserOut, page, role=role, unit_id=unit_id)


@router.post("/users", status_code=201)
def add_user(given: UserIn, work: Annotated[UnitOfWork, Permit("user.add")]) -> Shown[UserOut]:
    return work.show(UserOut, service.add_user(work, given))


@router.get("/users/{user_id}")
def read_user(user_id: UUID, work: Annotated[UnitOfWork, Permit("user.read")]) -> Shown[UserOut]:
    return work.read(UserOut, user_id)


@router.patch("/users/{user_id}")
def change_user(
    user_id: UUID, given: UserChange, work: Annotated[UnitOfWork, Permit("user.change")]
) -> Shown[UserOut]:
    return work.show(UserOut, service.change_user(work, user_id, given))


@router.get("/units")
def list_units(
    work: Annotated[UnitOfWork, Permit("unit.read")], page: Paged
) -> Shown[Page[UnitOut]]:
    return work.page(UnitOut, page)


@router.post("/units", status_code=201)
def add_unit(given: UnitIn, work: Annotated[UnitOfWork, Permit("unit.add")]) -> Shown[UnitOut]:
    return work.show(UnitOut, service.add_unit(work, given))
