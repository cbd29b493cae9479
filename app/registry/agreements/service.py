"""What is done with agreements: proposed, approved by somebody else, ended."""

from collections.abc import Collection
from uuid import UUID

from app.core.errors import Forbidden, invalid
from app.core.states import require_status
from app.registry.agreements.models import Agreement, named
from app.registry.agreements.schemas import AgreementIn
from app.registry.staff import deciding
from app.registry.staff.leaving import on_leaving
from app.registry.staff.models import User
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.agreed import fields_of_class
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

PARTNER = "partner"  # the role of every service client


def propose(work: UnitOfWork, given: AgreementIn) -> Written:
    """Opens nothing before somebody else has approved it."""
    if work.actor.jurisdiction is None:
        raise Forbidden("an agreement is made for a jurisdiction, and you are in none")
    client = work.find(User, lambda u: u.c.id == given.client_id, anywhere=True)
    if not client or client[0]["kind"] != "client" or client[0]["disabled_at"] is not None:
        raise invalid("/client_id", "unknown", "no service client that you can see has this id")
    examine(given)
    if given.until <= given.since:
        raise invalid("/until", "before-since", "must be after since")
    if not given.since <= given.review_on <= given.until:
        raise invalid("/review_on", "out-of-range", "must lie between since and until")
    classes = sorted(set(given.classes))
    fields = {name: some for name in classes if (some := listed(name, given.fields.get(name)))}
    written = work.add(
        Agreement,
        **given.model_dump(exclude={"classes", "fields"}),
        classes=classes,
        fields=fields,
        shared=named(classes, fields),
        jurisdiction=work.actor.jurisdiction,
        proposed_by=work.actor.id,
    )
    work.publish("agreement.proposed", agreement=written.id)
    return written


def listed(record_class: str, named: Collection[str] | None) -> list[str]:
    """The fields of a class that flow: those that are named; else all that are shown of it now.

    What will be shown of it later is in no agreement of today.
    """
    return sorted(set(fields_of_class(record_class, PARTNER) if named is None else named))


def examine(given: AgreementIn) -> None:
    """It names what a partner may be shown by an agreement, and nothing else."""
    for place, name in enumerate(given.classes):
        if not shareable(name):
            raise invalid(f"/classes/{place}", "unknown", "no agreement shares such a class")
    for name, fields in given.fields.items():
        if name not in given.classes:
            raise invalid(f"/fields/{name}", "unknown", "is no class of this agreement")
        for place, field in enumerate(fields):
            if field not in fields_of_class(name, PARTNER):
                why = "a partner is shown no such field of this class"
                raise invalid(f"/fields/{name}/{place}", "unknown", why)


def shareable(record_class: str) -> bool:
    """What the policy gives partners by agreement, and no more."""
    return "agreement" in POLICY.classes.get(record_class, {}).get(PARTNER, {})


def answer(work: UnitOfWork, status: str, reason: str) -> Written:
    row = work.reachable(Agreement, work.file_id)
    written = deciding.answer(work, Agreement, row, status, reason)
    work.publish(f"agreement.{status.replace('_', '-')}", agreement=work.file_id)
    return written


def end(work: UnitOfWork, reason: str) -> Written:
    """At the next request nothing flows under it any more."""
    require_status(work.reachable(Agreement, work.file_id), "agreement", "in_force")
    written = work.change(
        Agreement, work.file_id, status="ended", ended_on=work.today, answer=reason
    )
    work.publish("agreement.ended", agreement=work.file_id)
    return written


@on_leaving
def end_agreements(work: UnitOfWork, user_id: UUID, reason: str) -> None:
    """A partner that comes back comes back to nothing: what is shared is agreed anew."""
    work.expire(
        Agreement,
        lambda a: (a.c.client_id == user_id) & a.c.status.in_(("proposed", "in_force")),
        status="ended",
        ended_on=work.today,
    )
