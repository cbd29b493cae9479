from datetime import date
from typing import ClassVar

from sqlalchemy.orm import Mapped

from app.registry.cases.models import CaseRecord
from app.registry.staff.proposal_models import Proposal
from app.safeguards.vault.sealed import sealed


class Sealing(Proposal, CaseRecord):
    """One order to seal the case or to unseal it: who asked, on what ground, and who decided.

    Its `status`: proposed, done or declined.
    """

    __tablename__ = "sealings"
    record: ClassVar[str] = "sealing"
    record_class: ClassVar[str | None] = "sealing"

    act: Mapped[str]  # seal | unseal
    ground: Mapped[str]
    authority: Mapped[str] = sealed()  # whose order or decision it is
    reference: Mapped[str] = sealed()
    dated_on: Mapped[date]
    reason: Mapped[str] = sealed()
