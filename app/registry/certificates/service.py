"""What is done with certificates: recorded and withdrawn by others, and relied on."""

from datetime import date
from typing import Any
from uuid import UUID

from app.core.errors import Forbidden, invalid
from app.core.states import wrong_state
from app.registry.certificates.models import Certificate
from app.registry.certificates.rules import covers
from app.registry.certificates.schemas import CertificateIn, CertificateWithdrawalIn
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def record(work: UnitOfWork, given: CertificateIn) -> Written:
    require_another(work)
    if given.issued_on > work.today:
        raise invalid("/issued_on", "future", "it was issued today or earlier")
    if given.expires_on < given.issued_on:
        raise invalid("/expires_on", "before-issued", "must not be before issued_on")
    written = work.add(Certificate, **given.model_dump(), recorded_by=work.actor.id)
    work.publish("certificate.recorded", user=work.file_id, certificate=written.id)
    return written


def withdraw(work: UnitOfWork, certificate_id: UUID, given: CertificateWithdrawalIn) -> Written:
    """From that day on it covers nothing; what was done under it before stays as it is."""
    require_another(work)
    on = given.withdrawn_on or work.today
    if on > work.today:
        raise invalid("/withdrawn_on", "future", "it was withdrawn today or earlier")
    if work.reachable(Certificate, certificate_id)["withdrawn_on"] is not None:
        raise wrong_state("it is withdrawn", "withdrawn")
    fields = {"withdrawn_on": on, "withdrawn_by": work.actor.id, "withdrawal": given.reason}
    written = work.change(Certificate, certificate_id, **fields)
    work.publish("certificate.withdrawn", user=work.file_id, certificate=certificate_id)
    return written


def require_another(work: UnitOfWork) -> None:
    if work.file_id == work.actor.id:
        raise Forbidden("somebody else records what you are certified for", code="own-certificate")


def certified(work: UnitOfWork, user_id: UUID, code: str, on: date) -> Any | None:
    """The certificate (`id`) by which somebody may use this tool on this day, or None.

    Past the caller's own classes: judged by, never shown.
    """
    held = work.facts(
        Certificate,
        lambda c: (c.c.user_id == user_id) & (c.c.code == code),
        *("id", "issued_on", "expires_on", "withdrawn_on"),
    )
    return next((c for c in held if covers(c.issued_on, c.expires_on, c.withdrawn_on, on)), None)
