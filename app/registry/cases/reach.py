"""Turns a reach of the policy into SQL: one clause lists cases, opens one, and finds in it."""

from datetime import date

from sqlalchemy import ColumnElement, FromClause, Table, and_, false, or_, select, true

from app.core.db import table
from app.registry.cases.models import Case, CaseRecord, TeamMember
from app.registry.staff.models import Unit, User
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import evidence_filter, row_filter
from app.safeguards.identity.caller import Caller


def on_team(case_id: ColumnElement[object], caller: Caller, today: date) -> ColumnElement[bool]:
    team = table(TeamMember).alias()
    mine = select(team.c.case_id).where(
        team.c.user_id == caller.id,
        team.c.role == caller.role,
        team.c.jurisdiction == caller.jurisdiction,
        team.c.since <= today,
        or_(team.c.until.is_(None), team.c.until > today),
    )
    return case_id.in_(mine)


@row_filter(Case)
def cases_within(
    case: FromClause, caller: Caller, reach: Reach, today: date
) -> ColumnElement[bool]:
    if reach is Reach.ANY:
        return true()
    if reach is Reach.JURISDICTION:
        return case.c.jurisdiction == caller.jurisdiction
    if reach is Reach.UNIT:
        return case.c.unit_id == caller.unit_id
    if reach in (Reach.TEAM, Reach.OWN):
        return on_team(case.c.id, caller, today)
    return false()


@evidence_filter
def events_within(events: FromClause, caller: Caller, reach: Reach) -> ColumnElement[bool]:
    """Of a jurisdiction: what its staff did, and whatever was done with its cases.

    An event of nobody (a sign-in that failed) belongs to every jurisdiction.
    """
    if reach is Reach.ANY:
        return true()
    if reach is not Reach.JURISDICTION:
        return false()
    users, units, cases = table(User), table(Unit), table(Case)
    here = select(units.c.id).where(units.c.jurisdiction == caller.jurisdiction)
    staff = select(users.c.id).where(users.c.unit_id.in_(here))
    own = select(cases.c.id).where(cases.c.jurisdiction == caller.jurisdiction)
    nobody = and_(events.c.actor_id.is_(None), events.c.file_id.is_(None))
    about = (events.c.file_id.in_(own), events.c.asked_id.in_(own))
    return or_(nobody, events.c.actor_id.in_(staff), *about)


@row_filter(CaseRecord)
def records_within(
    record: FromClause, caller: Caller, reach: Reach, today: date
) -> ColumnElement[bool]:
    if reach is Reach.TEAM:
        return on_team(record.c.case_id, caller, today)
    if reach is Reach.OWN:
        own: ColumnElement[bool] = false()
        if isinstance(record, Table) and record.info.get("of_the_team"):
            own = true()
        elif "author_id" in record.c:
            own = record.c.author_id == caller.id
        return and_(own, on_team(record.c.case_id, caller, today))
    case = table(Case).alias()
    within = select(case.c.id).where(cases_within(case, caller, reach, today))
    return record.c.case_id.in_(within)
