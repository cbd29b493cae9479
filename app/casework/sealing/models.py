from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Mapped

from app.core.db import Identifier, table
from app.registry.cases.models import CaseRecord
from app.registry.staff.proposal_models import Proposal
from app.safeguards.access.bars import EVERYBODY
from app.safeguards.guard.as_it_was import sets_bars
from app.safeguards.vault.sealed import sealed


class Sealing(Proposal, CaseRecord):
    """One order to seal the case or to unseal it: who asked, on what ground, and who decided.

    Its `status`: proposed, done or declined.
    """

    __tablename__ = "sealings"
    record: ClassVar[str] = "sealing"
    record_class: ClassVar[str | None] = "sealing"
    opens: ClassVar[bool] = True

    act: Mapped[str]  # seal | unseal
    ground: Mapped[str]
    authority: Mapped[str] = sealed()  # whose order or decision it is
    reference: Mapped[str] = sealed()
    dated_on: Mapped[date]
    reason: Mapped[str] = sealed()


@sets_bars
def bars_of_seals(case_id: UUID) -> Select[Any]:
    """For everybody, where the order that was carried out last is one to seal."""
    rows, later = table(Sealing), table(Sealing).alias("later")
    done = rows.c.case_id == case_id, rows.c.status == "done"
    since = later.c.case_id == case_id, later.c.status == "done"
    last = select(func.max(later.c.decided_at)).where(*since).scalar_subquery()
    seals = rows.c.act == "seal", rows.c.decided_at == last
    everybody = literal(EVERYBODY, Identifier())
    return select(rows.c.case_id, everybody, rows.c.id).where(*done, *seals)
