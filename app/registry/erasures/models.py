from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, FromClause, and_, false
from sqlalchemy.orm import Mapped, mapped_column

from app.registry.staff.proposal_models import Proposal
from app.safeguards.access.bars import barred
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Protected, Sight, row_filter
from app.safeguards.guard.second_wall import belongs, of_their_own
from app.safeguards.vault.sealed import sealed


class Erasure(Proposal, Protected):
    """The decision to erase a person, in a file of its own: it outlasts theirs.

    Its `status`: proposed, done or declined.
    """

    __tablename__ = "erasures"
    record: ClassVar[str] = "erasure"
    file_kind: ClassVar[str] = "erasure"
    record_class: ClassVar[str | None] = "erasure"
    barrable: ClassVar[bool] = False

    jurisdiction: Mapped[str] = mapped_column(index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    ground: Mapped[str]
    authority: Mapped[str] = sealed()  # whose request, order or schedule it is
    reference: Mapped[str] = sealed()
    dated_on: Mapped[date]
    reason: Mapped[str] = sealed()
    cases: Mapped[int | None]  # how many case files went with the person's own


belongs(Erasure)(of_their_own)


@row_filter(Erasure)
def erasures_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """Those of the jurisdiction, but for those of one's kin and neighbours: their files are in no
    list either. A seal closes a file to everybody, and hides no decision."""
    if sight.reach is not Reach.JURISDICTION:
        return false()
    open_to_them = ~barred(rows.c.person_id, sight.caller, sealed=True)
    return and_(rows.c.jurisdiction == sight.caller.jurisdiction, open_to_them)
