"""What is done with proceedings: opened, moved on; and who is entered in the docket, until when."""

from typing import Any
from uuid import UUID

from app.casework.proceedings import rules
from app.casework.proceedings.models import Party, Proceeding
from app.casework.proceedings.schemas import PartyIn, ProceedingIn, ProceedingMoveIn
from app.core.errors import Conflict, Forbidden, NotFound, invalid
from app.core.states import wrong_state
from app.registry.cases.shielding import keeps_child_justice
from app.registry.cases.subject import open_cover, subject_of
from app.registry.cases.team import as_whom, staff_member
from app.registry.staff.leaving import on_leaving
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def open_proceeding(work: UnitOfWork, given: ProceedingIn) -> Written:
    on = given.opened_on or work.today
    if on > work.today:
        raise invalid("/opened_on", "future", "it was opened today or earlier")
    child = subject_of(work, open_cover(work)).child_on_track("JUS")
    written = work.add(
        Proceeding,
        **{**given.model_dump(), "opened_on": on},
        record_class=rules.class_of(given.kind, child),
        state="open",
        author_id=work.actor.id,
    )
    work.publish("proceeding.opened", case=work.case_id, proceeding=written.id)
    return written


def move(work: UnitOfWork, proceeding_id: UUID, given: ProceedingMoveIn) -> Written:
    before = work.reachable(Proceeding, proceeding_id)
    if not rules.may_follow(before["state"], given.to):
        allowed = [one for one in rules.STATES if rules.may_follow(before["state"], one)]
        raise wrong_state(f"the proceeding is {before['state']}", before["state"], allowed)
    closed = given.to == "closed"
    if closed and given.outcome is None:
        raise invalid("/outcome", "missing", "how did it end?")
    fields: dict[str, Any] = {"closed_on": work.today if closed else None}
    if given.outcome is not None:
        fields["outcome"] = given.outcome
    written = work.change(Proceeding, proceeding_id, state=given.to, **fields)
    work.publish("proceeding.moved", case=work.case_id, proceeding=proceeding_id)
    return written


def enter(work: UnitOfWork, proceeding_id: UUID, given: PartyIn) -> Written:
    """From its first day on the case is within reach of who is entered; nobody enters themselves.

    That a prosecutor is specialised is said by the entry: it is the mandate that appoints them, for
    this case, and the entry is where the mandate is on record.
    """
    open_cover(work)
    proceeding = work.reachable(Proceeding, proceeding_id)
    if given.user_id == work.actor.id:
        raise Forbidden("somebody else enters you in a docket", code="own-docket")
    user_id = staff_member(work, given.user_id, "/user_id")
    whom = as_whom(work, user_id)
    since = given.since or work.today
    record_class = proceeding["record_class"]
    if fault := rules.fault_of(str(whom["role"]), record_class, given.juvenile):
        raise invalid(*fault)
    if given.mandate_dated_on > work.today:
        raise invalid("/mandate_dated_on", "future", "a document is dated today or earlier")
    if given.until <= since:
        raise invalid("/until", "before-since", "must be after since")
    same = work.facts(
        Party,
        lambda p: (
            (p.c.proceeding_id == proceeding_id) & (p.c.user_id == user_id) & (p.c.until > since)
        ),
        "id",
    )
    if same:
        raise Conflict("is entered in this docket already", code="already-entered")
    written = work.add(
        Party,
        **{**given.model_dump(), "since": since},
        **whom,
        record_class=record_class,
        proceeding_id=proceeding_id,
        author_id=work.actor.id,
    )
    work.publish("docket.changed", case=work.case_id, entry=written.id)
    return written


def end_entry(work: UnitOfWork, proceeding_id: UUID, entry_id: UUID, reason: str) -> Written:
    """From the next request on it opens nothing."""
    entry = the_entry(work, proceeding_id, entry_id)
    until = max(work.today, entry["since"])
    if entry["until"] <= until:
        raise Conflict("it has ended", code="ended", current="ended", allowed=[])
    written = work.change(Party, entry_id, until=until, ended_reason=reason)
    work.publish("docket.changed", case=work.case_id, entry=entry_id)
    return written


def the_entry(work: UnitOfWork, proceeding_id: UUID, entry_id: UUID) -> dict[str, Any]:
    found = work.find(Party, lambda p: (p.c.id == entry_id) & (p.c.proceeding_id == proceeding_id))
    if not found:
        raise NotFound()
    return found[0]


@keeps_child_justice
def is_before_a_childs_court(work: UnitOfWork, case_id: UUID) -> bool:
    """By the kind of a proceeding, which its opening stated."""
    return bool(
        work.facts(
            Proceeding, lambda p: (p.c.case_id == case_id) & (p.c.kind == "child_justice"), "id"
        )
    )


@on_leaving
def end_entries(work: UnitOfWork, user_id: UUID, reason: str) -> None:
    """Those that run, and those that were to begin."""
    today = work.today
    work.expire(
        Party,
        lambda p: (p.c.user_id == user_id) & (p.c.until > today),
        until=today,
        ended_reason=reason,
    )
