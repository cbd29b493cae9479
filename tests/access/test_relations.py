"""Each row filter beside that of a case by itself: whose rows it opens by which relationship.

In the small world of two countries: every look is judged against what was put there just before.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import ColumnElement, Text, literal, select
from sqlalchemy.sql.elements import False_

from app.casework.consents.models import Consent
from app.casework.disclosures.models import Disclosure, Extract
from app.core.db import Identifier, table
from app.core.values import new_id
from app.registry.cases.models import Case
from app.registry.conflicts.models import Interest, tells_of_nobody_barred
from app.registry.households.models import (
    Household,
    HouseholdMember,
    tells_of_no_barred_member,
)
from app.registry.notices.models import Notice
from app.registry.operations.models import Arrival, Operation
from app.registry.people.models import (
    Contact,
    Person,
    Relationship,
    tells_of_no_barred_relative,
)
from app.registry.staff.appointment_models import Appointment
from app.registry.staff.models import Unit, User
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Sight, When, rule_of, within
from app.safeguards.identity.caller import Caller
from tests.access.test_machine import Life

ME, PEER, NEAR, ABROAD, HELPER = range(5)  # ME and PEER in one unit, NEAR in another
HERE, THERE = 0, 1  # two cases, of two countries


@pytest.fixture
def life(living: type[Life]) -> Iterator[Life]:
    one = living()
    one.begin("social_worker", "social_worker", [], [], [], [])
    yield one
    one.teardown()


def uid(life: Life, n: int) -> UUID:
    return UUID(life.staff(n))


def caller(life: Life, n: int = ME) -> Caller:
    told = life.facts.staff[life.staff(n)]
    return Caller(uid(life, n), "", told["role"], UUID(told["unit"]), told["jurisdiction"])


def looking(life: Life, reach: Reach, who: Caller | None = None) -> Sight:
    return Sight(who or caller(life), reach, When(life.at, life.at.date()), literal("case"))


def seen(life: Life, kind: Any, reach: Reach, who: Caller | None = None) -> set[str]:
    """Ids of all rows that this relationship alone opens."""
    rows = table(kind)
    clause = rule_of(kind)(rows, looking(life, reach, who))
    return {str(one) for one in life.db.execute(select(rows.c.id).where(clause)).scalars()}


def opens(life: Life, kind: Any, wanted: str, who: Caller | None = None) -> set[Reach]:
    """By which relationships one row is open."""
    return {one for one in Reach if wanted in seen(life, kind, one, who)}


def staff_by(life: Life, reach: Reach) -> set[int]:
    found = seen(life, User, reach)
    return {n for n in range(5) if life.staff(n) in found}


# --- staff ----------------------------------------------------------------------------------------


def test_staff_are_open_by_themselves_their_unit_line_and_country(life: Life) -> None:
    life.report(NEAR, ME)
    life.report(ABROAD, NEAR)
    everybody = {ME, PEER, NEAR, ABROAD, HELPER}
    due = {
        Reach.ANY: everybody,
        Reach.SELF: {ME},
        Reach.UNIT: {ME, PEER, HELPER},
        Reach.LINE: {NEAR, ABROAD},
        Reach.JURISDICTION: everybody - {ABROAD},
    }
    assert {reach: staff_by(life, reach) for reach in due} == due
    others = set(Reach) - due.keys()
    assert all(staff_by(life, reach) == set() for reach in others)


def test_a_line_is_four_steps_long(life: Life) -> None:
    chain = [life.staff(ME)]
    for _ in range(5):
        above = UUID(chain[-1])
        life.arrive("social_worker", life.ids["units"][0])
        chain.append(life.ids["staff"][-1])
        life.set(User, {"id": chain[-1]}, supervisor_id=above)
    assert seen(life, User, Reach.LINE) == set(chain[1:5])


def test_units_are_open_as_such_or_with_their_country(life: Life) -> None:
    mine, near, abroad = life.ids["units"]
    assert opens(life, Unit, mine) == {Reach.ANY, Reach.JURISDICTION, Reach.UNIT}
    assert opens(life, Unit, near) == {Reach.ANY, Reach.JURISDICTION}
    assert opens(life, Unit, abroad) == {Reach.ANY}


def test_an_appointment_is_open_as_the_user_is(life: Life) -> None:
    life.report(NEAR, ME)
    for n in range(5):
        one = life.row(Appointment, user_id=uid(life, n))
        assert opens(life, Appointment, one) == opens(life, User, life.staff(n))
    assert opens(life, User, life.staff(NEAR)) == {Reach.ANY, Reach.LINE, Reach.JURISDICTION}


# --- what is told to one reader, and what a country has ------------------------------------------


def test_a_notice_is_its_readers_unless_its_case_is_closed_to_them(life: Life) -> None:
    of_none = life.row(Notice, user_id=uid(life, ME))
    of_case = life.row(Notice, user_id=uid(life, ME), case_id=UUID(life.case(HERE)))
    peers = life.row(Notice, user_id=uid(life, PEER), case_id=UUID(life.case(HERE)))
    assert opens(life, Notice, of_none) == opens(life, Notice, of_case) == {Reach.SELF}
    assert opens(life, Notice, peers) == set()
    assert opens(life, Notice, peers, caller(life, PEER)) == {Reach.SELF}
    life.declare(PEER, HERE)
    assert opens(life, Notice, peers, caller(life, PEER)) == set()
    assert opens(life, Notice, of_case) == {Reach.SELF}
    life.seal(HERE)
    assert opens(life, Notice, of_case) == set()
    assert opens(life, Notice, of_none) == {Reach.SELF}


def test_an_operation_is_its_countrys(life: Life) -> None:
    ours = life.row(Operation, jurisdiction="xa", code="x1")
    theirs = life.row(Operation, jurisdiction="xb", code="x1")
    assert opens(life, Operation, ours) == {Reach.ANY, Reach.JURISDICTION}
    assert opens(life, Operation, theirs) == {Reach.ANY}
    when = When(life.at, life.at.date())
    for name, due in (("case", True), ("family", False)):  # who came with it is of their case
        grants = {Reach.TEAM: frozenset({name})}
        clause = within(Arrival, table(Arrival), caller(life), grants, when)
        assert isinstance(clause, False_) is not due


# --- interests ------------------------------------------------------------------------------------


def interest(life: Life, of: int, by: int, person: UUID) -> str:
    one = {"user_id": uid(life, of), "declared_by": uid(life, by), "person_id": person}
    return life.row(Interest, **one)


def test_an_interest_is_open_as_the_user_is_less_what_others_said_of_oneself(life: Life) -> None:
    one = life.file("person")
    life.row(Person, id=one)
    assert opens(life, Interest, interest(life, ME, ME, one)) == opens(life, User, life.staff(ME))
    assert opens(life, Interest, interest(life, ME, PEER, one)) == set()
    for by in (ME, PEER, NEAR):
        of_peer = interest(life, PEER, by, one)
        assert opens(life, Interest, of_peer) == opens(life, User, life.staff(PEER))
    assert opens(life, Interest, interest(life, ABROAD, ABROAD, one)) == {Reach.ANY}


def test_an_interest_in_somebody_closed_is_open_to_who_declared_their_own(life: Life) -> None:
    closed = life.file("person")
    life.row(Person, id=closed)
    mine, peers = interest(life, ME, ME, closed), interest(life, PEER, PEER, closed)
    said = interest(life, PEER, ME, closed)
    everyone = [(mine, {ME}), (peers, {PEER}), (said, {ME})]
    assert told(life, tells_of_nobody_barred, "interest", mine)
    life.bar(str(closed), uid(life, ME))
    assert opens(life, Interest, mine) == opens(life, User, life.staff(ME))
    assert opens(life, Interest, peers) == opens(life, Interest, said) == set()
    assert Reach.SELF in opens(life, Interest, peers, caller(life, PEER))
    for one, who in everyone:
        for n in (ME, PEER):
            spoken = told(life, tells_of_nobody_barred, "interest", one, who=caller(life, n))
            assert spoken is (n in who or n == PEER)
    assert told(life, tells_of_nobody_barred, "note", peers)
    assert told(life, tells_of_nobody_barred, "interest", None)


def told(
    life: Life,
    rule: Any,
    record: str | None,
    record_id: str | None,
    file_id: str | None = None,
    who: Caller | None = None,
) -> bool:
    """Whether an event that names this is one that the rule lets be told."""

    def named(value: str | None) -> Any:
        return literal(UUID(value) if value else None, Identifier())

    event = select(
        literal(record, Text()).label("record"),
        named(record_id).label("record_id"),
        named(file_id).label("file_id"),
    ).subquery()
    clause: ColumnElement[bool] = rule(event, who or caller(life))
    return life.db.execute(select(literal(1)).select_from(event).where(clause)).first() is not None


# --- people ---------------------------------------------------------------------------------------


def person(life: Life, by: int, unit: int = 0) -> str:
    one = life.file("person")
    of = {"registered_by": uid(life, by), "unit_id": UUID(life.ids["units"][unit])}
    return life.row(Person, id=one, **of)


def of_case(life: Life, n: int) -> str:
    cases = table(Case)
    found = select(cases.c.person_id).where(cases.c.id == UUID(life.case(n)))
    return str(life.db.execute(found).scalar_one())


def test_a_person_with_a_case_is_open_with_it(life: Life) -> None:
    here, there = of_case(life, HERE), of_case(life, THERE)
    mine = {"registered_by": uid(life, ME), "unit_id": UUID(life.ids["units"][0])}
    for one in (here, there):
        life.set(Person, {"id": one}, **mine)  # who has a case is open by it alone
    assert opens(life, Person, here) == {Reach.ANY, Reach.UNIT, Reach.JURISDICTION}
    assert opens(life, Person, there) == {Reach.ANY}
    life.join(ME, HERE, 0, None)
    assert Reach.TEAM in opens(life, Person, here)
    life.declare(ME, HERE)
    assert opens(life, Person, here) == set(), "a case that is closed opens nobody"
    assert opens(life, Person, here, caller(life, PEER))


def test_who_has_no_case_is_open_to_who_registered_them_and_to_their_unit(life: Life) -> None:
    mine, peers = person(life, ME), person(life, PEER)
    elsewhere, abroad = person(life, ME, 1), person(life, ABROAD, 2)
    unit = {Reach.UNIT, Reach.JURISDICTION}
    every = opens(life, Person, mine)
    assert every > unit
    assert {Reach.TEAM, Reach.SELF, Reach.ANY} <= every
    assert opens(life, Person, peers) == unit
    assert opens(life, Person, elsewhere) == opens(life, Person, abroad) == set()
    life.bar(mine, uid(life, ME))
    assert opens(life, Person, mine) == set(), "a person who is barred is opened by none"
    assert opens(life, Person, mine, caller(life, PEER)) == unit


def test_who_has_no_unit_reaches_people_through_cases(life: Life) -> None:
    nowhere = replace(caller(life), unit_id=None)
    here, without = of_case(life, HERE), person(life, ME)
    life.join(ME, HERE, 0, None)
    assert {Reach.ANY, Reach.JURISDICTION, Reach.TEAM} <= opens(life, Person, here, nowhere)
    assert opens(life, Person, without, nowhere) == set()
    life.break_glass(ME, HERE, "clinical", 60)
    assert Reach.SELF not in opens(life, Person, here, nowhere)
    life.bar(here, uid(life, ME))
    assert opens(life, Person, here, nowhere) == set()


def test_what_is_claimed_is_open_with_whom_it_is_about(life: Life) -> None:
    for one in (of_case(life, HERE), of_case(life, THERE), person(life, ME), person(life, PEER)):
        claim = life.row(Contact, person_id=UUID(one))
        assert opens(life, Contact, claim) == opens(life, Person, one)


def test_a_relative_is_open_where_both_are(life: Life) -> None:
    one, other, there = of_case(life, HERE), person(life, ME), of_case(life, THERE)
    between = opens(life, Person, one) & opens(life, Person, other)
    assert between
    for first, second, due in ((one, other, between), (other, one, between), (one, there, set())):
        tie = life.row(Relationship, person_id=UUID(first), other_id=UUID(second))
        assert opens(life, Relationship, tie) == due | ({Reach.ANY} if second == there else set())
    tie = life.row(Relationship, person_id=UUID(one), other_id=UUID(other))
    life.bar(other, uid(life, ME))
    assert opens(life, Relationship, tie) == set()


def test_no_event_tells_of_a_relative_who_is_closed(life: Life) -> None:
    one, other = person(life, ME), person(life, ME)
    tie = life.row(Relationship, person_id=UUID(one), other_id=UUID(other))
    assert told(life, tells_of_no_barred_relative, "relationship", tie)
    life.bar(one, uid(life, ME))
    assert told(life, tells_of_no_barred_relative, "relationship", tie), "asked of its file"
    life.bar(other, uid(life, ME))
    assert not told(life, tells_of_no_barred_relative, "relationship", tie)
    assert told(life, tells_of_no_barred_relative, "relationship", tie, who=caller(life, PEER))
    assert told(life, tells_of_no_barred_relative, "contact", tie)
    assert told(life, tells_of_no_barred_relative, None, tie)
    assert told(life, tells_of_no_barred_relative, "relationship", None)
    unknown = str(new_id())
    assert not told(life, tells_of_no_barred_relative, "relationship", unknown)


# --- households -----------------------------------------------------------------------------------


def household(life: Life, *people: str) -> tuple[str, list[str]]:
    house = life.file("household")
    life.row(Household, id=house)
    members = [life.row(HouseholdMember, household_id=house, person_id=UUID(one)) for one in people]
    return str(house), members


def test_a_household_is_open_through_any_member_and_a_member_as_a_person(life: Life) -> None:
    here, there, mine = of_case(life, HERE), of_case(life, THERE), person(life, PEER)
    house, members = household(life, here, there, mine)
    by_person = [opens(life, Person, one) for one in (here, there, mine)]
    assert [opens(life, HouseholdMember, one) for one in members] == by_person
    assert opens(life, Household, house) == by_person[0] | by_person[1] | by_person[2]
    theirs, _ = household(life, there)
    assert opens(life, Household, theirs) == by_person[1] != opens(life, Household, house)
    empty, _ = household(life)
    assert opens(life, Household, empty) == set()


def test_no_event_tells_of_a_member_who_is_closed(life: Life) -> None:
    rule, one, other = tells_of_no_barred_member, person(life, ME), person(life, ME)
    house, (first, second) = household(life, one, other)
    elsewhere, (third,) = household(life, person(life, ME))
    life.bar(other, uid(life, ME))
    assert told(life, rule, "household_member", first, house)
    assert not told(life, rule, "household_member", second, house)
    assert told(life, rule, "household_member", second, house, caller(life, PEER))
    assert told(life, rule, "household", house, house), "somebody in it is open"
    life.bar(one, uid(life, ME))
    for record, record_id in (("household", house), ("household_member", None)):
        assert not told(life, rule, record, record_id, house)
        assert told(life, rule, record, record_id, house, caller(life, PEER))
        assert told(life, rule, record, record_id, elsewhere)
        assert told(life, rule, record, None)
    assert told(life, rule, "household_member", third, elsewhere)
    assert told(life, rule, "contact", second, house)
    assert told(life, rule, None, None, house)


# --- disclosures ----------------------------------------------------------------------------------


@pytest.fixture
def given(life: Life) -> Any:
    """An extract of HERE for ME, whose country is the other one's; and its request."""
    case = UUID(life.case(THERE))
    request = life.row(Disclosure, case_id=case, author_id=uid(life, ABROAD))
    to = {"recipient_id": uid(life, ME), "recipient_role": "social_worker"}
    to |= {"recipient_jurisdiction": "xa", "available_until": life.day(1), "consent_id": None}
    extract = life.row(Extract, case_id=case, disclosure_id=UUID(request), **to)
    return life, request, extract


def disclosed(life: Life, request: str, extract: str, who: Caller | None = None) -> bool:
    """At the door, of the request and of what was extracted, which are one answer."""
    door = life.case(THERE) in seen(life, Case, Reach.DISCLOSED, who)
    assert (request in seen(life, Disclosure, Reach.DISCLOSED, who)) is door
    assert (extract in seen(life, Extract, Reach.DISCLOSED, who)) is door
    assert life.case(HERE) not in seen(life, Case, Reach.DISCLOSED, who)
    return door


def test_what_was_disclosed_is_open_to_its_recipient_until_its_end(given: Any) -> None:
    life, request, extract = given
    me = caller(life)
    assert disclosed(life, request, extract)
    others = life.row(Disclosure, case_id=UUID(life.case(THERE)), author_id=uid(life, ABROAD))
    assert others not in seen(life, Disclosure, Reach.DISCLOSED)
    assert not disclosed(life, request, extract, caller(life, PEER))
    assert not disclosed(life, request, extract, replace(me, role="supervisor"))
    assert not disclosed(life, request, extract, replace(me, jurisdiction="xb"))
    life.set(Extract, {"id": extract}, available_until=life.at.date())
    assert not disclosed(life, request, extract)


def test_what_stands_on_a_consent_ends_with_it(given: Any) -> None:
    life, request, extract = given
    basis = {"case_id": UUID(life.case(THERE)), "expires_on": None}
    life.row(Consent, status="given", **basis)  # of something else
    consent = life.row(Consent, status="given", **basis)
    life.set(Extract, {"id": extract}, consent_id=UUID(consent))
    assert disclosed(life, request, extract)
    for values, open_ in (
        ({"expires_on": life.day(1)}, True),
        ({"expires_on": life.day(0)}, False),
        ({"expires_on": None, "status": "withdrawn"}, False),
    ):
        life.set(Consent, {"id": consent}, **values)
        assert disclosed(life, request, extract) is open_
        for_outside(life, extract, open_)


def for_outside(life: Life, extract: str, available: bool) -> None:
    """The same, addressed to nobody here: for who works on the case."""
    life.set(Extract, {"id": extract}, recipient_id=None)
    assert (extract in seen(life, Extract, Reach.JURISDICTION, caller(life, ABROAD))) is available
    life.set(Extract, {"id": extract}, recipient_id=uid(life, ME))


def test_who_works_on_the_case_has_the_request_and_what_is_for_somebody_outside(given: Any) -> None:
    life, request, extract = given
    abroad = caller(life, ABROAD)
    assert request in seen(life, Disclosure, Reach.JURISDICTION, abroad)
    assert request not in seen(life, Disclosure, Reach.JURISDICTION)
    assert extract not in seen(life, Extract, Reach.JURISDICTION, abroad)
    life.set(Extract, {"id": extract}, recipient_id=None)
    assert extract in seen(life, Extract, Reach.JURISDICTION, abroad)
    assert extract not in seen(life, Extract, Reach.JURISDICTION)
    life.set(Extract, {"id": extract}, available_until=life.at.date())
    assert extract not in seen(life, Extract, Reach.JURISDICTION, abroad)
