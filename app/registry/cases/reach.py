"""Turns a reach of the policy into SQL: one clause lists cases, opens one, and finds in it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    Table,
    and_,
    exists,
    false,
    literal,
    or_,
    select,
    true,
    union_all,
)

from app.core.db import Identifier, other, table
from app.registry.cases.models import OWN, TOLD_WITH, Case, CaseRecord, TeamMember
from app.registry.cases.strands import of_tracks, strands
from app.registry.covers.models import covered_by, covers_of
from app.registry.staff.models import Unit, User, below
from app.safeguards.access.bars import Bar, barred
from app.safeguards.access.policy import Reach
from app.safeguards.guard.configuring import CONFIGURE
from app.safeguards.guard.following import follows
from app.safeguards.guard.granted import COVER, granted
from app.safeguards.guard.past import done_knowingly, of_records_read
from app.safeguards.guard.protected import (
    EVERY_CLASS,
    OPENNESS,
    Sight,
    When,
    evidence_filter,
    rarely,
    row_filter,
)
from app.safeguards.guard.second_wall import (
    belongs,
    here,
    of_their_own,
    of_unit,
    open_to_anybody,
    with_a_case,
)
from app.safeguards.guard.signing_in import ROUTES
from app.safeguards.identity.caller import Caller

# From the id of a case: whether this relationship is there. `Sight.record_class` tells of which
# class the rows are; at the door of a case it is None, and a relationship for any class will do.
Relation = Callable[[ColumnElement[object], Sight], ColumnElement[bool]]
RELATIONS: dict[Reach, Relation] = {}
OF_ANY_ID = ("not-found", "unauthenticated", "password-change-required")  # before the wall opens


def relation(reach: Reach) -> Callable[[Relation], Relation]:
    """Says by which rows a reach comes to a case; declared with the record that makes it."""

    def register(rule: Relation) -> Relation:
        RELATIONS[reach] = rule
        return rule

    return register


def running(rows: FromClause, today: date) -> ColumnElement[bool]:
    """From `since` to the day before `until`."""
    return and_(rows.c.since <= today, or_(rows.c.until.is_(None), rows.c.until > today))


def myself(caller: Caller) -> ColumnElement[Any]:
    return caller.id if isinstance(caller.id, ColumnElement) else literal(caller.id, Identifier())


def in_whose_place(sight: Sight) -> CompoundSelect[Any] | Select[Any]:
    """The caller, and all in whose place they stand."""
    me = select(myself(sight.caller))
    return me if sight.usual else union_all(me, covered_by(sight.caller, sight.when))


@relation(Reach.TEAM)
def on_team(case_id: ColumnElement[object], sight: Sight) -> ColumnElement[bool]:
    """By one's own membership, or by that of somebody in whose place one stands.

    Who is on one track alone reaches what is of its classes, and what is of no track's. What is
    closed to the other by name is so to who stands in; one's own bars are asked elsewhere.
    """
    team, bars, caller = other(TeamMember, "team"), other(Bar, "their_bars"), sight.caller
    me = myself(caller)
    here = (
        team.c.role == caller.role,
        team.c.jurisdiction == caller.jurisdiction,
        running(team, sight.when.today),
    )
    if sight.usual:
        # Distinct, so that a page walks the index in its own order, and not the whole caseload.
        whole = (team.c.user_id == me, team.c.track.is_(None), *here)
        return case_id.in_(select(team.c.case_id).distinct().where(*whole))
    theirs = and_(bars.c.file_id == team.c.case_id, bars.c.user_id == team.c.user_id)
    not_barred = ~exists(select(literal(1)).select_from(bars).where(theirs))
    mine = select(team.c.case_id).where(
        team.c.user_id.in_(in_whose_place(sight)), *here, or_(team.c.user_id == me, not_barred)
    )
    if (of := sight.record_class) is None:
        return case_id.in_(mine)
    # The class of the row is asked outside, so that the set within stays one of its own.
    return or_(
        case_id.in_(mine.where(team.c.track.is_(None))),
        and_(of.not_in([EVERY_CLASS, *sorted(of_tracks())]), case_id.in_(mine)),
        *(
            and_(of.in_(sorted(names)), case_id.in_(mine.where(team.c.track == code)))
            for code, names in strands().items()
        ),
    )


@rarely
def on_one_track(caller: Caller, when: When) -> ColumnElement[bool]:
    """For who is on the team of any case for a track alone: of which class a row is, decides."""
    team = other(TeamMember, "some_membership")
    mine = (team.c.user_id == caller.id, team.c.track.is_not(None), running(team, when.today))
    return exists(select(literal(1)).where(*mine))


@granted(COVER)
def stood_in_for(file_id: ColumnElement[Any], caller: Caller, when: When) -> Select[Any]:
    """On a case, for those who are on its team; elsewhere for all whose place the caller takes."""
    held = covers_of(caller, when, "id", "grantor_id").subquery("held_covers")
    team = table(TeamMember)
    theirs = (team.c.case_id == file_id, team.c.user_id == held.c.grantor_id)
    on_it = exists(select(literal(1)).select_from(team).where(*theirs, running(team, when.today)))
    return select(held.c.id, held.c.grantor_id).where(or_(~is_a_case(file_id), on_it))


def is_a_case(file_id: ColumnElement[Any]) -> ColumnElement[bool]:
    cases = other(Case, "this_case")
    return exists(select(literal(1)).select_from(cases).where(cases.c.id == file_id))


@relation(Reach.LINE)
def in_my_line(case_id: ColumnElement[object], sight: Sight) -> ColumnElement[bool]:
    """Cases of the own jurisdiction on whose team is somebody below the caller."""
    team = other(TeamMember, "line_team")
    theirs = select(team.c.case_id).where(
        team.c.user_id.in_(below(sight.caller)),
        team.c.jurisdiction == sight.caller.jurisdiction,
        running(team, sight.when.today),
    )
    return case_id.in_(theirs)


@row_filter(Case)
def cases_within(case: FromClause, sight: Sight) -> ColumnElement[bool]:
    caller, reach = sight.caller, sight.reach
    if reach is Reach.ANY:
        return true()
    if reach is Reach.JURISDICTION:
        return case.c.jurisdiction == caller.jurisdiction
    if reach is Reach.UNIT:
        return case.c.unit_id == caller.unit_id
    if reach is Reach.OWN:
        return on_team(case.c.id, sight)
    return RELATIONS[reach](case.c.id, sight)


@belongs(Case)
def cases_here(case: FromClause) -> ColumnElement[bool]:
    return and_(of_their_own(case), of_unit(case.c.unit_id), open_to_anybody(case.c.id))


@belongs(CaseRecord)
def records_here(record: FromClause) -> ColumnElement[bool]:
    of_it = with_a_case(record.c.case_id)
    return and_(here(record.c.case_jurisdiction), of_it, open_to_anybody(record.c.case_id))


@belongs(TeamMember)
def teams_here(team: FromClause) -> ColumnElement[bool]:
    """By what its index has: the first wall looks into teams for every row."""
    return and_(of_their_own(team), with_a_case(team.c.case_id), open_to_anybody(team.c.case_id))


@evidence_filter
def events_within(events: FromClause, sight: Sight, brief: bool) -> ColumnElement[bool]:
    """Of a jurisdiction: what its staff did, and whatever was done with its cases; or one's own.

    An event of nobody (a sign-in that failed) belongs to every jurisdiction. A file that is closed
    to the reader is in no event; that somebody asked for its id says no more than of any id, so
    refusals are told that any id meets, and none that took a file to be there.
    """
    caller, reach = sight.caller, sight.reach
    if brief:
        return and_(overseen(events, sight), told_of_open_files(events, caller))
    if reach is Reach.ANY:
        return true()
    asked_of_any = or_(events.c.code.in_(OF_ANY_ID), ~barred(events.c.asked_id, caller))
    told = and_(told_of_open_files(events, caller), asked_of_any)
    if reach is Reach.SELF:
        return and_(events.c.actor_id == caller.id, told, done_knowingly(events, caller.role))
    if reach is not Reach.JURISDICTION:
        return false()
    users, units, cases = table(User), table(Unit), table(Case)
    here = select(units.c.id).where(units.c.jurisdiction == caller.jurisdiction)
    staff = select(users.c.id).where(users.c.unit_id.in_(here))

    def own(file_id: ColumnElement[Any]) -> ColumnElement[bool]:
        # Asked of each event: a list of all cases would be made for each page.
        theirs = (cases.c.id == file_id, cases.c.jurisdiction == caller.jurisdiction)
        return exists(select(literal(1)).select_from(cases).where(*theirs))

    nobody = and_(events.c.actor_id.is_(None), events.c.file_id.is_(None))
    asked = and_(own(events.c.asked_id), ~barred(events.c.asked_id, caller))
    about = (own(events.c.file_id), asked)
    return and_(or_(nobody, events.c.actor_id.in_(staff), *about), told)


def told_of_open_files(events: FromClause, caller: Caller) -> ColumnElement[bool]:
    # What was read on the way to something else is of no file, and may name one as its record.
    is_open = (~barred(events.c[name], caller) for name in ("file_id", "record_id"))
    return and_(*is_open, *(rule(events, caller) for rule in OPENNESS))


def overseen(events: FromClause, sight: Sight) -> ColumnElement[bool]:
    """What was written, by who wrote it, where the reader is shown the whole of such a record.

    Of reading: that somebody on the team opened the case. Who reads by another relationship would
    tell that there is one, and what is looked up on the way to a write is of any class. Who reaches
    everything, and nobody's case, is told of sign-ins and settings besides.
    """
    written = and_(events.c.outcome == "written", of_records_read(events, sight))
    if sight.reach is Reach.ANY:
        return or_(written, events.c.action.in_((*ROUTES, CONFIGURE)))
    cases, team = table(Case).alias(), table(TeamMember).alias()
    theirs = select(cases.c.id).where(cases_within(cases, sight))
    on_it = and_(team.c.case_id == events.c.file_id, team.c.user_id == events.c.actor_id)
    member = exists(select(literal(1)).select_from(team).where(on_it))
    opened = and_(events.c.outcome == "read", events.c.action == "case.read", member)
    return and_(events.c.file_id.in_(theirs), or_(written, opened))


# By which relationship to the case these open what of it is somebody's own, and no more.
OF_THEIRS = {Reach.OWN: Reach.TEAM, Reach.SUPERVISION: Reach.SUPERVISION}


def written_by(record: FromClause, sight: Sight) -> ColumnElement[bool]:
    return record.c.author_id == sight.caller.id if "author_id" in record.c else false()


@row_filter(CaseRecord)
def records_within(record: FromClause, sight: Sight) -> ColumnElement[bool]:
    if sight.reach in OF_THEIRS:
        rule = record.info.get(OWN, written_by) if isinstance(record, Table) else written_by
        is_there = RELATIONS[OF_THEIRS[sight.reach]]
        return and_(rule(record, sight), is_there(record.c.case_id, sight))
    if sight.reach is Reach.SELF:
        return written_by(record, sight)
    if sight.reach is Reach.TEAM and isinstance(record, Table) and TOLD_WITH in record.info:
        sight = replace(sight, record_class=literal(record.info[TOLD_WITH]))
    if sight.reach in RELATIONS:
        return RELATIONS[sight.reach](record.c.case_id, sight)
    case = other(Case, "own_case")
    within = select(case.c.id).where(cases_within(case, sight))
    return record.c.case_id.in_(within)


# The others ask of which class a row is, or whose.
OF_THE_CASE = (Reach.ANY, Reach.JURISDICTION, Reach.UNIT, Reach.TEAM, Reach.LINE)
follows(CaseRecord, Case, OF_THE_CASE)
