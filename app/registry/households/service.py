"""What is done with households: form, join, leave."""

from datetime import date
from uuid import UUID

from sqlalchemy import and_, or_

from app.core.errors import Conflict, invalid
from app.registry.households.models import Household, HouseholdMember
from app.registry.households.schemas import HouseholdIn, JoinIn, LeaveIn
from app.registry.people.kinship import INVERSE, PARENTAGE
from app.registry.people.models import Person, Relationship
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def form(work: UnitOfWork, given: HouseholdIn) -> Written:
    people = [member.person_id for member in given.members]
    if len(set(people)) != len(people):
        raise invalid("/members", "twice", "names somebody twice")
    formed_on = given.formed_on or work.today
    refuse_future(work, formed_on, "/formed_on")
    household = start(work, formed_on, given.label, id=given.id)
    for place, member in enumerate(given.members):
        of_their_family(work, member.person_id, f"/members/{place}/person_id")
        since = member.since or formed_on
        refuse_future(work, since, f"/members/{place}/since")
        take_in(work, household.id, member.person_id, member.part, since, member.reason)
    return household


def of_their_family(work: UnitOfWork, person_id: UUID, pointer: str) -> None:
    """Whom they reach, and whose family is theirs to tell of."""
    work.reachable(Person, person_id, pointer)
    if not work.reaches_class_of(Person, person_id, "family"):
        raise invalid(pointer, "not-in-reach", "of this person's family you are told nothing")


def start(
    work: UnitOfWork,
    formed_on: date,
    label: str | None,
    operation_id: UUID | None = None,
    id: UUID | None = None,
) -> Written:
    written = work.add(
        Household, id=id, label=label, formed_on=formed_on, operation_id=operation_id
    )
    work.publish("household.formed", household=written.id)
    return written


def take_in(
    work: UnitOfWork,
    household_id: UUID,
    person_id: UUID,
    part: str,
    since: date,
    reason: str,
    id: UUID | None = None,
) -> Written:
    return work.add(
        HouseholdMember,
        id=id,
        file_id=household_id,
        person_id=person_id,
        part=part,
        since=since,
        reason=reason,
    )


def join(work: UnitOfWork, given: JoinIn) -> Written:
    of_their_family(work, given.person_id, "/person_id")
    since = given.since or work.today
    refuse_future(work, since, "/since")
    if given.person_id in members_on(work, since):
        raise Conflict("is a member on that day already", code="member-already")
    written = take_in(
        work, work.file_id, given.person_id, given.part, since, given.reason, given.id
    )
    work.publish("household.joined", household=work.file_id, person=given.person_id)
    return written


def leave(work: UnitOfWork, member_id: UUID, given: LeaveIn) -> Written:
    """Parting a child from who cares for it is announced as what it is, beside the leaving."""
    until = given.until or work.today
    refuse_future(work, until, "/until")
    found = work.find(HouseholdMember, lambda m: m.c.id == member_id)
    if found and found[0]["until"] is not None:
        raise Conflict("has left already", code="left-already", current="left", allowed=[])
    if found and until < found[0]["since"]:
        raise invalid("/until", "before-since", "must not be before since")
    written = work.change(HouseholdMember, member_id, until=until, left_reason=given.reason)
    leaver = written["person_id"]
    work.publish("household.left", household=work.file_id, person=leaver)
    staying = [one for one in members_on(work, until) if one != leaver]
    for other in parted(work, leaver, staying):
        work.publish("household.child-separated", household=work.file_id, one=leaver, other=other)
    return written


def members_on(work: UnitOfWork, day: date) -> list[UUID]:
    """Who lives together on a day, past the caller's own reach: to judge by, never to show."""
    rows = work.facts(
        HouseholdMember,
        lambda m: and_(
            m.c.household_id == work.file_id,
            m.c.since <= day,
            or_(m.c.until.is_(None), m.c.until > day),
        ),
        "person_id",
        beyond=True,
    )
    return [row.person_id for row in rows]


def parted(work: UnitOfWork, leaver: UUID, staying: list[UUID]) -> list[UUID]:
    """Of those who stay, who is the leaver's child or cares for the leaver, as far as known."""
    caring = sorted(PARENTAGE | {INVERSE[kind] for kind in PARENTAGE})
    known = work.facts(
        Relationship,
        lambda r: and_(
            r.c.type.in_(caring),
            or_(
                and_(r.c.person_id == leaver, r.c.other_id.in_(staying)),
                and_(r.c.other_id == leaver, r.c.person_id.in_(staying)),
            ),
        ),
        *("person_id", "other_id"),
        beyond=True,
    )
    return sorted({r.other_id if r.person_id == leaver else r.person_id for r in known})


def refuse_future(work: UnitOfWork, day: date, pointer: str) -> None:
    if day > work.today:
        raise invalid(pointer, "future", "a household tells who lives together, not who will")
