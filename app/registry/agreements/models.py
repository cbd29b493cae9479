from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, FromClause, and_, false
from sqlalchemy.orm import Mapped, mapped_column

from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Protected, Sight, row_filter
from app.safeguards.guard.second_wall import belongs, of_their_own
from app.safeguards.vault.sealed import sealed


class Agreement(Protected):
    """Between the programme and one partner; its terms are never edited, a new one follows."""

    __tablename__ = "agreements"
    record: ClassVar[str] = "agreement"
    file_kind: ClassVar[str] = "agreement"
    record_class: ClassVar[str | None] = "agreement"
    barrable: ClassVar[bool] = False

    jurisdiction: Mapped[str] = mapped_column(index=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    party: Mapped[str]
    purpose: Mapped[str] = sealed()
    legal_basis: Mapped[str] = sealed()
    direction: Mapped[str]  # out | in | both
    classes: Mapped[list[str]]
    shared: Mapped[str]  # the classes once more, as the wall looks them up: |education|plan|
    retention_days: Mapped[int]  # at the recipient
    contact: Mapped[str] = sealed()
    status: Mapped[str] = mapped_column(default="proposed")  # in_force | declined | ended
    since: Mapped[date]
    until: Mapped[date]
    review_on: Mapped[date]
    proposed_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    answer: Mapped[str | None] = sealed(nullable=True)
    ended_on: Mapped[date | None]


belongs(Agreement)(of_their_own)


@row_filter(Agreement)
def agreements_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """Those of the jurisdiction; a partner reads its own."""
    here = rows.c.jurisdiction == sight.caller.jurisdiction
    if sight.reach is Reach.JURISDICTION:
        return here
    return and_(here, rows.c.client_id == sight.caller.id) if sight.reach is Reach.SELF else false()


def named(classes: list[str]) -> str:
    """As `shared` holds them."""
    return f"|{'|'.join(sorted(classes))}|"
