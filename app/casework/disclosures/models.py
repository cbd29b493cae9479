from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    FromClause,
    Index,
    UniqueConstraint,
    and_,
    exists,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, other
from app.registry.cases.models import CaseRecord
from app.registry.cases.reach import records_within, relation
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Sight, When, row_filter
from app.safeguards.vault.sealed import sealed


class Disclosure(CaseRecord):
    """One request for exact fields of exact records, and what two people decided about it."""

    __tablename__ = "disclosures"
    record: ClassVar[str] = "disclosure"
    record_class: ClassVar[str | None] = "disclosure"
    opens: ClassVar[bool] = True

    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    status: Mapped[str] = mapped_column(default="proposed")  # proposed | checked | issued | denied
    requester: Mapped[str] = sealed()
    requester_kind: Mapped[str]
    purpose: Mapped[str] = sealed()
    ground: Mapped[str]
    authority: Mapped[str | None] = sealed(nullable=True)  # whose document the ground stands on
    reference: Mapped[str | None] = sealed(nullable=True)
    dated_on: Mapped[date | None]
    consent_id: Mapped[UUID | None] = mapped_column(ForeignKey("consents.id"))
    items: Mapped[list[dict[str, Any]]] = sealed()
    recipient: Mapped[str] = sealed()
    recipient_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    deadline: Mapped[date]  # by which the request is to be answered
    available_until: Mapped[date]  # the extract, to the day before
    person_informed_on: Mapped[date | None]
    not_informed_reason: Mapped[str | None] = sealed(nullable=True)
    inform_review_on: Mapped[date | None]
    checked_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    checked_at: Mapped[datetime | None]
    checked_reason: Mapped[str | None] = sealed(nullable=True)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    decided_reason: Mapped[str | None] = sealed(nullable=True)
    number: Mapped[int | None]  # of this case, in the order in which they were issued


class Extract(CaseRecord):
    """The values as they were when the second approval came; nothing changes them afterwards."""

    __tablename__ = "disclosure_extracts"
    __table_args__ = (
        UniqueConstraint("case_id", "disclosure_id"),
        Index("ix_disclosure_extracts_wall", "recipient_id", "available_until", "case_id"),
    )
    record: ClassVar[str] = "extract"
    record_class: ClassVar[str | None] = "disclosure"
    opens: ClassVar[bool] = True

    disclosure_id: Mapped[UUID] = mapped_column(ForeignKey("disclosures.id"))
    recipient_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    recipient_role: Mapped[str | None]  # as whom: in another role or jurisdiction it opens nothing
    recipient_jurisdiction: Mapped[str | None]
    consent_id: Mapped[UUID | None] = mapped_column(ForeignKey("consents.id"))
    available_until: Mapped[date]
    classes: Mapped[list[str]]
    sha256: Mapped[str]
    content: Mapped[str] = sealed()


def available(extracts: FromClause, when: When) -> ColumnElement[bool]:
    """Its end has not come; nor was the consent withdrawn on which it stands."""
    consents = Base.metadata.tables["consents"].alias()
    stands = exists(
        select(literal(1)).where(
            consents.c.id == extracts.c.consent_id,
            consents.c.status == "given",
            or_(consents.c.expires_on.is_(None), consents.c.expires_on > when.today),
        )
    )
    return and_(
        extracts.c.available_until > when.today, or_(extracts.c.consent_id.is_(None), stands)
    )


def addressed(extracts: FromClause, sight: Sight) -> ColumnElement[bool]:
    caller = sight.caller
    return and_(
        extracts.c.recipient_id == caller.id,
        extracts.c.recipient_role == caller.role,
        extracts.c.recipient_jurisdiction == caller.jurisdiction,
        available(extracts, sight.when),
    )


@relation(Reach.DISCLOSED)
def disclosed_to(case_id: ColumnElement[object], sight: Sight) -> ColumnElement[bool]:
    extracts = other(Extract, "told_extract")
    return case_id.in_(select(extracts.c.case_id).where(addressed(extracts, sight)))


@row_filter(Disclosure)
def disclosures_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    if sight.reach is not Reach.DISCLOSED:
        return records_within(rows, sight)
    extracts = other(Extract, "own_extract")
    return rows.c.id.in_(select(extracts.c.disclosure_id).where(addressed(extracts, sight)))


@row_filter(Extract)
def extracts_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """Its recipient's alone; who hands extracts over has those for somebody outside."""
    if sight.reach is Reach.DISCLOSED:
        return addressed(rows, sight)
    outside = and_(rows.c.recipient_id.is_(None), available(rows, sight.when))
    return and_(outside, records_within(rows, sight))
