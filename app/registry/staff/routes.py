from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Header

from app.core.language import preferred
from app.core.paging import Paged
from app.core.values import moment
from app.registry.staff import appointing, renewing, roles, service
from app.registry.staff.models import User
from app.registry.staff.schemas import (
    ClientIn,
    ClientOut,
    ClientSecretOut,
    OneTimeOut,
    PolicyOut,
    ReasonIn,
    Role,
    RoleOut,
    UnitIn,
    UnitOut,
    UserChange,
    UserIn,
    UserOut,
)
from app.safeguards.access.policy import POLICY, RIGHTS_IN_WORDS, ROLES
from app.safeguards.guard.account import ONE_TIME
from app.safeguards.guard.mark import ForSelf, Mark, Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown, Written
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(tags=["staff"])
ON_CLIENT = Mark("client.rotate_secret", User, "client_id", "client.read")


def on_user(action: str) -> Mark:
    return Mark(action, User, "user_id", "user.read")


ON_USER = on_user("user.change")


@router.get("/users")
def list_users(
    work: Annotated[UnitOfWork, Permit("user.read")],
    page: Paged,
    role: Role | None = None,
    unit_id: UUID | None = None,
) -> Shown[Page[UserOut]]:
    return work.page(UserOut, page, role=role, unit_id=unit_id)


@router.post("/users", status_code=201)
def add_user(given: UserIn, work: Annotated[UnitOfWork, Permit("user.add")]) -> Shown[UserOut]:
    """The account is there at once, and good for nothing before another agrees: see `changes`."""
    return work.show(UserOut, appointing.hire(work, given))


@router.get("/users/{user_id}")
def read_user(user_id: UUID, work: Annotated[UnitOfWork, Permit("user.read")]) -> Shown[UserOut]:
    return work.read(UserOut, user_id)


@router.patch("/users/{user_id}")
def change_user(given: UserChange, work: Annotated[UnitOfWork, ON_USER]) -> Shown[UserOut]:
    """`disabled: false` puts it forward; the account opens once another agrees: see `changes`."""
    return work.show(UserOut, appointing.change(work, given))


@router.post("/users/{user_id}/reset-password")
def reset_password(
    given: ReasonIn, work: Annotated[UnitOfWork, on_user("user.reset_password")]
) -> Shown[OneTimeOut]:
    """The password is good for nothing before another agrees: see `changes`."""
    password = renewing.renew(work, service.reset_password, given.reason)
    seconds = int(ONE_TIME.total_seconds())
    return work.tell(OneTimeOut, id=work.file_id, password=password, good_for_seconds=seconds)


@router.post("/users/{user_id}/reset-second-factor")
def reset_second_factor(
    given: ReasonIn, work: Annotated[UnitOfWork, on_user("user.reset_second_factor")]
) -> Shown[UserOut]:
    """Nobody signs in without it before another agrees: see `changes`."""
    return work.show(UserOut, renewing.renew(work, service.reset_second_factor, given.reason))


@router.post("/users/{user_id}/unlock")
def unlock_user(
    given: ReasonIn, work: Annotated[UnitOfWork, on_user("user.unlock")]
) -> Shown[UserOut]:
    """Of somebody, or of a service client, who was away for so long that the account was locked.

    It opens once another agrees: see `changes`.
    """
    return work.show(UserOut, renewing.renew(work, service.unlock, given.reason))


@router.get("/clients")
def list_clients(
    work: Annotated[UnitOfWork, Permit("client.read")], page: Paged, unit_id: UUID | None = None
) -> Shown[Page[ClientOut]]:
    return work.page(ClientOut, page, kind="client", unit_id=unit_id)


@router.post("/clients", status_code=201)
def add_client(
    given: ClientIn, work: Annotated[UnitOfWork, Permit("client.add")]
) -> Shown[ClientSecretOut]:
    return with_secret(work, *service.add_client(work, given))


@router.get("/clients/{client_id}")
def read_client(
    client_id: UUID, work: Annotated[UnitOfWork, Permit("client.read")]
) -> Shown[ClientOut]:
    service.the_client(work, client_id)
    return work.read(ClientOut, client_id)


@router.post("/clients/{client_id}/rotate-secret")
def rotate_secret(
    given: ReasonIn, work: Annotated[UnitOfWork, ON_CLIENT]
) -> Shown[ClientSecretOut]:
    """The old secret ends at once; the new one is good once another agrees: see `changes`."""
    return with_secret(work, *renewing.renew(work, service.rotate_secret, given.reason))


def with_secret(work: UnitOfWork, written: Written, secret: str) -> Shown[ClientSecretOut]:
    names = ("id", "version", "display_name", "role", "unit_id")
    fields: dict[str, Any] = {name: written[name] for name in names}
    fields |= {name: moment(written[name]) for name in ("created_at", "updated_at")}
    told = work.tell(ClientSecretOut, **fields, client_id=written["username"], client_secret=secret)
    return replace(told, record_id=written.id)


@router.get("/units")
def list_units(
    work: Annotated[UnitOfWork, Permit("unit.read")], page: Paged
) -> Shown[Page[UnitOut]]:
    return work.page(UnitOut, page)


@router.post("/units", status_code=201)
def add_unit(given: UnitIn, work: Annotated[UnitOfWork, Permit("unit.add")]) -> Shown[UnitOut]:
    return work.show(UnitOut, service.add_unit(work, given))


@router.get("/units/{unit_id}")
def read_unit(unit_id: UUID, work: Annotated[UnitOfWork, Permit("unit.read")]) -> Shown[UnitOut]:
    return work.read(UnitOut, unit_id)


@router.get("/roles")
def list_roles(
    work: Annotated[UnitOfWork, ForSelf()],
    page: Paged,
    accept_language: Annotated[str | None, Header()] = None,
) -> Shown[Page[RoleOut]]:
    language = preferred(accept_language, roles.LANGUAGES)
    items = [roles.described(role, language) for role in ROLES]
    return work.tell_some(RoleOut, page, items, "code")


@router.get("/policy")
def read_policy(work: Annotated[UnitOfWork, Permit("policy.read")]) -> Shown[PolicyOut]:
    return work.tell(
        PolicyOut,
        digest=POLICY.digest,
        rights=RIGHTS_IN_WORDS,
        items=[
            {"record_class": name, "role": role, "reach": reach, "rights": letters}
            for name, by_role in POLICY.classes.items()
            for role, reaches in by_role.items()
            for reach, letters in reaches.items()
        ],
        never={name: sorted(never) for name, never in POLICY.never.items()},
        actions=[
            {
                "action": action,
                "record_classes": sorted(POLICY.records[action.partition(".")[0]]),
                "needs": letters,
            }
            for action, letters in POLICY.verbs.items()
        ],
    )
