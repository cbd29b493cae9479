"""Fields that an agreement may name, of each kind of record and for each role."""

from datetime import date
from uuid import UUID

import pytest

from app.casework.notes.models import Note
from app.casework.notes.schemas import NoteOut, NoteSummary
from app.core.values import now
from app.registry.households.schemas import (
    HouseholdOut,
    HouseholdSummary,
    MemberOut,
    MemberSummary,
)
from app.registry.people.models import Person
from app.registry.people.schemas import IdentifierOut, PersonOut, RelationshipOut
from app.registry.people.summaries import PersonSummary, RelationshipSummary
from app.safeguards.access.policy import POLICY, ROLES, Reach
from app.safeguards.guard import agreed, summaries
from app.safeguards.guard.protected import When, protected_kinds
from app.safeguards.guard.shown import Representation
from app.safeguards.identity.caller import Caller
from tests.safeguards.guard.test_summaries import forget

NAMED = {"birth", "display_name", "sex"}
CALLER = Caller(UUID(int=7), "partner", "partner", None, "ra")


def test_a_partner_alone_reaches_anything_by_an_agreement_and_people_alone() -> None:
    assert [role for role in ROLES if agreed.partly(role)] == ["partner"]
    assert agreed.by_agreement(Person, "partner")
    assert not agreed.by_agreement(Person, "supervisor")
    assert not agreed.by_agreement(Note, "partner")


def test_the_envelope_of_a_row_names_its_file() -> None:
    assert agreed.envelope(Note) == {"id", "created_at", "case_id"}
    assert agreed.envelope(Person) == {"id", "created_at"}


def test_the_shapes_in_which_a_role_is_shown_a_record() -> None:
    assert summaries.forms_of(PersonOut, "partner") == [PersonSummary]
    assert summaries.forms_of(PersonOut, "supervisor") == [PersonOut]
    assert summaries.forms_of(NoteOut, "social_worker") == [NoteOut, NoteSummary]


def test_neither_the_envelope_nor_what_tells_of_the_whole_can_be_named() -> None:
    assert agreed.nameable(PersonSummary) == NAMED
    own = {"id", "created_at", "case_id", "version", "updated_at"}
    assert agreed.nameable(NoteOut) == NoteOut.model_fields.keys() - own


def test_what_a_schema_reckons_can_be_named_too() -> None:
    assert IdentifierOut.model_computed_fields
    assert agreed.nameable(IdentifierOut) > IdentifierOut.model_computed_fields.keys()


def test_the_fields_of_a_class_are_those_of_what_the_role_may_be_shown() -> None:
    told = {one: agreed.fields_of_class(one, "partner") for one in POLICY.classes}
    assert {one: names for one, names in told.items() if names} == {"identity": NAMED}
    assert agreed.fields_of_class("identity", "supervisor") == frozenset()


def test_what_is_read_whole_by_an_agreement_can_be_named_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(POLICY.classes["identity"], "statistician", {Reach.AGREEMENT: "R"})
    forget()
    found = agreed.fields_of_class("identity", "statistician")
    monkeypatch.undo()
    forget()
    assert found >= agreed.nameable(PersonOut) > NAMED


@pytest.mark.parametrize(
    ("rights", "shapes"),
    [
        ("S", (RelationshipSummary, HouseholdSummary, MemberSummary)),
        ("R", (RelationshipOut, HouseholdOut, MemberOut)),
    ],
)
def test_the_fields_of_all_kinds_of_a_class_can_be_named(
    monkeypatch: pytest.MonkeyPatch, rights: str, shapes: tuple[type[Representation], ...]
) -> None:
    class OfNoBlock:
        record = "horoscope"

    every = [OfNoBlock, *protected_kinds()]
    monkeypatch.setattr(agreed, "protected_kinds", lambda: every)
    monkeypatch.setitem(POLICY.classes["family"], "coordinator", {Reach.AGREEMENT: rights})
    forget()
    found = agreed.fields_of_class("family", "coordinator")
    monkeypatch.undo()
    forget()
    assert all(found >= agreed.nameable(one) for one in shapes)


def test_one_column_for_each_field_says_whether_it_is_shown() -> None:
    when = When(now(), date(2026, 3, 1))
    names = [name for name, _ in agreed.opened(PersonOut, CALLER, when)]
    assert names == [f"opened_{name}" for name in sorted(NAMED)]
    asked = {str(clause) for _, clause in agreed.opened(PersonOut, CALLER, when)}
    assert len(asked) == 1  # they differ in what is bound alone
    for name, clause in agreed.opened(PersonOut, CALLER, when):
        bound = str(clause.compile().params.values())
        assert [one for one in NAMED if one in bound] == [name.removeprefix("opened_")]
    assert [*agreed.opened(NoteOut, CALLER, when)] == []


def test_a_row_tells_what_its_columns_open_and_its_version_where_they_open_all() -> None:
    told = {"id": 1, "created_at": 2, "version": 3, "display_name": 4, "sex": 5, "birth": 6}
    row = {f"opened_{name}": True for name in NAMED}
    assert agreed.left_of(PersonSummary, "partner", row, told) == told
    for name in NAMED:
        left = agreed.left_of(PersonSummary, "partner", {**row, f"opened_{name}": False}, told)
        assert left.keys() == told.keys() - {name, "version"}
    assert agreed.left_of(PersonSummary, "educator", {}, told) == told


def test_nothing_is_found_by_what_a_row_may_not_show() -> None:
    names = ["id", "sex", "created_at", "birth"]
    assert agreed.unfit(PersonOut, "partner", names) == ["sex", "birth"]
    assert agreed.unfit(PersonOut, "supervisor", names) == []


def test_of_the_past_an_agreement_opens_nothing() -> None:
    assert POLICY.in_sight("partner", "person").keys() == {Reach.AGREEMENT}
    assert agreed.of_the_past("partner", "person") == {}
    assert agreed.of_the_past("supervisor", "person") == POLICY.in_sight("supervisor", "person")
