"""What is done with break-glass: broken, ended, reviewed."""

from datetime import timedelta
from uuid import UUID

from app.casework.break_glass import rules
from app.casework.break_glass.models import BrokenGlass
from app.casework.break_glass.schemas import BreakGlassIn, ReviewIn
from app.core.errors import Conflict, Forbidden
from app.core.states import wrong_state
from app.registry.notices.service import tell_those_responsible
from app.registry.staff.deciding import require_second
from app.registry.staff.leaving import on_leaving
from app.registry.staff.lines import same_line
from app.safeguards.access.bars import sealed_off
from app.safeguards.guard.account import Account
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def break_glass(work: UnitOfWork, given: BreakGlassIn) -> Written:
    """Reading alone, of one class, for a while; others are told in the same unit of work."""
    if not work.reaches_class(given.record_class):
        raise Forbidden("no break-glass here for your role and this class", code="not-breakable")
    if not rules.recent(Account(work).signed_in_at(), work.at):
        raise Forbidden(
            "sign in once more: the last time must be at most 5 minutes ago",
            code="sign-in-too-old",
        )
    late = work.facts(
        BrokenGlass,
        lambda g: (
            (g.c.author_id == work.actor.id)
            & g.c.reviewed_at.is_(None)
            & (g.c.review_due_at <= work.at)
            & ~sealed_off(g.c.case_id)  # where nobody can review it
        ),
        "id",
        beyond=True,
    )
    if late:
        raise Forbidden(
            "suspended: an earlier break-glass of yours waits for its review", code="suspended"
        )
    require_time_left(work, given)
    fields = given.model_dump(exclude={"record_class", "minutes"})
    written = work.add(
        BrokenGlass,
        **fields,
        opened_class=given.record_class,
        author_id=work.actor.id,
        role=work.actor.role,
        until=rules.closes_at(work.at, given.minutes),
        review_due_at=work.at + rules.REVIEW_WITHIN,
    )
    tell_those_responsible(work, "break_glass.opened", written.id)
    work.publish("break_glass.opened", case=work.case_id, break_glass=written.id)
    return written


def require_time_left(work: UnitOfWork, given: BreakGlassIn) -> None:
    """One at a time, and four hours in all until somebody else has looked."""
    before = work.facts(
        BrokenGlass,
        lambda g: (
            (g.c.author_id == work.actor.id)
            & (g.c.case_id == work.case_id)
            & (g.c.opened_class == given.record_class)
        ),
        *("created_at", "until", "ended_at", "reviewed_at"),
    )
    spans = [(row.created_at, row.ended_at or row.until, row.reviewed_at) for row in before]
    if any(end > work.at for _, end, _ in spans):
        raise not_now("running", "yours is still open; end it, or wait until it closes")
    left = rules.time_left([(begun, end) for begun, end, seen in spans if seen is None])
    if timedelta(minutes=given.minutes) > left:
        minutes = int(left.total_seconds()) // 60
        raise not_now("unreviewed", f"{minutes} minutes are left until yours have been reviewed")


def not_now(code: str, detail: str) -> Conflict:
    return wrong_state(detail, code, unmet=[{"code": code, "detail": detail}])


def end(work: UnitOfWork, glass_id: UUID) -> Written:
    """Before its time; by who broke it."""
    glass = work.reachable(BrokenGlass, glass_id)
    if glass["author_id"] != work.actor.id:
        raise Forbidden("who broke it ends it; others review it", code="not-yours")
    if glass["ended_at"] is not None or glass["until"] <= work.at:
        raise wrong_state("it is over", "over")
    return work.change(BrokenGlass, glass_id, ended_at=work.at)


def review(work: UnitOfWork, glass_id: UUID, given: ReviewIn) -> Written:
    """By somebody outside of the line of who broke it."""
    glass = work.reachable(BrokenGlass, glass_id)
    require_second(work, glass["author_id"], glass["created_at"], agrees=False)
    if same_line(work, glass["author_id"], work.actor.id):
        raise Forbidden("somebody of another reporting line reviews this", code="same-line")
    if glass["reviewed_at"] is not None:
        raise wrong_state("it has been reviewed", "reviewed")
    written = work.change(
        BrokenGlass,
        glass_id,
        reviewed_by=work.actor.id,
        reviewed_at=work.at,
        verdict=given.verdict,
        review=given.text,
    )
    work.publish("break_glass.reviewed", case=work.case_id, break_glass=glass_id)
    return written


@on_leaving
def close_glass(work: UnitOfWork, user_id: UUID, reason: str) -> None:
    work.expire(
        BrokenGlass,
        lambda g: (g.c.author_id == user_id) & g.c.ended_at.is_(None) & (g.c.until > work.at),
        ended_at=work.at,
    )
