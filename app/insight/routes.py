from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query

from app.core.moments import Moment
from app.core.paging import CURSOR, MOST, Paged
from app.core.problems import PROBLEM_CONTENT
from app.core.values import moment
from app.insight.changes import changes
from app.insight.filters import KnownAction, KnownClass, KnownDeed, KnownOutcome, KnownRecord
from app.insight.schemas import (
    AccessOut,
    BundleOut,
    CheckpointOut,
    EventOut,
    HistoryOut,
    ProofOut,
    TimelineEntryOut,
)
from app.registry.cases.on_case import OnCase
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.timeline import Span
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(tags=["insight"])
NOT_YET: dict[int | str, Any] = {
    409: {"description": "The log does not have it yet", "content": PROBLEM_CONTENT}
}


@router.get("/audit/events")
def list_events(
    work: Annotated[UnitOfWork, Permit("event.read")],
    page: Paged,
    actor_id: UUID | None = None,
    action: KnownDeed | None = None,
    outcome: KnownOutcome | None = None,
    file_id: UUID | None = None,
) -> Shown[Page[EventOut]]:
    return work.evidence(EventOut, page, file_id, actor_id=actor_id, action=action, outcome=outcome)


@router.get("/audit/checkpoint")
def read_checkpoint(work: Annotated[UnitOfWork, Permit("log.read")]) -> Shown[CheckpointOut]:
    """The signed log of all events: how long it is, and what it comes to."""
    return work.checkpoint(CheckpointOut)


@router.get("/audit/events/{event_id}/proof", responses=NOT_YET)
def read_proof(work: Annotated[UnitOfWork, Permit("log.read")], event_id: UUID) -> Shown[ProofOut]:
    """For whoever may read the event whole. 409 until the log has it, about a second."""
    return work.proof(ProofOut, event_id)


@router.get("/cases/{case_id}/timeline")
def read_timeline(
    work: Annotated[UnitOfWork, OnCase("history.read")],
    since: Moment | None = None,
    until: Moment | None = None,
    record: KnownRecord | None = None,
    record_id: UUID | None = None,
    record_class: KnownClass | None = None,
    action: KnownAction | None = None,
    actor_id: UUID | None = None,
    order: Literal["desc", "asc"] = "desc",
    limit: Annotated[int | None, Query(ge=1, le=MOST, description="else all, streamed")] = None,
    cursor: Annotated[str | None, Query(pattern=CURSOR)] = None,
) -> Shown[Page[TimelineEntryOut]]:
    """Newest first, unless asked for otherwise; `until` is the first moment left out.

    Without `limit` all of it is streamed; an answer that breaks off before its end is not whole.
    """
    return work.timeline(
        TimelineEntryOut,
        Span(since, until, order == "desc", limit, cursor),
        record=record,
        record_id=record_id,
        record_class=record_class,
        action=action,
        actor_id=actor_id,
    )


@router.get("/cases/{case_id}/history")
def read_history(
    work: Annotated[UnitOfWork, OnCase("history.read")],
    page: Paged,
    since: Moment | None = None,
    until: Moment | None = None,
    record: KnownRecord | None = None,
    record_id: UUID | None = None,
    record_class: KnownClass | None = None,
    action: KnownAction | None = None,
    actor_id: UUID | None = None,
) -> Shown[HistoryOut]:
    """Oldest first; a page ends where its limit says, within one request too.

    What is filtered away is still what the next version is compared with. `until` is the first
    moment left out.
    """
    versions, following = work.history(
        page,
        since=since,
        until=until,
        record=record,
        record_id=record_id,
        record_class=record_class,
        action=action,
        actor_id=actor_id,
    )
    items = [
        {
            "event_id": one.event["id"],
            "at": moment(one.event["created_at"]),
            "actor_id": one.event["actor_id"],
            "action": one.event["action"],
            "record_class": one.event["record_class"],
            "record": one.event["record"],
            "record_id": one.event["record_id"],
            "version": one.event["record_version"],
            "changes": changes(one.before, one.now),
            "reason": one.now.get("reason"),
            "chain": {"rev": one.event["seq"], "hash": one.event["hash"].hex()},
            **{name: one.event[name] for name in ("purpose", "basis", "relation")},
            "grants": one.event["detail"].get("grants", []),
        }
        for one in versions
    ]
    return work.tell(HistoryOut, items=items, next=following)


@router.get("/cases/{case_id}/audit-bundle", responses=NOT_YET)
def read_bundle(work: Annotated[UnitOfWork, OnCase("bundle.read")]) -> Shown[BundleOut]:
    """All events of a case with their proofs, and what its records said, as far as one may read
    it today: to be judged offline by `casework-verify case`, and printed by `page`.

    Streamed; an answer that breaks off before its end is not whole.
    """
    return work.bundle(BundleOut)


@router.get("/cases/{case_id}/access-log")
def list_looks(
    work: Annotated[UnitOfWork, OnCase("access.read")],
    page: Paged,
    since: Moment | None = None,
    until: Moment | None = None,
    record: KnownRecord | None = None,
    record_id: UUID | None = None,
    record_class: KnownClass | None = None,
    action: KnownDeed | None = None,
    actor_id: UUID | None = None,
    outcome: Literal["read", "refused"] | None = None,
) -> Shown[Page[AccessOut]]:
    """Who was shown this case, by itself or in a list, and who was refused it; newest first.

    As far as the caller is shown the trail. `until` is the first moment left out.
    """
    return work.looks(
        AccessOut,
        page,
        since=since,
        until=until,
        record=record,
        record_id=record_id,
        record_class=record_class,
        action=action,
        actor_id=actor_id,
        outcome=outcome,
    )
