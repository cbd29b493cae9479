"""Where it takes two people: who may give the second word, and whose first word counts still."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.errors import Forbidden
from app.core.states import require_status, wrong_state
from app.registry.staff.appointment_models import Appointment
from app.registry.staff.models import User
from app.safeguards.guard.protected import Protected
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

SETTLED = timedelta(days=3)  # for the holder to notice, and to say so
MADE_OF = {"role", "unit_id", "enabled"}  # what makes somebody who they were when they spoke
LAPSED = {
    "gone": "who said it first does not work here any more",
    "changed": "who said it first has another post by now",
}


def answer(
    work: UnitOfWork,
    kind: type[Protected],
    row: Mapping[str, Any],
    status: str,
    reason: str,
    *,
    concerned: Collection[UUID | None] = (),
) -> Written:
    """Of a `Proposal` that waits for it: `declined`, or what it becomes as somebody else agrees."""
    require_status(row, kind.record, "proposed")
    agrees = status != "declined"
    require_second(work, row["proposed_by"], row["created_at"], concerned=concerned, agrees=agrees)
    fields = {"decided_by": work.actor.id, "decided_at": work.at, "answer": reason}
    return work.change(kind, row["id"], status=status, **fields)


def require_second(
    work: UnitOfWork,
    first: UUID,
    since: datetime,
    *,
    concerned: Collection[UUID | None] = (),
    agrees: bool = True,
    current: str = "proposed",
) -> None:
    """Somebody else answers, by a sign-in of their own; who agrees, agrees with what still counts.

    `first` proposed it at that moment; who else is `concerned` does not answer either.
    """
    if work.actor.id in (first, *concerned):
        raise Forbidden("somebody who has no part in it answers", code="own-proposal")
    require_settled(work)
    if agrees:
        require_standing(work, first, since, "proposer", current)
        require_apart(work, first)


def require_apart(work: UnitOfWork, first: UUID) -> None:
    """Neither has lately put the other forward, and let them in by that: both might be one."""
    pair, lately = (first, work.actor.id), work.at - SETTLED
    if work.facts(
        Appointment,
        lambda a: (
            a.c.user_id.in_(pair)
            & a.c.proposed_by.in_(pair)
            & (a.c.status == "done")
            & (a.c.decided_at > lately)
        ),
        "id",
    ):
        raise Forbidden(
            "one of you put the other forward in the last three days: somebody else answers",
            code="own-proposal",
        )


def require_settled(work: UnitOfWork) -> None:
    """Nobody decides right after somebody else has let them in: it might be that one."""
    (me,) = work.facts(
        User, lambda u: u.c.id == work.actor.id, "credentials_reset_at", "unlocked_at"
    )
    if any(at is not None and work.at - at < SETTLED for at in me):
        raise Forbidden(
            "somebody else made your sign-in in the last three days: another decides",
            code="reset-lately",
        )


def require_standing(
    work: UnitOfWork, user_id: UUID, since: datetime, part: str, current: str
) -> None:
    """What somebody said counts as long as they are who they were: it is said anew, or by another.

    `part`: theirs in it, for the code of what is unmet.
    """
    if lapse := lapsed(work, user_id, since):
        unmet = [{"code": f"{part}-{lapse}", "detail": LAPSED[lapse]}]
        raise wrong_state(LAPSED[lapse], current, unmet=unmet)


def lapsed(work: UnitOfWork, user_id: UUID, since: datetime) -> str | None:
    """Why a word that was given then counts no more, as a key of LAPSED."""
    (user,) = work.facts(User, lambda u: u.c.id == user_id, "disabled_at", "pending")
    if user.disabled_at is not None or user.pending:
        return "gone"
    appointed = work.facts(
        Appointment,
        lambda a: (a.c.user_id == user_id) & (a.c.status == "done") & (a.c.decided_at >= since),
        "named",
    )
    return "changed" if any(MADE_OF.intersection(row.named) for row in appointed) else None
