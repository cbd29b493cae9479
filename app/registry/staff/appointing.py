"""How somebody becomes what they are here, or is here again: one proposes it, another decides."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.errors import Forbidden, invalid
from app.core.states import wrong_state
from app.registry.staff import deciding
from app.registry.staff.appointment_models import Appointment
from app.registry.staff.appointment_schemas import AppointmentIn
from app.registry.staff.colleagues import works_here
from app.registry.staff.lines import is_above
from app.registry.staff.models import Unit, User
from app.registry.staff.rules import may_give
from app.registry.staff.schemas import UserChange, UserIn
from app.registry.staff.service import add_user, change_user, check_unit
from app.safeguards.access.policy import POLICY, RANK
from app.safeguards.guard.account import Account
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def hire(work: UnitOfWork, given: UserIn) -> Written:
    """The account is there at once, and nobody signs in by it before another has agreed."""
    written = add_user(work, given, pending=True)
    fields = {"role": given.role, "unit_id": given.unit_id}
    put_forward(work, written.id, fields, "hired")
    return written


def change(work: UnitOfWork, given: UserChange) -> Written:
    """Whoever may disable an account puts it forward to open it again, and it stays shut so far."""
    if given.disabled is False:
        not_oneself(work)
        user = work.reachable(User, work.file_id)
        if user["disabled_at"] is not None:
            require_none_waiting(work)
            put_forward(work, work.file_id, {"enabled": True}, given.reason)
    return change_user(work, work.file_id, given)


def propose(work: UnitOfWork, given: AppointmentIn) -> Written:
    """Changes nothing yet."""
    not_oneself(work)
    changes = given.model_dump(exclude_unset=True, exclude={"id", "reason"})
    if not changes:
        raise invalid("", "unchanged", "names nothing to change")
    if changes.get("enabled", True) is None:
        raise invalid("/enabled", "null", "an account is disabled by changing the user")
    user = work.reachable(User, work.file_id)
    if "enabled" in changes and user["disabled_at"] is None:
        raise wrong_state("the account is not disabled", "enabled")
    examine(work, user, changes)
    require_none_waiting(work)
    return put_forward(work, work.file_id, changes, given.reason, given.id)


def require_none_waiting(work: UnitOfWork) -> None:
    if work.tally(Appointment, lambda a: a.c.status == "proposed"):
        raise wrong_state("an appointment of theirs waits for an answer", "proposed")


def was_renewed(work: UnitOfWork) -> bool:
    """Whether an account that is shut is so for a sign-in made anew, and not as a hire."""
    found = work.facts(Appointment, lambda a: a.c.user_id == work.file_id, "named")
    return any(row.named == ["renewed"] for row in found)


def put_forward(
    work: UnitOfWork, user_id: UUID, changes: Mapping[str, Any], reason: str, id: UUID | None = None
) -> Written:
    role = changes.get("role")
    if role is not None and not gives(work.actor.role, role):
        raise Forbidden("nobody gives a role that is wider than their own", code="wider-role")
    written = work.add(
        Appointment,
        id=id,
        file_id=user_id,
        **changes,
        named=sorted(changes),
        reason=reason,
        proposed_by=work.actor.id,
    )
    work.publish("appointment.proposed", user=user_id, appointment=written.id)
    return written


def gives(giver: str, role: str) -> bool:
    return may_give(giver, role, POLICY.classes, RANK)


def approve(work: UnitOfWork, appointment_id: UUID, reason: str) -> Written:
    """From the next request on they are what it says, and every session of before is over."""
    answered = answer(work, appointment_id, "done", reason)
    before = work.reachable(User, work.file_id)
    changes = {name: answered[name] for name in answered["named"]}
    require_whole(work, before, changes)
    examine(work, before, changes)
    stays_here(work, changes)
    fields: dict[str, Any] = {"disabled_at": None} if changes.pop("enabled", False) else {}
    changes.pop("renewed", None)
    if before["pending"]:
        fields["credentials_reset_at"] = work.at  # nobody could have noticed anything before
    fields |= {**changes, "pending": False, "reason": answered["reason"]}
    work.change(User, work.file_id, **fields)
    Account(work, work.file_id).end_sessions("rights changed")
    return answered


def require_whole(work: UnitOfWork, user: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Nothing opens an account but what it is shut for: all of a hire, or a sign-in made anew."""
    needed = {"renewed"} if was_renewed(work) else {"role", "unit_id"}
    if user["pending"] and not needed <= changes.keys():
        raise wrong_state("nobody has agreed to the account yet", "pending")


def decline(work: UnitOfWork, appointment_id: UUID, reason: str) -> Written:
    return answer(work, appointment_id, "declined", reason)


def answer(work: UnitOfWork, appointment_id: UUID, status: str, reason: str) -> Written:
    not_oneself(work)
    row = work.reachable(Appointment, appointment_id)
    written = deciding.answer(work, Appointment, row, status, reason)
    work.publish(f"appointment.{status}", user=work.file_id, appointment=appointment_id)
    return written


def not_oneself(work: UnitOfWork) -> None:
    if work.file_id == work.actor.id:
        raise Forbidden("nobody has a part in what they themselves become", code="own-rights")


def stays_here(work: UnitOfWork, changes: Mapping[str, Any]) -> None:
    """Whoever answers for one jurisdiction moves nobody into another."""
    if "any" in POLICY.grants(work.actor.role, "appointment.approve") or not changes.get("unit_id"):
        return
    (unit,) = work.facts(Unit, lambda u: u.c.id == changes["unit_id"], "jurisdiction")
    if unit.jurisdiction != work.actor.jurisdiction:
        raise Forbidden("this unit is not of your jurisdiction", code="other-jurisdiction")


def examine(work: UnitOfWork, before: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    role, unit_id = (changes.get(name, before[name]) for name in ("role", "unit_id"))
    if role is None:
        raise invalid("/role", "missing", "a user has a role")
    if before["kind"] == "client" and role != "partner":
        raise invalid("/role", "client", "a service client is a partner's")
    check_unit(work, role, unit_id)
    if changes.get("supervisor_id") is not None:
        examine_superior(work, before["id"], changes["supervisor_id"])


def examine_superior(work: UnitOfWork, user_id: UUID, superior: UUID) -> None:
    if superior == user_id:
        raise invalid("/supervisor_id", "self", "nobody is their own superior")
    if not work.facts(User, lambda u: (u.c.id == superior) & works_here(u), "id"):
        raise invalid("/supervisor_id", "unknown", "nobody who works here has this id")
    if is_above(work, user_id, superior):
        raise invalid("/supervisor_id", "cycle", "reports to this user, directly or not")
