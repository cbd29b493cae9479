from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.casework.proceedings.rules import OPENS
from app.core.db import other
from app.registry.cases.models import CaseRecord
from app.registry.cases.reach import relation, running
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Sight
from app.safeguards.vault.sealed import sealed


class Proceeding(CaseRecord):
    """One matter before one authority: what it is called there, and how far it has come."""

    __tablename__ = "proceedings"
    record: ClassVar[str] = "proceeding"
    opens: ClassVar[bool] = True

    class_of_row: Mapped[str] = mapped_column("record_class")
    kind: Mapped[str]
    state: Mapped[str]
    authority: Mapped[str] = sealed()
    reference: Mapped[str] = sealed()
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]
    outcome: Mapped[str | None] = sealed(nullable=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))


WALL = ("user_id", "role", "jurisdiction", "case_id", "since", "until")


class Party(CaseRecord):
    """An entry of the docket: somebody acts in a proceeding, by a mandate that one can point at.

    From `since` to the day before `until`.
    """

    __tablename__ = "docket_entries"
    __table_args__ = (Index("ix_docket_entries_wall", *WALL),)
    record: ClassVar[str] = "party"
    opens: ClassVar[bool] = True

    class_of_row: Mapped[str] = mapped_column("record_class")
    proceeding_id: Mapped[UUID] = mapped_column(ForeignKey("proceedings.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str]  # as whom: in another role or jurisdiction the entry opens nothing
    jurisdiction: Mapped[str]
    juvenile: Mapped[bool]  # a specialised juvenile prosecutor, as the mandate says
    mandate: Mapped[str] = sealed()
    mandate_dated_on: Mapped[date]
    since: Mapped[date]
    until: Mapped[date]
    ended_reason: Mapped[str | None] = sealed(nullable=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))


@relation(Reach.DOCKET)
def on_docket(case_id: ColumnElement[object], sight: Sight) -> ColumnElement[bool]:
    """An entry opens what proceedings of its class are about, and nothing else of the case.

    Should the act turn out to be a child's, the entries move to the child's docket: from then on
    a prosecutor who is not specialised reaches nothing by them.
    """
    docket = other(Party, "docket")
    true = [
        docket.c.user_id == sight.caller.id,
        docket.c.role == sight.caller.role,
        docket.c.jurisdiction == sight.caller.jurisdiction,
        running(docket, sight.when.today),
        or_(
            docket.c.record_class != "child_docket",
            docket.c.role != "prosecutor",
            docket.c.juvenile,
        ),
    ]
    entered = select(docket.c.case_id).distinct().where(*true)
    if (of := sight.record_class) is None:
        return case_id.in_(entered)
    # The class of the row is asked outside, so that the set within stays one of its own.
    return or_(
        *(
            and_(of.in_(opened), case_id.in_(entered.where(docket.c.record_class == own)))
            for own, opened in OPENS.items()
        )
    )
