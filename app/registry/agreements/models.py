from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    FromClause,
    Text,
    and_,
    false,
    literal,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.registry.staff.proposal_models import Proposal
from app.safeguards.access.policy import Reach
from app.safeguards.guard.as_it_was import bears
from app.safeguards.guard.protected import Protected, Sight, When, row_filter
from app.safeguards.guard.second_wall import belongs, of_their_own
from app.safeguards.identity.caller import Caller
from app.safeguards.vault.sealed import sealed

NO_FIELD = "-"  # in place of the name of one


class Agreement(Proposal, Protected):
    """Between the programme and one partner; its terms are never edited, a new one follows.

    Its `status`: proposed, in_force, declined or ended.
    """

    __tablename__ = "agreements"
    record: ClassVar[str] = "agreement"
    file_kind: ClassVar[str] = "agreement"
    record_class: ClassVar[str | None] = "agreement"
    opens: ClassVar[bool] = True
    barrable: ClassVar[bool] = False

    jurisdiction: Mapped[str] = mapped_column(index=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    party: Mapped[str]
    purpose: Mapped[str] = sealed()
    legal_basis: Mapped[str] = sealed()
    direction: Mapped[str]  # out | in | both
    classes: Mapped[list[str]]
    fields: Mapped[dict[str, Any]]  # class → the fields of it that flow; all, where it names none
    shared: Mapped[str]  # both once more, as the wall looks them up: |identity.birth|plan.*|
    retention_days: Mapped[int]  # at the recipient
    contact: Mapped[str] = sealed()
    since: Mapped[date]
    until: Mapped[date]
    review_on: Mapped[date]
    ended_on: Mapped[date | None]


belongs(Agreement)(of_their_own)


@row_filter(Agreement)
def agreements_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """Those of the jurisdiction; a partner reads its own."""
    here = rows.c.jurisdiction == sight.caller.jurisdiction
    if sight.reach is Reach.JURISDICTION:
        return here
    return and_(here, rows.c.client_id == sight.caller.id) if sight.reach is Reach.SELF else false()


@bears(Agreement)
def of_that_day(rows: FromClause, _: UUID, then: datetime) -> ColumnElement[bool]:
    """Ended before its day or not: its terms are never edited."""
    return and_(rows.c.since <= then.date(), rows.c.until >= then.date())


def agreed_now(agreements: FromClause, caller: Caller, when: When) -> list[ColumnElement[bool]]:
    """In force with the caller, to give something to them."""
    return [
        agreements.c.client_id == caller.id,
        agreements.c.jurisdiction == caller.jurisdiction,
        agreements.c.status == "in_force",
        agreements.c.direction != "in",
        agreements.c.since <= when.today,
        agreements.c.until > when.today,
    ]


def named(classes: Sequence[str], fields: Mapping[str, Sequence[str]] | None = None) -> str:
    """As `shared` holds them; a class of which no field is named is named itself."""
    given = fields or {}
    whole = [f"{name}.{one}" for name in sorted(classes) for one in given.get(name, (NO_FIELD,))]
    return f"|{'|'.join(whole)}|"


def names(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """Whether an agreement names the class that is looked at, and of it the field, if it is one.

    At the door of a file any class will do, and no field can be asked for.
    """
    if sight.record_class is None:
        return true() if sight.field is None else false()
    start = literal("%|", Text()).concat(sight.record_class)
    if sight.field is None:
        return rows.c.shared.like(start.concat(literal(".%", Text())))
    return rows.c.shared.like(start.concat(literal(f".{sight.field}|%", Text())))
