"""Return operations, and who arrived with them."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, FromClause, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from app.registry.cases.models import CaseRecord, told_with
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Protected, Sight, row_filter
from app.safeguards.guard.second_wall import belongs, of_their_own
from app.safeguards.vault.sealed import sealed


class Operation(Protected):
    """A mission, flight or transfer that brings people home."""

    __tablename__ = "operations"
    # What a jurisdiction calls its own tells nothing of what others have.
    __table_args__ = (UniqueConstraint("jurisdiction", "code"),)
    record: ClassVar[str] = "operation"
    file_kind: ClassVar[str] = "operation"
    record_class: ClassVar[str | None] = "operation"
    barrable: ClassVar[bool] = False

    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="flight")
    programme: Mapped[str]
    jurisdiction: Mapped[str]
    origin: Mapped[str | None]
    arrives_on: Mapped[date]
    status: Mapped[str] = mapped_column(default="planned")


class Arrival(CaseRecord):
    """One member of a group as the list had them; shares the key of their case."""

    __tablename__ = "arrivals"
    __table_args__ = told_with("family")
    record: ClassVar[str] = "arrival"
    record_class: ClassVar[str | None] = "case"

    operation_id: Mapped[UUID] = mapped_column(ForeignKey("operations.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    line: Mapped[int]
    batch: Mapped[bytes | None]  # keyed hash of operation and file, to know it when it comes again
    group_label: Mapped[str | None] = sealed(nullable=True, record_class="family")
    relationship: Mapped[str | None] = mapped_column(info={"record_class": "family"})
    unaccompanied: Mapped[bool | None] = mapped_column(info={"record_class": "family"})
    remarks: Mapped[str | None] = sealed(nullable=True, record_class="family")
    as_written: Mapped[list[dict[str, Any]] | None] = sealed(nullable=True, record_class="family")


belongs(Operation)(of_their_own)


@row_filter(Operation)
def operations_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    if sight.reach is Reach.ANY:
        return true()
    in_jurisdiction = rows.c.jurisdiction == sight.caller.jurisdiction
    return in_jurisdiction if sight.reach is Reach.JURISDICTION else false()
