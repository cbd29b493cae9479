"""Who reads, who leads them, and whom a case is open to: facts for judging, never shown."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, and_, false, or_

from app.registry.cases.models import Case, TeamMember
from app.registry.cases.reach import cases_within
from app.registry.staff.colleagues import works_here
from app.registry.staff.lines import LEADING
from app.registry.staff.models import Unit, User
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.guard.protected import Sight, When, ways
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.identity.caller import Caller

# By which a team may know that somebody reaches its case. That there is a mandate, a condition or
# an agreement may be behind the wall.
KNOWN = (Reach.ANY, Reach.JURISDICTION, Reach.UNIT, Reach.LINE, Reach.TEAM)
STAFF = ("id", "display_name", "role", "unit_id", "supervisor_id")


@dataclass(frozen=True)
class Colleague:
    """Somebody on the staff, as they are now. `here`: whether they still work here."""

    id: UUID
    display_name: str
    role: str
    unit_id: UUID | None
    supervisor_id: UUID | None
    jurisdiction: str | None
    here: bool

    def caller(self, role: str | None = None) -> Caller:
        """`role`: as whom they read, if not as what they are now."""
        return Caller(self.id, "", role or self.role, self.unit_id, self.jurisdiction)


class Staff:
    """Who works here, asked for as they are needed; people alone."""

    def __init__(self, work: UnitOfWork) -> None:
        self.work = work
        self.known: dict[UUID, Colleague] = {}
        self.units = {
            row.id: row.jurisdiction
            for row in work.facts(Unit, lambda u: u.c.id.is_not(None), "id", "jurisdiction")
        }

    def find(self, wanted: Iterable[UUID | None]) -> None:
        """Those of these ids, and who leads them."""
        found = self.ask(lambda u: u.c.id.in_([one for one in {*wanted} if one is not None]))
        above = {one.supervisor_id for one in found if one.supervisor_id is not None}
        units = {one.unit_id for one in found if one.unit_id is not None}
        self.ask(lambda u: u.c.id.in_(above) | (u.c.unit_id.in_(units) & u.c.role.in_(LEADING)))

    def ask(self, where: Any) -> list[Colleague]:
        people = self.work.facts(User, lambda u: where(u) & (u.c.kind == "person"), *STAFF)
        ids = [row.id for row in people]
        here = {
            row.id for row in self.work.facts(User, lambda u: u.c.id.in_(ids) & works_here(u), "id")
        }
        found = [
            Colleague(**row._mapping, jurisdiction=self.units.get(row.unit_id), here=row.id in here)
            for row in people
        ]
        self.known |= {one.id: one for one in found}
        return found

    def above(self, user_id: UUID) -> set[UUID]:
        """The superior on record, or where there is none, who leads the unit."""
        one = self.known[user_id]
        if one.supervisor_id is not None and self.works(one.supervisor_id):
            return {one.supervisor_id}
        unit = (other for other in self.known.values() if other.unit_id == one.unit_id)
        leading = {other.id for other in unit if other.role in LEADING and other.here}
        return leading - {user_id} if one.unit_id else set()

    def works(self, user_id: UUID) -> bool:
        return user_id in self.known and self.known[user_id].here


def on_team(work: UnitOfWork, caller: Caller, among: Collection[UUID], day: date) -> set[UUID]:
    """Of which of these cases they were on the team on this day, the day of a release included."""

    def theirs(team: FromClause) -> ColumnElement[bool]:
        mine = team.c.user_id == caller.id, team.c.role == caller.role, team.c.case_id.in_(among)
        return and_(*mine, team.c.since <= day, or_(team.c.until.is_(None), team.c.until >= day))

    return {row.case_id for row in work.facts(TeamMember, theirs, "case_id")}


def opened_by(
    work: UnitOfWork,
    caller: Caller,
    reaches: Collection[Reach],
    among: Collection[UUID],
    at: datetime,
) -> set[UUID]:
    """Which of these cases one of these relationships opens to them at this moment."""
    when = When(at, at.date())

    def found(cases: FromClause) -> ColumnElement[bool]:
        return or_(false(), *(cases_within(cases, Sight(caller, one, when)) for one in reaches))

    return ids_of(work, among, found)


def seen_by(
    work: UnitOfWork, reader: Colleague, among: Collection[UUID], at: datetime
) -> set[UUID]:
    """Of which of these cases they may know; what bars them is asked when they are told."""
    grants, caller = POLICY.grants(reader.role, "case.read"), reader.caller()
    when = When(at, at.date())

    def found(cases: FromClause) -> ColumnElement[bool]:
        return or_(false(), *ways(Case, cases, caller, grants, when).values())

    return ids_of(work, among, found)


def ids_of(work: UnitOfWork, among: Collection[UUID], where: Any) -> set[UUID]:
    if not among:
        return set()
    return {row.id for row in work.facts(Case, lambda c: c.c.id.in_(among) & where(c), "id")}
