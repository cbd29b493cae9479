"""What is done with consent: recorded as given or refused, and withdrawn."""

from datetime import date
from uuid import UUID

from app.casework.consents.models import Consent
from app.casework.consents.rules import judge
from app.casework.consents.schemas import ConsentIn, WithdrawalIn
from app.core.errors import invalid
from app.core.states import require_status, wrong_state
from app.registry.agreements.models import Agreement
from app.registry.cases.subject import open_cover, subject_of
from app.safeguards.guard.reading import Where
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def record(work: UnitOfWork, given: ConsentIn) -> Written:
    """A change of mind is a new one, or a withdrawal; none is edited. A refusal ends what was given
    before for the same."""
    person = subject_of(work, open_cover(work))
    on = given.given_on or work.today
    if on > work.today:
        raise invalid("/given_on", "future", "it was given today or earlier")
    if given.expires_on is not None and given.expires_on <= on:
        raise invalid("/expires_on", "before-since", "must be after the day on which it was given")
    if (given.basis == "consent") is (given.giver == "none"):
        raise invalid("/giver", "no-giver", "consent has a giver, another basis has none")
    if given.basis == "consent":
        ages, (alone, heard) = person.ages_on(on), person.place.consent
        said = given.giver, given.status, given.assent
        if fault := judge(*said, ages.youngest, ages.oldest, alone, heard):
            raise invalid(fault.pointer, fault.code, fault.detail)
    if given.language is None and given.basis == "consent":
        raise invalid("/language", "missing", "in which language was it explained?")
    if (given.scope == "sharing") is not (given.agreement_id is not None):
        raise invalid("/agreement_id", "missing", "sharing names its agreement, nothing else does")
    if given.agreement_id is not None:
        known = work.facts(
            Agreement,
            lambda a: (
                (a.c.id == given.agreement_id)
                & (a.c.jurisdiction == work.actor.jurisdiction)
                & (a.c.status == "in_force")
            ),
            "id",
        )
        if not known:
            raise invalid("/agreement_id", "unknown", "no agreement in force has this id")
    if given.status == "given" and given.basis == "consent" and given.giver != "court":
        require_no_later_word(work, given, on)
    fields = {**given.model_dump(), "given_on": on}
    written = work.add(Consent, **fields, recorded_by=work.actor.id, practice=person.place.version)
    work.publish("consent.recorded", case=work.case_id, consent=written.id)
    if given.status == "refused" and given.basis == "consent":
        end_given(work, written)
    return written


def require_no_later_word(work: UnitOfWork, given: ConsentIn, on: date) -> None:
    """What was given and then refused is not given, in whichever order the two are put down."""
    same = said_of(work, given.scope, given.agreement_id, "refused")
    refused = work.facts(Consent, lambda c: same(c) & (c.c.given_on > on), "id")
    if refused:
        raise wrong_state("it was refused later than this day", "refused")


def end_given(work: UnitOfWork, refusal: Written) -> None:
    """From the next request on nothing flows by what was given until that day."""
    same = said_of(work, refusal["scope"], refusal["agreement_id"], "given")
    ended = work.facts(
        Consent,
        lambda c: (
            same(c)
            & (c.c.given_on <= refusal["given_on"])
            & (c.c.expires_on.is_(None) | (c.c.expires_on > work.today))
            # What a court gave, none but a court takes back.
            & ((c.c.giver != "court") | (refusal["giver"] == "court"))
        ),
        "id",
    )
    for row in ended:
        work.consequence(
            Consent,
            row.id,
            status="withdrawn",
            withdrawn_on=work.today,
            withdrawn_by=refusal["giver"],
            withdrawal=refusal["text"],
        )
        work.publish("consent.withdrawn", case=work.case_id, consent=row.id)


def said_of(work: UnitOfWork, scope: str, agreement_id: UUID | None, status: str) -> Where:
    """What consent said on this case for the same purpose."""
    return lambda c: (
        (c.c.case_id == work.case_id)
        & (c.c.scope == scope)
        & c.c.agreement_id.is_not_distinct_from(agreement_id)
        & (c.c.basis == "consent")
        & (c.c.status == status)
    )


def withdraw(work: UnitOfWork, consent_id: UUID, given: WithdrawalIn) -> Written:
    """From the next request on nothing flows by it."""
    require_status(work.reachable(Consent, consent_id), "consent", "given")
    written = work.change(
        Consent,
        consent_id,
        status="withdrawn",
        withdrawn_on=work.today,
        withdrawn_by=given.by,
        withdrawal=given.reason,
    )
    work.publish("consent.withdrawn", case=work.case_id, consent=consent_id)
    return written
