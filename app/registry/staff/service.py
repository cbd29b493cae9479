"""What administrators do with users and units."""

from uuid import UUID

from app.core.errors import Conflict, Forbidden, invalid
from app.registry.staff.models import Unit, User
from app.registry.staff.schemas import UnitIn, UserChange, UserIn
from app.safeguards.guard.account import Account
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

WITHOUT_UNIT = ("administrator",)


def add_unit(work: UnitOfWork, given: UnitIn) -> Written:
    if work.taken(Unit, "code", given.code):
        raise Conflict("a unit with this code exists", code="code-taken")
    return work.add(Unit, **given.model_dump())


def add_user(work: UnitOfWork, given: UserIn) -> Written:
    """With a first password; the person changes it at the first sign-in."""
    if work.taken(User, "username", given.username):
        raise Conflict("this user name is taken", code="username-taken")
    if given.unit_id is None and given.role not in WITHOUT_UNIT:
        raise invalid("/unit_id", "missing", "this role works in a unit")
    if given.unit_id is not None and not work.taken(Unit, "id", given.unit_id):
        raise invalid("/unit_id", "unknown", "no such unit")
    written = work.add(User, **given.model_dump(exclude={"password"}))
    work.publish("user.added", user=written.id)
    work.once_written(lambda: Account(work, written.id).create(given.username, given.password))
    return written


def change_user(work: UnitOfWork, user_id: UUID, given: UserChange) -> Written:
    """Disabling, or another role or unit, ends every session at the next request."""
    changes = given.model_dump(exclude_unset=True, exclude={"disabled", "reason"})
    if user_id == work.actor.id and changes.keys() & {"role", "unit_id"}:
        raise Forbidden("nobody changes their own role or unit", code="own-rights")
    if given.disabled is not None:
        changes["disabled_at"] = work.at if given.disabled else None
    if changes.get("role", "") is None:
        raise invalid("/role", "missing", "a user has a role")
    written = work.change(User, user_id, **changes)
    if given.disabled or changes.keys() & {"role", "unit_id"}:
        Account(work, user_id).end_sessions("rights changed")
    return written
