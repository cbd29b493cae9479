"""People: who somebody may be, as claimed, by whom, and how surely. A person is not a case."""

from dataclasses import replace
from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    ForeignKey,
    FromClause,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, other, table
from app.safeguards.access.bars import barred
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import (
    Protected,
    Sight,
    of_open_rows,
    openness,
    row_filter,
    rule_of,
)
from app.safeguards.guard.second_wall import FUNCTIONS, belongs, here, of_unit, with_the
from app.safeguards.identity.caller import Caller
from app.safeguards.vault.sealed import sealed


class Person(Protected):
    """Birth is an interval with its precision; sex as ISO 5218 (0 unknown, 1 male, 2 female)."""

    __tablename__ = "persons"
    record: ClassVar[str] = "person"
    file_kind: ClassVar[str] = "person"
    record_class: ClassVar[str | None] = "identity"
    barrable: ClassVar[bool] = False  # see within_persons

    display_name: Mapped[str]
    sex: Mapped[int]
    birth_value: Mapped[str | None]
    birth_precision: Mapped[str]
    birth_earliest: Mapped[date | None]
    birth_latest: Mapped[date | None]
    birth_estimated: Mapped[bool] = mapped_column(default=False)
    birth_method: Mapped[str | None]
    birth_calendar: Mapped[str] = mapped_column(default="gregorian")
    birth_algorithm: Mapped[str | None]
    birth_placeholder: Mapped[bool] = mapped_column(default=False)
    birth_original: Mapped[str | None] = sealed(nullable=True)
    birth_source: Mapped[str] = sealed()
    # Why this claim took the place of the one before.
    birth_reason: Mapped[str | None] = sealed(nullable=True)
    nationality: Mapped[str | None]
    nationality_status: Mapped[str] = mapped_column(default="undetermined")
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"), index=True)  # that registered
    registered_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))


class PersonRecord(Protected):
    """Base of what is claimed about a person."""

    __abstract__ = True
    file: ClassVar[str] = "person_id"
    barrable: ClassVar[bool] = False

    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), index=True)


class PersonName(PersonRecord):
    """As written in the source; parts only where the source has them.

    The class follows from the type: an alias is hidden where a legal name is not.
    """

    __tablename__ = "person_names"
    record: ClassVar[str] = "name"

    class_of_row: Mapped[str] = mapped_column("record_class")
    type: Mapped[str]
    full: Mapped[str]
    given: Mapped[str | None]
    family: Mapped[str | None]
    patronymic: Mapped[str | None]
    generation_suffix: Mapped[str | None]
    script: Mapped[str]
    language: Mapped[str | None]
    source: Mapped[str] = sealed()
    confidence: Mapped[str] = mapped_column(default="stated")
    since: Mapped[date | None]
    until: Mapped[date | None]


class Identifier(PersonRecord):
    """A number that somebody claims to be this person's; sealed, found by equality alone."""

    __tablename__ = "person_identifiers"
    record: ClassVar[str] = "identifier"
    record_class: ClassVar[str | None] = "identifiers"

    system: Mapped[str]
    value: Mapped[str] = sealed()
    blind: Mapped[bytes] = mapped_column(index=True)
    country: Mapped[str | None]
    issued_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    source: Mapped[str] = sealed()
    confidence: Mapped[str] = mapped_column(default="stated")


class Contact(PersonRecord):
    """Where somebody is: sealed, for it can kill."""

    __tablename__ = "person_contacts"
    record: ClassVar[str] = "contact"
    record_class: ClassVar[str | None] = "location"

    type: Mapped[str]
    text: Mapped[str] = sealed()
    since: Mapped[date]
    source: Mapped[str] = sealed()


class Relationship(PersonRecord):
    """This person is `type` of the other: one row, shown with the file of either."""

    __tablename__ = "relationships"
    record: ClassVar[str] = "relationship"
    record_class: ClassVar[str | None] = "family"

    other_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    type: Mapped[str]
    since: Mapped[date | None]
    until: Mapped[date | None]
    proof: Mapped[str] = mapped_column(default="none")
    proof_reference: Mapped[str | None] = sealed(nullable=True)
    source: Mapped[str] = sealed()
    confidence: Mapped[str] = mapped_column(default="stated")


def within_persons(person_id: ColumnElement[object], sight: Sight) -> ColumnElement[bool]:
    """Through a case within reach; who has no case, by who registered them or leads their unit.

    A case that is barred opens nobody, and a person who is barred is opened by none.
    """
    caller, reach = sight.caller, sight.reach
    if reach is Reach.TEAM and isinstance(sight.record_class, ColumnClause):
        # What says its class row by row is of no track, so every membership opens it.
        sight = replace(sight, record_class=None)
    case = next(k for k in Protected.__subclasses__() if k.__name__ == "Case")
    case_rule = rule_of(case)
    cases, every, people = other(case, "case"), other(case, "any_case"), other(Person, "person")
    reached = select(cases.c.person_id).where(case_rule(cases, sight), ~barred(cases.c.id, caller))
    open_to_them = ~barred(person_id, caller)
    if caller.unit_id is None:
        return and_(person_id.in_(reached), open_to_them) if reach is not Reach.SELF else false()
    whole_unit = reach in (Reach.UNIT, Reach.JURISDICTION)
    without = select(people.c.id).where(
        people.c.unit_id == caller.unit_id,
        true() if whole_unit else people.c.registered_by == caller.id,
        ~exists(select(every.c.id).where(every.c.person_id == people.c.id)),
    )
    return and_(or_(person_id.in_(reached), person_id.in_(without)), open_to_them)


@row_filter(Person)
def people_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    return within_persons(rows.c.id, sight)


@row_filter(PersonRecord)
def claims_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    return within_persons(rows.c.person_id, sight)


# Cases elsewhere and sealed ones, too: this looks past the wall, and says but yes or no.
FUNCTIONS["has_case(uuid)"] = """
CREATE OR REPLACE FUNCTION has_case(person uuid) RETURNS boolean LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path TO pg_catalog, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('casework.scope', true), '');
    found boolean;
BEGIN
    PERFORM set_config('casework.scope', 'system', true);
    found := EXISTS (SELECT FROM public.cases WHERE person_id = person);
    PERFORM set_config('casework.scope', before, true);
    RETURN found;
END $$
"""


@belongs(Person)
def people_here(rows: FromClause) -> ColumnElement[bool]:
    """With a case of theirs; who has no case, with the unit that registered them."""
    cases, units = Base.metadata.tables["cases"], Base.metadata.tables["units"]
    with_case = select(literal(1)).where(cases.c.person_id == rows.c.id).exists()
    registered = rows.c.unit_id.in_(select(units.c.id).where(here(units.c.jurisdiction)))
    without = and_(registered, of_unit(rows.c.unit_id), ~func.has_case(rows.c.id))
    return or_(with_case, without)


@belongs(PersonRecord)
def claims_here(rows: FromClause) -> ColumnElement[bool]:
    return with_the(table(Person), rows.c.person_id)


@openness
def tells_of_no_barred_relative(events: FromClause, caller: Caller) -> ColumnElement[bool]:
    rows = table(Relationship).alias()
    return of_open_rows(events, Relationship, rows, ~barred(rows.c.other_id, caller))


@row_filter(Relationship)
def relationships_within(rows: FromClause, sight: Sight) -> ColumnElement[bool]:
    """Both of them: a relative out of reach is not even counted."""
    return and_(
        within_persons(rows.c.person_id, sight),
        within_persons(rows.c.other_id, sight),
    )
