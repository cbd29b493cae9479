"""What an agreement opens: the terms as the wall looks them up, and of whom there is a basis."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Text, literal, select
from sqlalchemy.sql.elements import False_, True_

from app.casework.notes.models import Note
from app.core.db import table
from app.registry.agreements.models import Agreement, named, names
from app.registry.cases.reach import records_within
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Sight
from tests.access.test_machine import Life
from tests.access.test_relations import ABROAD, HERE, ME, PEER, THERE, looking, opens, uid


@pytest.fixture
def life(living: type[Life]) -> Iterator[Life]:
    one = living()
    one.begin("partner", "social_worker", [], [], [], [])
    yield one
    one.teardown()


def test_an_agreement_is_its_countrys_and_its_partners(life: Life) -> None:
    def agreement(who: int, jurisdiction: str) -> str:
        return life.row(Agreement, client_id=uid(life, who), jurisdiction=jurisdiction)

    both = {Reach.JURISDICTION, Reach.SELF}
    assert opens(life, Agreement, agreement(ME, "xa")) == both
    assert opens(life, Agreement, agreement(PEER, "xa")) == {Reach.JURISDICTION}
    assert opens(life, Agreement, agreement(ME, "xb")) == set()
    assert opens(life, Agreement, agreement(ABROAD, "xb")) == set()


def test_terms_are_kept_as_the_wall_looks_them_up() -> None:
    assert named(["plan", "identity"]) == "|identity.-|plan.-|"
    fields = {"identity": ["birth", "sex"]}
    assert named(["plan", "identity"], fields) == "|identity.birth|identity.sex|plan.-|"


@pytest.mark.parametrize(
    ("name", "field", "due"),
    [
        ("identity", None, True),
        ("identity", "birth", True),
        ("identity", "sex", False),
        ("plan", None, True),
        ("plan", "goal", False),
        ("docket", None, False),
        ("docket", "birth", False),
        ("entity", None, False),
        ("identity", "bir", False),
    ],
)
def test_an_agreement_names_a_class_and_the_fields_of_it(
    life: Life, name: str, field: str | None, due: bool
) -> None:
    terms = literal(named(["identity", "plan"], {"identity": ["birth"]}), Text())
    agreement = select(terms.label("shared")).subquery()
    sight = replace(looking(life, Reach.AGREEMENT), record_class=literal(name), field=field)
    found = select(agreement.c.shared).where(names(agreement, sight))
    assert (life.db.execute(found).first() is not None) is due


def test_at_the_door_any_class_will_do_and_no_field_is_asked_for(life: Life) -> None:
    door = replace(looking(life, Reach.AGREEMENT), record_class=None)
    assert isinstance(names(table(Agreement), door), True_)
    assert isinstance(names(table(Agreement), replace(door, field="birth")), False_)


def notes(life: Life, record_class: Any) -> set[tuple[str, str]]:
    """Case and class of each note that agreements open."""
    rows = table(Note)
    sight: Sight = replace(looking(life, Reach.AGREEMENT), record_class=record_class)
    found = life.db.execute(select(rows.c.id).where(records_within(rows, sight))).scalars()
    told = [life.facts.notes[str(one)] for one in found]
    return {(one["case"], one["class"]) for one in told}


def test_where_each_row_names_its_class_an_agreement_opens_those_of_its_own(life: Life) -> None:
    own = table(Note).c.record_class
    assert notes(life, own) == set()
    life.agree(ME, HERE, {"justice"}, 0, 3, 2)
    here = life.case(HERE)
    assert notes(life, own) == {(here, "justice")}
    assert {case for case, _ in notes(life, literal("justice"))} == {here}
    assert notes(life, literal("clinical")) == set()
    life.agree(ME, THERE, {"clinical", "justice"}, 0, 3, None)
    there = life.case(THERE)
    every = {(here, "justice"), (there, "justice"), (there, "clinical")}
    assert notes(life, own) == every
    life.withdraw(0)
    assert notes(life, own) == every - {(here, "justice")}


def test_a_case_without_a_class_to_look_at_is_open_by_any(life: Life) -> None:
    life.agree(ME, HERE, {"justice"}, 0, 3, 2)
    rows = table(Note)
    door = replace(looking(life, Reach.AGREEMENT), record_class=None)
    found = select(rows.c.case_id).where(records_within(rows, door)).distinct()
    assert {str(one) for one in life.db.execute(found).scalars()} == {life.case(HERE)}
