from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    ForeignKey,
    FromClause,
    Index,
    Select,
    cast,
    exists,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Identifier, other
from app.registry.agreements.models import Agreement, agreed_now, names
from app.registry.cases.models import Case, CaseRecord
from app.registry.cases.reach import relation
from app.safeguards.access.policy import Reach
from app.safeguards.guard.granted import granted
from app.safeguards.guard.protected import Sight, When
from app.safeguards.identity.caller import Caller
from app.safeguards.vault.sealed import sealed


class Consent(CaseRecord):
    """As it was given or refused; afterwards only its withdrawal can be added."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_wall", "agreement_id", "status", "case_id"),)
    record: ClassVar[str] = "consent"
    record_class: ClassVar[str | None] = "consent"
    opens: ClassVar[bool] = True

    basis: Mapped[str]
    scope: Mapped[str]
    agreement_id: Mapped[UUID | None] = mapped_column(ForeignKey("agreements.id"))
    status: Mapped[str]  # given | refused | withdrawn; expired follows from expires_on
    giver: Mapped[str]  # self | parent | guardian | court | none
    giver_name: Mapped[str | None] = sealed(nullable=True)
    assent: Mapped[str | None]  # of a child that is heard: given | refused | not_asked
    language: Mapped[str | None]
    interpreter: Mapped[str | None] = sealed(nullable=True)
    form: Mapped[str]  # written | oral | sign
    text: Mapped[str] = sealed()  # what it is for, in the words that were used; or the norm
    given_on: Mapped[date]
    expires_on: Mapped[date | None]
    recorded_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    withdrawn_on: Mapped[date | None]
    withdrawn_by: Mapped[str | None]
    withdrawal: Mapped[str | None] = sealed(nullable=True)
    practice: Mapped[int]  # the version of the jurisdiction that judged it


@relation(Reach.AGREEMENT)
def under_agreement(case_id: ColumnElement[object], sight: Sight) -> ColumnElement[bool]:
    """An agreement in force with the caller names the class, and the case has a basis for it.

    Where several cover the same case, what one of them opens is open.
    """
    consents, agreements = other(Consent, "basis"), other(Agreement, "agreed")
    true = [*agreed_now(agreements, sight.caller, sight.when), names(agreements, sight)]
    joined = consents.join(agreements, agreements.c.id == consents.c.agreement_id)
    true += given_now(consents, sight.when)
    mine = select(consents.c.case_id).select_from(joined).where(*true)
    if isinstance(sight.record_class, ColumnClause):
        # The class of the row is asked within, so the whole is asked of each row.
        return exists(mine.where(consents.c.case_id == case_id))
    return case_id.in_(mine)


@granted("agreement")
def flowing(file_id: ColumnElement[Any], caller: Caller, when: When) -> Select[Any]:
    """With the caller: for which the case, or one of the person, has a basis; of lists all."""
    consents, agreements = other(Consent, "held_basis"), other(Agreement, "held_agreement")
    cases = other(Case, "held_case")
    theirs = select(cases.c.id).where(or_(cases.c.id == file_id, cases.c.person_id == file_id))
    of_it = (consents.c.agreement_id == agreements.c.id, consents.c.case_id.in_(theirs))
    based = exists(
        select(literal(1)).select_from(consents).where(*of_it, *given_now(consents, when))
    )
    true = [*agreed_now(agreements, caller, when), or_(file_id.is_(None), based)]
    return select(agreements.c.id, cast(null(), Identifier()).label("behalf")).where(*true)


def given_now(consents: FromClause, when: When) -> list[ColumnElement[bool]]:
    return [
        consents.c.status == "given",
        consents.c.given_on <= when.today,
        or_(consents.c.expires_on.is_(None), consents.c.expires_on > when.today),
    ]
