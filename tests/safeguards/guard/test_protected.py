"""The one predicate by itself: what each rule is asked, and what bars; what a kind declares."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import ForeignKeyConstraint, column, literal_column, select

from app.casework.notes.models import Note
from app.core.db import table
from app.core.values import new_id
from app.registry.cases.models import Case
from app.safeguards.access.policy import Reach
from app.safeguards.guard import protected
from app.safeguards.guard.protected import (
    Protected,
    Sight,
    When,
    base_of,
    evidence_filter,
    evidence_rule,
    has_something_rare,
    no_bar,
    openness,
    owners_of,
    protected_kinds,
    rarely,
    row_filter,
    rule_of,
    visible,
    ways,
    within,
)
from app.safeguards.identity.caller import Caller

CALLER = Caller(new_id(), "", "social_worker", new_id(), "ra")
WHEN = When(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC).date())
BOTH = {Reach.TEAM: frozenset({"a"}), Reach.UNIT: frozenset({"b"})}
OWN = {Reach.TEAM: frozenset({"case"}), Reach.UNIT: frozenset({"other"})}


def word(text: str) -> Any:
    return literal_column(text)


def text_of(clause: Any) -> str:
    whole = select(word("1")).where(clause).compile(compile_kwargs={"literal_binds": True})
    return " ".join(str(whole).split()).partition(" WHERE ")[2]


class Asked:
    """Stands for the row filter of every kind and for the bars: each says how it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sights: list[Sight] = []
        monkeypatch.setattr(protected, "rule_of", lambda kind: self.rule)
        monkeypatch.setattr(protected, "barred", self.barred)

    def rule(self, rows: Any, sight: Sight) -> Any:
        self.sights.append(sight)
        return word(f"by_{sight.reach.value}")

    def barred(self, file_id: Any, caller: Caller, sealed: bool) -> Any:
        assert caller is CALLER
        return word(f"barred({file_id}, sealed {sealed})")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


# --- the predicate --------------------------------------------------------------------------------


def test_a_sight_is_of_rows_of_any_class_and_of_whatever_is_rare(asked: Asked) -> None:
    bare = Sight(CALLER, Reach.TEAM, WHEN)
    assert bare == Sight(CALLER, Reach.TEAM, WHEN, None, None, False)
    assert ways(Case, table(Case), CALLER, OWN, WHEN).keys() == {Reach.TEAM}
    (sight,) = asked.sights
    assert (sight.caller, sight.reach, sight.when) == (CALLER, Reach.TEAM, WHEN)
    assert (sight.field, sight.usual) == (None, False)


def test_what_is_sealed_is_barred_unless_it_is_said(asked: Asked) -> None:
    rows = table(Case)
    for clause in (
        no_bar(Case, rows, CALLER),
        within(Case, rows, CALLER, OWN, WHEN),
        visible(Case, CALLER, OWN, WHEN).whereclause,
    ):
        assert "barred(cases.id, sealed False)" in text_of(clause)
    for clause in (
        no_bar(Case, rows, CALLER, sealed=True),
        within(Case, rows, CALLER, OWN, WHEN, sealed=True),
        visible(Case, CALLER, OWN, WHEN, sealed=True).whereclause,
    ):
        assert "barred(cases.id, sealed True)" in text_of(clause)


def test_each_way_is_by_a_reach_and_for_its_classes(asked: Asked) -> None:
    rows = table(Note)
    found = ways(Note, rows, CALLER, BOTH, WHEN, field="text", usual=True)
    assert {reach: text_of(clause) for reach, clause in found.items()} == {
        Reach.TEAM: "notes.record_class IN ('a') AND by_team",
        Reach.UNIT: "notes.record_class IN ('b') AND by_unit",
    }
    assert [(one.reach, one.field, one.usual) for one in asked.sights] == [
        (Reach.TEAM, "text", True),
        (Reach.UNIT, "text", True),
    ]
    assert all(one.record_class is rows.c.record_class for one in asked.sights)
    asked.sights.clear()
    within(Note, rows, CALLER, BOTH, WHEN)
    within(Note, rows, CALLER, BOTH, WHEN, field="text", usual=True)
    assert [(one.field, one.usual) for one in asked.sights] == [(None, False)] * 2 + [
        ("text", True)
    ] * 2


# --- what is declared -----------------------------------------------------------------------------


def test_a_row_filter_is_of_a_kind_and_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protected, "RULES", {})

    class Base: ...

    class Child(Base): ...

    class Own(Child): ...

    def rule(rows: Any, sight: Any) -> Any: ...

    def other(rows: Any, sight: Any) -> Any: ...

    base, own = row_filter(Base), row_filter(Own)  # type: ignore[arg-type]
    assert base(rule) is rule
    assert own(other) is other
    kinds: list[Any] = [Base, Child, Own]
    assert [rule_of(one) for one in kinds] == [rule, rule, other]
    assert [base_of(one) for one in kinds] == [Base, Base, Own]


def test_each_of_several_may_say_what_is_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protected, "RARE", [])
    assert text_of(has_something_rare(CALLER, WHEN)) == "false"

    def one(caller: Any, when: Any) -> Any:
        assert (caller, when) == (CALLER, WHEN)
        return column("one")

    def two(caller: Any, when: Any) -> Any:
        return column("two")

    assert rarely(one) is one
    assert rarely(two) is two
    assert text_of(has_something_rare(CALLER, WHEN)) == "one OR two"


def test_the_rule_of_evidence_is_the_last_that_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protected, "EVIDENCE", [])
    monkeypatch.setattr(protected, "OPENNESS", [])

    def one(*_: Any) -> Any: ...

    def two(*_: Any) -> Any: ...

    assert evidence_filter(one) is one
    assert evidence_rule() is one
    assert evidence_filter(two) is two
    assert evidence_rule() is two
    assert openness(one) is one
    assert openness(two) is two
    assert [one, two] == protected.OPENNESS


def test_what_is_declared_is_kept(asked: Asked) -> None:
    """By those who declare it as they are read."""
    assert evidence_rule() in protected.EVIDENCE
    assert protected.RARE
    assert Case in protected.RULES
    assert protected.OPENNESS


# --- kinds ----------------------------------------------------------------------------------------


def test_a_kind_that_says_nothing_is_a_file_of_its_own_and_may_be_barred() -> None:
    class Bare(Protected):
        __abstract__ = True

    class Below(Bare):
        __abstract__ = True

    assert (Bare.file, Bare.file_kind, Bare.record_class, Bare.inherits) == ("id", "", None, {})
    assert (Bare.delivered, Bare.door, Bare.barrable) == (False, False, True)
    assert (Bare.opens, Bare.told_from) == (False, None)
    kinds = list(protected_kinds())
    assert {Case, Note} <= {*kinds}
    assert not {Protected, Bare, Below} & {*kinds}
    assert len(kinds) == len({*kinds})
    assert list(protected_kinds(Case)) == [Case]
    with pytest.raises(TypeError):

        class Wrong(Protected, nothing="of the kind"):
            __abstract__ = True


def test_no_version_of_a_row_is_there_without_its_event() -> None:
    assert owners_of(Note) == {table(Case)}
    for kind, file in ((Note, "case_id"), (Case, "id")):
        theirs = {"id": "record_id", "version": "made_version", "last_event_id": "id"}
        expected = [(one, f"audit_events.{name}") for one, name in theirs.items()]
        expected.append((file, "audit_events.file_id"))
        told = [
            sorted((key.parent.name, key.target_fullname) for key in one.elements)
            for one in table(kind).constraints
            if isinstance(one, ForeignKeyConstraint) and len(one.elements) > 1
        ]
        assert sorted(expected) in told
