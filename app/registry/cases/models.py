"""The case: its cover, who works on it, and what was decided about it as a whole."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    FromClause,
    Index,
    column,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import table
from app.safeguards.guard.protected import Protected, Rule, Sight
from app.safeguards.vault.emptying import STAYS
from app.safeguards.vault.sealed import sealed


class Case(Protected):
    """One episode of one person; a second return opens a second case."""

    __tablename__ = "cases"
    # In the order of lists, so that the first 50 of a unit are found without sorting all of them.
    __table_args__ = (
        Index("ix_cases_unit_id", "unit_id", "id"),
        Index("ix_cases_jurisdiction", "jurisdiction", "id", unique=True),
    )
    record: ClassVar[str] = "case"
    file_kind: ClassVar[str] = "case"
    record_class: ClassVar[str | None] = "case"
    opens: ClassVar[bool] = True
    door: ClassVar[bool] = True

    number: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    programme: Mapped[str] = mapped_column(info=STAYS)
    jurisdiction: Mapped[str] = mapped_column(info=STAYS)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    operation_id: Mapped[UUID | None] = mapped_column(ForeignKey("operations.id"), index=True)
    status: Mapped[str] = mapped_column(default="open", info=STAYS)
    phase: Mapped[str]
    phase_before: Mapped[str | None]  # the one to which a closed case would be re-opened
    need_level: Mapped[str | None]  # set by the social worker; null is unknown, never low
    lead_worker_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]
    closure_reason: Mapped[str | None]
    closure_proposed_by: Mapped[UUID | None]
    closure_proposed_at: Mapped[datetime | None]
    retention_class: Mapped[str | None]


OWN, TOLD_WITH = "own", "told_with"


def own(rule: Rule) -> dict[str, Any]:
    """For `__table_args__`: which rows are somebody's own, if not only what they wrote."""
    return {"info": {OWN: rule}}


def told_with(record_class: str) -> dict[str, Any]:
    """For `__table_args__`: columns are of this class, which a part of the team may not see.

    So the row is for who is on the team for that class; of others a role may see the row alone.
    """
    return {"info": {TOLD_WITH: record_class}}


def of_nobody(_rows: FromClause, _sight: Sight) -> ColumnElement[bool]:
    """Rows of nobody in particular: who reaches only their own of a class reaches these as well."""
    return true()


OF_THE_TEAM = own(of_nobody)


class CaseRecord(Protected):
    """Base of everything that hangs on a case."""

    __abstract__ = True
    file: ClassVar[str] = "case_id"
    open_while: ClassVar[Any] = None  # a clause on its rows that keeps the case from closing
    open_title: ClassVar[str] = ""

    inherits: ClassVar[Mapping[str, str]] = {"case_jurisdiction": "jurisdiction"}

    case_id: Mapped[UUID] = mapped_column(index=True)
    case_jurisdiction: Mapped[str]  # so that a wall around many records need not ask as many cases

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "__tablename__" in cls.__dict__:
            case = ForeignKeyConstraint(
                ["case_id", "case_jurisdiction"], [Case.id, Case.jurisdiction], onupdate="CASCADE"
            )
            table(cls).append_constraint(case)


WALL = ("user_id", "role", "jurisdiction", "case_id", "since", "until", "track")


def few(name: str) -> Index:
    """Of those who are on one track alone: for the many others there is nothing to look at."""
    alone = column("track").is_not(None)
    return Index(name, "user_id", postgresql_where=alone, sqlite_where=alone)


class TeamMember(CaseRecord):
    """The only fact that opens a case to a person: a dated row you can point at.

    From `since` to the day before `until`; on all tracks where `track` is null, else on that one:
    then it opens what is of that track's classes, and what is of no track's.
    """

    __tablename__ = "team_members"
    # All that the wall asks of a row stands in the index: no request has to fetch the rows.
    __table_args__ = (
        Index("ix_team_members_wall", *WALL),
        few("ix_team_members_of_a_track"),
        OF_THE_TEAM,
    )
    record: ClassVar[str] = "team"
    record_class: ClassVar[str | None] = "case"
    opens: ClassVar[bool] = True

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str]  # as whom: in another role or jurisdiction the row opens nothing
    jurisdiction: Mapped[str]
    track: Mapped[str | None]
    part: Mapped[str] = mapped_column(info={"record_class": "plan"})
    since: Mapped[date]
    until: Mapped[date | None]
    reason: Mapped[str] = sealed(record_class="plan")


class Decision(CaseRecord):
    """What a named person or body decided about the case as a whole, and why; never edited."""

    __tablename__ = "decisions"
    __table_args__ = OF_THE_TEAM
    record: ClassVar[str] = "decision"
    record_class: ClassVar[str | None] = "case"

    about: Mapped[str]  # phase | closure-proposal | closure | closure-refusal | reopening | lead
    value: Mapped[str]
    decided_on: Mapped[date]
    decided_by: Mapped[str] = sealed()
    # Why is often said in words of care: for who may read the plan.
    reason: Mapped[str | None] = sealed(nullable=True, record_class="plan")
    details: Mapped[dict[str, Any] | None] = sealed(nullable=True, record_class="plan")
    author_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    practice: Mapped[int | None]  # the version of the phases that judged it
