"""What hardly anybody has: glass that they broke, and somebody in whose place they stand."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import ColumnElement, literal, select
from sqlalchemy.sql.elements import False_

from app.casework.break_glass.models import BrokenGlass
from app.casework.notes.models import Note
from app.core.db import table
from app.registry.cases.models import Case, TeamMember
from app.registry.cases.reach import cases_within, records_within
from app.registry.covers.models import Cover, covered_by
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import When
from tests.access.test_machine import Life
from tests.access.test_relations import HERE, ME, NEAR, PEER, THERE, caller, looking, uid

HEALTH, THERAPY = "health_worker", "therapy_notes"


@pytest.fixture
def life(living: type[Life]) -> Iterator[Life]:
    one = living()
    one.begin("psychologist", "social_worker", [], [], [], [])
    yield one
    one.teardown()


# --- glass ----------------------------------------------------------------------------------------


def behind_glass(life: Life, of: ColumnElement[str] | None) -> set[int]:
    """Cases that glass opens to ME, for a row of this class; None: at the door."""
    cases, both = table(Case), life.ids["cases"]
    sight = replace(looking(life, Reach.GLASS), record_class=of)
    found = life.db.execute(select(cases.c.id).where(cases_within(cases, sight))).scalars()
    return {both.index(str(one)) for one in found}


def notes_behind_glass(life: Life) -> set[tuple[str, str]]:
    """Where each row names its class."""
    rows = table(Note)
    sight = replace(looking(life, Reach.GLASS), record_class=rows.c.record_class)
    found = life.db.execute(select(rows.c.id).where(records_within(rows, sight))).scalars()
    told = [life.facts.notes[str(one)] for one in found]
    return {(one["case"], one["class"]) for one in told}


def nothing_is_open(life: Life) -> bool:
    asked = (behind_glass(life, literal(THERAPY)), behind_glass(life, None))
    return not any((*asked, notes_behind_glass(life)))


def test_glass_opens_one_class_of_one_case_to_who_broke_it(life: Life) -> None:
    life.join(ME, HERE, 0, None)
    life.join(ME, THERE, 0, None)
    assert nothing_is_open(life)
    life.break_glass(PEER, HERE, THERAPY, 60)
    life.break_glass(ME, HERE, "clinical", 60)
    assert nothing_is_open(life), "nobody breaks it for what they read anyway"
    life.break_glass(ME, HERE, THERAPY, 60)
    assert behind_glass(life, literal(THERAPY)) == behind_glass(life, None) == {HERE}
    assert behind_glass(life, literal("clinical")) == set()
    assert notes_behind_glass(life) == {(life.case(HERE), THERAPY)}
    usual = replace(looking(life, Reach.GLASS), record_class=literal(THERAPY), usual=True)
    assert isinstance(cases_within(table(Case), usual), False_)
    nobody = replace(usual, usual=False, caller=replace(usual.caller, role="statistician"))
    assert str(cases_within(table(Case), nobody)) == "false", "of whom nothing says B"


@pytest.mark.parametrize(
    "ends",
    [
        lambda life: life.close_glass(0),
        lambda life: life.leave(0, 0),
        lambda life: life.change_role(ME, HEALTH),
        lambda life: life.set(BrokenGlass, life.facts.glass[0], role=HEALTH),
        lambda life: life.set(BrokenGlass, life.facts.glass[0], until=life.at),
        lambda life: life.set(BrokenGlass, life.facts.glass[0], author_id=uid(life, PEER)),
    ],
)
def test_it_is_whole_again(life: Life, ends: Callable[[Life], None]) -> None:
    life.join(ME, HERE, 0, None)
    life.break_glass(ME, HERE, THERAPY, 60)
    assert behind_glass(life, literal(THERAPY)) == {HERE}
    ends(life)
    assert nothing_is_open(life)


def test_what_one_did_somewhere_opens_the_door_there(life: Life) -> None:
    def mine() -> set[str]:
        cases = table(Case)
        asked = cases_within(cases, looking(life, Reach.SELF))
        return {str(one) for one in life.db.execute(select(cases.c.id).where(asked)).scalars()}

    life.break_glass(PEER, HERE, THERAPY, 60)
    life.break_glass(ME, THERE, THERAPY, 60)
    assert mine() == set(), "by others, or in a jurisdiction in which I am not"
    life.break_glass(ME, HERE, THERAPY, 60)
    assert mine() == {life.case(HERE)}
    life.set(BrokenGlass, life.facts.glass[-1], role=HEALTH)
    assert mine() == set(), "as somebody else"


# --- covers ---------------------------------------------------------------------------------------


def covered(life: Life) -> set[str]:
    found = covered_by(caller(life), When(life.at, life.at.date()))
    return {str(one) for one in life.db.execute(found).scalars()}


def put(**values: Any) -> Callable[[Life], None]:
    return lambda life: life.set(Cover, life.facts.covers[0], **values)


def on_day(name: str, n: int) -> Callable[[Life], None]:
    return lambda life: life.set(Cover, life.facts.covers[0], **{name: life.day(n)})


def both(*steps: Callable[[Life], None]) -> Callable[[Life], None]:
    def step(life: Life) -> None:
        for one in steps:
            one(life)

    return step


@pytest.mark.parametrize(
    ("step", "stands"),
    [
        (lambda _: None, True),
        (on_day("until", 0), True),
        (on_day("until", -1), False),
        (on_day("since", 1), False),
        (put(status="proposed"), False),
        (put(role=HEALTH), False),
        (put(jurisdiction="xb"), False),
        (lambda life: life.change_role(ME, HEALTH), False),
        (lambda life: life.change_role(PEER, HEALTH), False),
        (both(lambda life: life.change_role(PEER, HEALTH), put(role=HEALTH)), False),
        (lambda life: life.move(ME, 2), False),
        (lambda life: life.move(PEER, 2), False),
        (both(lambda life: life.move(PEER, 2), put(jurisdiction="xb")), False),
        (lambda life: life.disable(PEER), False),
        (lambda life: life.set(Cover, life.facts.covers[0], holder_id=uid(life, PEER)), False),
    ],
)
def test_one_stands_in_for_who_is_what_they_were(
    life: Life, step: Callable[[Life], None], stands: bool
) -> None:
    assert covered(life) == set()
    life.cover(ME, PEER, 0, 2, force=True)
    step(life)
    assert covered(life) == ({life.staff(PEER)} if stands else set())


def test_what_is_closed_to_the_other_by_name_is_so_to_who_stands_in(life: Life) -> None:
    def on_team(usual: bool = False) -> set[str]:
        cases = table(Case)
        asked = cases_within(cases, replace(looking(life, Reach.TEAM), usual=usual))
        return {str(one) for one in life.db.execute(select(cases.c.id).where(asked)).scalars()}

    life.join(PEER, HERE, 0, None)
    life.join(ME, THERE, 0, None)
    life.declare(ME, THERE)  # one's own bars are asked elsewhere
    assert on_team() == on_team(usual=True) == {life.case(THERE)}
    life.cover(ME, PEER, 0, 2, force=True)
    assert on_team() == {life.case(HERE), life.case(THERE)}
    assert on_team(usual=True) == {life.case(THERE)}
    life.declare(PEER, THERE)
    life.declare(NEAR, HERE)
    assert on_team() == {life.case(HERE), life.case(THERE)}
    life.declare(PEER, HERE)
    assert on_team() == {life.case(THERE)}


@pytest.mark.parametrize("as_whom", [{"role": HEALTH}, {"jurisdiction": "xb"}])
def test_one_is_on_a_team_as_what_one_is(life: Life, as_whom: dict[str, str]) -> None:
    cases = table(Case)
    life.join(ME, HERE, 0, None)
    for opens in (True, False):
        for usual in (True, False):
            asked = cases_within(cases, replace(looking(life, Reach.TEAM), usual=usual))
            found = life.db.execute(select(cases.c.id).where(asked)).scalars()
            assert {str(one) for one in found} == ({life.case(HERE)} if opens else set())
        life.set(TeamMember, life.facts.team[0], **as_whom)
