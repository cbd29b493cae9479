"""What administrators do with units, users and service clients."""

from typing import Any
from uuid import UUID

from app.core.errors import Conflict, Forbidden, NotFound, invalid
from app.registry.pathways.catalogue import catalogue
from app.registry.staff.leaving import leave
from app.registry.staff.models import Unit, User
from app.registry.staff.schemas import ClientIn, UnitIn, UserChange, UserIn
from app.safeguards.guard.account import Account
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

WITHOUT_UNIT = ("administrator",)


def add_unit(work: UnitOfWork, given: UnitIn) -> Written:
    if given.jurisdiction not in catalogue().jurisdictions:
        raise invalid("/jurisdiction", "unknown", "no file of practice describes it")
    if work.taken(Unit, "code", given.code):
        raise Conflict("a unit with this code exists", code="code-taken")
    return work.add(Unit, **given.model_dump())


def add_user(work: UnitOfWork, given: UserIn, *, pending: bool = False) -> Written:
    """With a first password; `pending`: nobody signs in by it before another has agreed.

    An operator at the machine, who could do anything to it, adds users that need no second word.
    """
    free_name(work, given.username)
    check_unit(work, given.role, given.unit_id)
    fields = given.model_dump(exclude={"password"})
    if pending:
        fields["credentials_reset_at"] = work.at  # its first password is somebody else's choice
    written = work.add(User, **fields, kind="person", pending=pending)
    work.publish("user.added", user=written.id)
    work.once_written(lambda: Account(work, written.id).create(given.password))
    return written


def add_client(work: UnitOfWork, given: ClientIn) -> tuple[Written, str]:
    """A partner's system, and the secret that nobody sees again."""
    free_name(work, given.client_id)
    check_unit(work, "partner", given.unit_id)
    fields = given.model_dump(exclude={"client_id"})
    written = work.add(User, **fields, username=given.client_id, kind="client", role="partner")
    work.publish("client.added", user=written.id)
    made: list[str] = []
    work.once_written(lambda: made.append(Account(work, written.id).create_client()))
    return written, made[0]


def change_user(work: UnitOfWork, user_id: UUID, given: UserChange) -> Written:
    """Disabling ends every session and grant at the next request.

    Role and unit change by appointment, and so does a disabled account open again; that gives no
    grant back.
    """
    changes = given.model_dump(exclude_unset=True, exclude={"disabled", "reason"})
    if not changes and given.disabled is None:
        raise invalid("", "unchanged", "names nothing to change")
    if user_id == work.actor.id and given.disabled is not None:
        raise Forbidden("nobody changes their own access", code="own-rights")
    leaves = given.disabled and work.reachable(User, user_id)["disabled_at"] is None
    if leaves:
        changes["disabled_at"] = work.at
    written = work.change(User, user_id, **changes, reason=given.reason)
    if leaves:
        Account(work, user_id).end_sessions("rights changed")
        leave(work, user_id, "has left")
    return written


def reset_password(work: UnitOfWork, user_id: UUID, reason: str) -> str:
    """A one-time password, for the administrator to hand over."""
    if work.reachable(User, user_id)["kind"] == "client":
        raise Conflict("a service client has a secret: rotate it", code="client")
    renewed(work, user_id, reason, credentials_reset_at=work.at)
    return Account(work, user_id).reset_password()


def reset_second_factor(work: UnitOfWork, user_id: UUID, reason: str) -> Written:
    written = renewed(work, user_id, reason, credentials_reset_at=work.at)
    Account(work, user_id).reset_second_factor()
    return written


def unlock(work: UnitOfWork, user_id: UUID, reason: str) -> Written:
    """An account that nobody used for long counts anew from today; so does a client's."""
    return renewed(work, user_id, reason, unlocked_at=work.at)


def rotate_secret(work: UnitOfWork, client_id: UUID, reason: str) -> tuple[Written, str]:
    the_client(work, client_id)
    written = renewed(work, client_id, reason, credentials_reset_at=work.at)
    return written, Account(work, client_id).rotate_secret()


def the_client(work: UnitOfWork, client_id: UUID) -> None:
    if not work.find(User, lambda u: (u.c.id == client_id) & (u.c.kind == "client")):
        raise NotFound()


def renewed(work: UnitOfWork, user_id: UUID, reason: str, **fields: Any) -> Written:
    """On record with its reason, before anything is made anew, and shut until another agrees.

    An operator at the machine, who could do anything to it, needs no second word.
    """
    if user_id == work.actor.id:
        raise Forbidden("nobody renews their own sign-in; ask another", code="own-credentials")
    if not work.actor.operates:
        fields["pending"] = True
    return work.change(User, user_id, **fields, reason=reason)


def free_name(work: UnitOfWork, username: str) -> None:
    if work.taken(User, "username", username):
        raise Conflict("this user name is taken", code="username-taken")


def check_unit(work: UnitOfWork, role: str, unit_id: UUID | None) -> None:
    if unit_id is None and role not in WITHOUT_UNIT:
        raise invalid("/unit_id", "missing", "this role works in a unit")
    if unit_id is not None and not work.taken(Unit, "id", unit_id):
        raise invalid("/unit_id", "unknown", "no such unit")
