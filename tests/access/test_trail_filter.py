"""Which events of the trail a relationship opens, each condition alone, whole and in summary."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import literal, select

from app.casework.notes.models import Note
from app.core.db import table
from app.core.values import new_id
from app.registry.cases.models import Case, CaseRecord
from app.registry.cases.reach import OF_ANY_ID, OF_THE_CASE, records_within
from app.registry.people.models import Relationship
from app.safeguards.access.policy import Reach
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.following import FOLLOWING
from app.safeguards.guard.protected import Sight, When, evidence_rule
from app.safeguards.identity.caller import Caller
from tests.access.test_machine import START, Life
from tests.access.test_relations import ABROAD, HERE, ME, PEER, THERE, caller, person, uid


@pytest.fixture
def life(living: type[Life]) -> Iterator[Life]:
    one = living()
    one.begin("centre_manager", "social_worker", [], [], [], [])
    yield one
    one.teardown()


PLACES = count(1)


def event(life: Life, actor: int | None = None, **fields: Any) -> str:
    """Something that was read, unless told otherwise."""
    what: dict[str, Any] = {"outcome": "read", "action": "case.read", "hash": b"-", "detail": {}}
    if actor is not None:
        what["actor_id"] = uid(life, actor)
    if fields.get("outcome") == "written":
        what |= {"chain": "case", "seq": next(PLACES)}
    for name in ("file_id", "asked_id"):
        if name in fields:
            fields[name] = UUID(life.case(fields[name]))
    return life.row(AuditEvent, **what | fields)


def is_told(life: Life, one: str, reach: Reach, brief: bool = False, role: str = "auditor") -> bool:
    rows, who = table(AuditEvent), replace(caller(life), role=role)
    sight = Sight(who, reach, When(life.at, life.at.date()), literal("audit"))
    found = select(rows.c.id).where(rows.c.id == UUID(one), evidence_rule()(rows, sight, brief))
    return life.db.execute(found).first() is not None


COUNTRY = Reach.JURISDICTION


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({}, True),  # of nobody: a sign-in that failed
        ({"file_id": THERE}, False),
        ({"file_id": HERE}, True),
        ({"actor": PEER}, True),
        ({"actor": PEER, "file_id": THERE}, True),
        ({"actor": ABROAD}, False),
        ({"actor": ABROAD, "file_id": HERE}, True),
        ({"actor": ABROAD, "file_id": THERE}, False),
        ({"actor": ABROAD, "asked_id": HERE, "code": "forbidden"}, True),
        ({"actor": ABROAD, "asked_id": THERE, "code": "forbidden"}, False),
    ],
)
def test_of_a_country_is_what_its_staff_did_and_what_was_done_with_its_cases(
    life: Life, fields: dict[str, Any], due: bool
) -> None:
    one = event(life, **fields)
    assert is_told(life, one, COUNTRY) is due
    assert is_told(life, one, Reach.ANY)
    assert not is_told(life, one, Reach.UNIT)
    assert not is_told(life, one, Reach.TEAM)


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({"file_id": HERE}, False),
        ({"asked_id": HERE, "code": "forbidden"}, False),
        ({"asked_id": HERE}, False),
        *(({"asked_id": HERE, "code": code}, True) for code in OF_ANY_ID),
        ({"asked_id": THERE, "code": "forbidden"}, True),
    ],
)
def test_no_event_tells_of_a_file_that_is_closed(
    life: Life, fields: dict[str, Any], due: bool
) -> None:
    one, mine = event(life, PEER, **fields), event(life, ME, **fields)
    assert is_told(life, one, COUNTRY)
    assert is_told(life, mine, Reach.SELF)
    life.declare(ME, HERE)
    assert is_told(life, one, COUNTRY) is due
    assert is_told(life, mine, Reach.SELF) is due
    assert is_told(life, one, Reach.ANY)


def test_who_may_not_know_of_a_case_is_not_told_who_else_asked_for_it(life: Life) -> None:
    one = event(life, ABROAD, asked_id=HERE, code="not-found")
    assert is_told(life, one, COUNTRY)
    life.declare(ME, HERE)
    assert not is_told(life, one, COUNTRY)


def test_what_was_read_on_the_way_names_a_file_as_its_record(life: Life) -> None:
    one = event(life, PEER, record="case", record_id=UUID(life.case(HERE)))
    assert is_told(life, one, COUNTRY)
    life.seal(HERE)
    assert not is_told(life, one, COUNTRY)


def test_no_event_names_somebody_closed_who_is_not_its_file(life: Life) -> None:
    one, other = person(life, ME), person(life, ME)
    tie = life.row(Relationship, person_id=UUID(one), other_id=UUID(other))
    told = event(life, PEER, record="relationship", record_id=UUID(tie))
    assert is_told(life, told, COUNTRY)
    life.bar(other, uid(life, ME))
    assert not is_told(life, told, COUNTRY)


def test_ones_own_are_what_one_did_and_knew_of(life: Life) -> None:
    mine, peers = event(life, ME), event(life, PEER)
    assert is_told(life, mine, Reach.SELF)
    assert not is_told(life, peers, Reach.SELF)
    of_therapy = {"outcome": "written", "record": "note", "record_class": "therapy_notes"}
    drawn = event(life, ME, **of_therapy, action="pathway.assign")
    assert not is_told(life, drawn, Reach.SELF, role="prosecutor")
    assert is_told(life, drawn, Reach.SELF, role="psychologist")


WRITTEN: dict[str, Any] = {
    "outcome": "written",
    "action": "note.add",
    "record": "note",
    "record_class": "civil_documents",  # all that a centre manager reads of notes
    "file_id": HERE,
}
OPENED: dict[str, Any] = {"file_id": HERE}


def overseen(life: Life, one: str, reach: Reach = Reach.UNIT, role: str = "centre_manager") -> bool:
    return is_told(life, one, reach, True, role)


@pytest.mark.parametrize(
    ("differs", "due"),
    [
        ({}, True),
        ({"record_class": "therapy_notes"}, False),
        ({"record": "consent"}, False),
        ({"outcome": "refused"}, False),
        ({"file_id": THERE}, False),
    ],
)
def test_who_leads_is_told_what_was_written_that_they_read_whole(
    life: Life, differs: dict[str, Any], due: bool
) -> None:
    one = event(life, PEER, **WRITTEN | differs)
    assert overseen(life, one) is due
    assert not overseen(life, one, Reach.TEAM)
    assert not overseen(life, one, role="statistician")


def test_who_leads_is_told_that_the_team_opened_the_case(life: Life) -> None:
    of_team, other = event(life, PEER, **OPENED), event(life, ME, **OPENED)
    there, listed = (
        event(life, PEER, file_id=THERE),
        event(life, PEER, action="note.read", **OPENED),
    )
    refused = event(life, PEER, outcome="refused", **OPENED)
    every = (of_team, other, there, listed, refused)
    assert not any(overseen(life, one) for one in every)
    life.join(PEER, THERE, 0, None)
    assert not any(overseen(life, one) for one in every), "it is not of their unit"
    life.join(PEER, HERE, 0, None)
    assert [overseen(life, one) for one in every] == [True, False, False, False, False]
    life.transfer(HERE, 1)
    assert not overseen(life, of_team)


def test_who_leads_is_told_nothing_of_a_case_that_is_closed(life: Life) -> None:
    one = event(life, PEER, **WRITTEN)
    assert overseen(life, one)
    life.declare(ME, HERE)
    assert not overseen(life, one)


def test_who_runs_the_system_is_told_of_accounts_and_sign_ins(life: Life) -> None:
    account = {"outcome": "written", "record": "user", "record_class": "staff"}
    for fields, due in (
        ({"action": "user.add", **account}, True),
        ({"action": "user.read", **account, "outcome": "read"}, False),
        ({"action": "token.issue"}, True),
        ({"action": "token.revoke"}, True),
        ({"action": "case.read"}, False),
        (WRITTEN, False),
    ):
        one = event(life, PEER, **fields)
        assert overseen(life, one, Reach.ANY, "administrator") is due, fields
        assert not overseen(life, one, Reach.SELF, "administrator"), fields


def test_records_follow_their_case_by_what_asks_of_the_case_alone() -> None:
    assert OF_ANY_ID == ("not-found", "unauthenticated", "password-change-required")
    assert (
        *(Reach.ANY, Reach.JURISDICTION, Reach.UNIT),
        *(Reach.TEAM, Reach.LINE),
    ) == OF_THE_CASE
    assert FOLLOWING[Case] == (CaseRecord, frozenset(OF_THE_CASE))
    rows, when = table(Note), When(START, START.date())
    me = Caller(new_id(), "", "social_worker", new_id(), "ra")
    for reach in OF_THE_CASE:
        of = (None, literal("plan"), rows.c.record_class)
        asked = {str(records_within(rows, Sight(me, reach, when, one, usual=True))) for one in of}
        assert len(asked) == 1, reach
