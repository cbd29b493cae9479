"""The one predicate by itself: class, relationship and bar, each in turn, on kinds of each sort."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import BindParameter, ColumnElement, FromClause, select, true
from sqlalchemy.sql.elements import False_

from app.casework.consents.models import Consent
from app.casework.notes.models import Note
from app.core.db import table
from app.core.values import new_id
from app.registry.cases.models import Case
from app.registry.cases.reach import events_within
from app.registry.covers.models import Cover
from app.safeguards.access.bars import EVERYBODY, barred, sealed_off
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import (
    RULES,
    Protected,
    Sight,
    When,
    evidence_rule,
    has_something_rare,
    no_bar,
    of_classes,
    visible,
    ways,
    within,
)
from app.safeguards.identity.caller import Caller
from tests.access.test_machine import START, Life

ME, PEER, NEAR, ABROAD, HELPER = range(5)
HERE, THERE = 0, 1  # cases
TEAM = {Reach.TEAM: frozenset({"case"})}


@pytest.fixture
def life(living: type[Life]) -> Iterator[Life]:
    one = living()
    one.begin("prosecutor", "social_worker", [], [], [], [])
    yield one
    one.teardown()


def me(life: Life, n: int = ME) -> Caller:
    told = life.facts.staff[life.staff(n)]
    return Caller(UUID(life.staff(n)), "", told["role"], UUID(told["unit"]), told["jurisdiction"])


def cases(life: Life, clause: ColumnElement[bool]) -> set[int]:
    """Which of the two cases a clause lets through."""
    rows, both = table(Case), [UUID(one) for one in life.ids["cases"]]
    found = select(rows.c.id).where(rows.c.id.in_(both), clause)
    return {both.index(one) for one in life.db.execute(found).scalars()}


def seen(life: Life, grants: Any, **more: Any) -> set[int]:
    when = When(life.at, life.at.date())
    found = within(Case, table(Case), me(life), grants, when, **more)
    listed = visible(Case, me(life), grants, when, **more).subquery()
    assert cases(life, found) == cases(life, table(Case).c.id.in_(select(listed.c.id)))
    return cases(life, found)


def test_it_takes_the_class_and_the_relationship(life: Life) -> None:
    life.join(ME, HERE, 0, None)
    assert seen(life, TEAM) == {HERE}
    assert seen(life, {}) == set()
    assert seen(life, {Reach.TEAM: frozenset({"plan"})}) == set()
    assert seen(life, {Reach.UNIT: frozenset({"case"})}) == {HERE}
    assert seen(life, {Reach.UNIT: frozenset({"plan"}), **TEAM}) == {HERE}
    life.transfer(HERE, 1)
    assert seen(life, {Reach.UNIT: frozenset({"case"})}) == set()
    assert seen(life, {Reach.UNIT: frozenset({"case"}), **TEAM}) == {HERE}


def test_a_bar_is_above_all_of_them(life: Life) -> None:
    life.join(ME, HERE, 0, None)
    life.seal(THERE)
    life.declare(PEER, HERE)
    assert seen(life, TEAM) == {HERE}
    life.seal(HERE)
    assert seen(life, TEAM) == set()
    assert seen(life, TEAM, sealed=True) == {HERE}, "what unseals finds it"
    life.declare(ME, HERE)
    assert seen(life, TEAM, sealed=True) == set(), "and not what is closed to the caller by name"
    life.unseal(HERE)
    assert seen(life, TEAM) == set()


def test_the_door_opens_by_any_class_and_a_record_by_its_own(life: Life) -> None:
    life.enter(ME, HERE, "docket", 0, 2, juvenile=False)
    consent = life.row(Consent, case_id=UUID(life.case(HERE)))
    by_docket = {Reach.DOCKET: frozenset({"case", "consent", "justice", "plan"})}
    assert seen(life, by_docket) == {HERE}
    when = When(life.at, life.at.date())
    found = life.db.execute(visible(Consent, me(life), by_docket, when)).all()
    assert consent not in {str(one.id) for one in found}
    life.join(ME, HERE, 0, None)
    by_team = {Reach.TEAM: frozenset({"consent"})}
    found = life.db.execute(visible(Consent, me(life), by_team, when)).all()
    assert {str(one.id) for one in found} == {consent}


def test_a_row_that_names_its_class_is_of_that_class(life: Life) -> None:
    life.join(ME, HERE, 0, None)
    when = When(life.at, life.at.date())
    grants = {Reach.TEAM: frozenset({"clinical", "justice"})}
    found = life.db.execute(visible(Note, me(life), grants, when)).all()
    told = [life.facts.notes[str(one.id)] for one in found]
    assert {(one["case"], one["class"]) for one in told} == {
        (life.case(HERE), "clinical"),
        (life.case(HERE), "justice"),
    }


def test_what_bars_a_file(life: Life) -> None:
    rows = table(Case)
    assert EVERYBODY.int == 0, "what is stored stays what it meant"
    assert cases(life, barred(rows.c.id, me(life))) == set()
    life.declare(ME, HERE)
    assert cases(life, barred(rows.c.id, me(life))) == {HERE}
    assert cases(life, barred(rows.c.id, me(life, PEER))) == set()
    assert cases(life, sealed_off(rows.c.id)) == set()
    life.seal(THERE)
    assert cases(life, barred(rows.c.id, me(life))) == {HERE, THERE}
    assert cases(life, barred(rows.c.id, me(life), sealed=True)) == {HERE}
    assert cases(life, barred(rows.c.id, me(life, PEER))) == {THERE}
    assert cases(life, sealed_off(rows.c.id)) == {THERE}


def test_who_has_something_rare(life: Life) -> None:
    def has(n: int, days: int = 0, minutes: int = 0) -> bool:
        at = life.at + timedelta(days=days, minutes=minutes)
        return cases(life, has_something_rare(me(life, n), When(at, at.date()))) == {HERE, THERE}

    assert not has(ME)
    life.cover(ME, PEER, 0, 1, force=False)
    assert not has(ME), "it waits for somebody's word"
    life.answer_cover(0, "in_force")
    assert [has(ME, days) for days in (-1, 0, 1, 2)] == [False, True, True, False]
    assert not has(PEER)
    life.break_glass(PEER, HERE, "clinical", 60)
    assert [has(PEER, minutes=at) for at in (0, 59, 60)] == [True, True, False]
    assert not has(NEAR)
    life.close_glass(0)
    assert not has(PEER)


def test_a_rule_is_told_who_looks_when_and_at_what(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Sight] = []

    def rule(_: FromClause, sight: Sight) -> ColumnElement[bool]:
        told.append(sight)
        return true()

    for kind in (Case, Consent, Note):
        monkeypatch.setitem(RULES, kind, rule)
    when, caller = When(life.at, life.at.date()), me(life)
    grants = {Reach.TEAM: frozenset({"case", "consent", "clinical"})}
    for kind in (Case, Consent, Note):
        within(kind, table(kind), caller, grants, when, field="text", usual=True)
        within(kind, table(kind), caller, grants, when)
    assert {(one.caller, one.reach, one.when) for one in told} == {(caller, Reach.TEAM, when)}
    assert [(one.field, one.usual) for one in told] == [("text", True), (None, False)] * 3
    door, _, of_kind, _, of_row, _ = (one.record_class for one in told)
    assert door is None
    assert isinstance(of_kind, BindParameter)
    assert of_kind.value == "consent"
    assert of_row is table(Note).c.record_class
    plain = Sight(caller, Reach.TEAM, when)
    assert (plain.record_class, plain.field, plain.usual) == (None, None, False)


def test_what_no_bar_can_close_takes_a_relationship_all_the_same(life: Life) -> None:
    life.cover(ME, PEER, 0, 2, force=True)
    when, mine = When(life.at, life.at.date()), {Reach.SELF: frozenset({"cover"})}

    def covers(n: int, grants: Any) -> int:
        return len(life.db.execute(visible(Cover, me(life, n), grants, when)).all())

    assert [covers(n, mine) for n in (ME, PEER, NEAR)] == [1, 1, 0]
    assert covers(ME, {}) == 0
    assert covers(ME, {Reach.TEAM: frozenset({"cover"})}) == 0
    before = covers(ABROAD, {Reach.JURISDICTION: frozenset({"cover"})})
    assert covers(ME, {Reach.JURISDICTION: frozenset({"cover"})}) == before + 1
    head = {Reach.UNIT: frozenset({"cover"})}
    assert [covers(n, head) for n in (HELPER, NEAR)] == [1, 0]
    below = {Reach.LINE: frozenset({"cover"})}
    assert covers(HELPER, below) == 0
    life.report(PEER, HELPER)
    assert covers(HELPER, below) == 1


def test_the_trail_has_one_rule() -> None:
    assert evidence_rule() is events_within


def test_what_a_kind_does_not_say_is_the_narrow_thing() -> None:
    said = (Protected.file, Protected.file_kind, Protected.record_class)
    assert said == ("id", "", None)
    assert (Protected.delivered, Protected.door, Protected.barrable) == (False, False, True)
    assert isinstance(of_classes(Note, table(Note), frozenset()), False_)


def test_who_says_nothing_passes_no_seal_and_asks_for_what_is_rare() -> None:
    rows, who = table(Case), Caller(new_id(), "", "supervisor", new_id(), "ra")
    when = When(START, START.date())
    assert no_bar(Case, rows, who).compare(~barred(rows.c.id, who))
    assert no_bar(Case, rows, who, sealed=True).compare(~barred(rows.c.id, who, sealed=True))
    for usual in (False, True):
        told = ways(Case, rows, who, TEAM, when, usual=usual)[Reach.TEAM]
        assert told.compare(ways(Case, rows, who, TEAM, when)[Reach.TEAM]) is not usual
