"""Which schema a role is shown a record in, and by which of its rights."""

import pytest
from sqlalchemy import false, true

from app.casework.notes.models import Note
from app.casework.notes.schemas import NoteOut, NoteSummary
from app.core.db import table
from app.core.values import new_id, now
from app.registry.cases.on_case import OnCase
from app.registry.cases.schemas import CaseOut
from app.registry.people.models import Person
from app.registry.people.schemas import PersonOut
from app.registry.people.summaries import PersonSummary, PupilSummary
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.guard import summaries
from app.safeguards.guard.plans import plan_of
from app.safeguards.guard.protected import When
from app.safeguards.guard.questions import Question
from app.safeguards.guard.shown import Page
from app.safeguards.identity.caller import Caller
from tests.safeguards.guard.test_summaries import forget

WHEN = When(now(), now().date())
COUNSELLING = "faith_counselling"  # of which a social worker sees that there is some


def told_whole(kind: type, role: str) -> str:
    caller = Caller(new_id(), "", role, new_id(), "ra")
    clause = summaries.told_whole(kind, table(kind), caller, WHEN)
    return str(clause.compile(compile_kwargs={"literal_binds": True}))


def test_a_summary_is_that_of_the_role_or_the_one_for_all() -> None:
    assert summaries.summary_of(PersonOut, "educator") is PupilSummary
    assert summaries.summary_of(PersonOut, "partner") is PersonSummary
    assert summaries.summary_of(PersonOut, "supervisor") is None
    assert summaries.summary_of(PersonSummary, "partner") is None


def test_a_role_is_shown_all_in_one_schema_or_each_as_its_row_says() -> None:
    assert summaries.schema_of(PersonOut, "supervisor") is PersonOut
    assert summaries.schema_of(PersonOut, "partner") is PersonSummary
    assert summaries.schema_of(NoteOut, "social_worker") is None


def test_s_opens_rows_to_a_schema_that_is_a_summary_or_has_one() -> None:
    for out, role, record in (
        (NoteOut, "social_worker", "note"),
        (PersonOut, "partner", "person"),
        (PersonSummary, "partner", "person"),
    ):
        read = POLICY.grants(role, f"{record}.read")
        assert summaries.in_sight(out, role) == POLICY.in_sight(role, record) != read
    assert summaries.in_sight(CaseOut, "supervisor") == POLICY.grants("supervisor", "case.read")


def test_s_opens_no_row_to_a_schema_without_a_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PersonOut, "summary", None)
    monkeypatch.setattr(PersonOut, "summary_for", {})
    forget()
    found = summaries.in_sight(PersonOut, "partner")
    monkeypatch.undo()
    forget()
    assert found == POLICY.grants("partner", "person.read") == {}


def test_a_summary_is_found_by_what_it_shows() -> None:
    names = ["author_id", "kind", "text"]
    assert summaries.lacking_in_summary(NoteOut, "social_worker", names) == ["author_id", "text"]
    assert summaries.lacking_in_summary(NoteOut, "psychologist", names) == []


def test_which_schemas_have_a_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    assert summaries.has_summary(NoteOut)
    assert summaries.has_summary(PersonOut)
    monkeypatch.setattr(PersonOut, "summary", None)
    assert summaries.has_summary(PersonOut)
    for other in (CaseOut, NoteSummary, Page[NoteOut], None, NoteOut | None):
        assert not summaries.has_summary(other), other


def test_classes_are_those_of_all_reaches() -> None:
    given = {Reach.TEAM: frozenset({"a", "b"}), Reach.UNIT: frozenset({"c"})}
    assert summaries.classes(given) == {"a", "b", "c"}
    assert summaries.classes({}) == frozenset()
    read = POLICY.grants("social_worker", "note.read")
    assert summaries.classes_whole("social_worker", "note") == frozenset().union(*read.values())


def test_whether_a_row_is_told_whole_stands_beside_it() -> None:
    """Of who is shown some rows whole and of others a summary."""
    for role, mixed in (("social_worker", True), ("psychologist", False)):
        question = Question(NoteOut, OnCase("note.read"), role, "sqlite", one=True)
        assert plan_of(question).mixed is mixed


def test_a_row_is_told_whole_by_its_class_where_that_says_enough() -> None:
    assert told_whole(Person, "supervisor") == str(true())
    assert told_whole(Person, "partner") == str(false())
    read = ", ".join(f"'{one}'" for one in sorted(summaries.classes_whole("social_worker", "note")))
    assert told_whole(Note, "social_worker") == f"notes.record_class IN ({read})"
    assert COUNSELLING not in read


def test_where_a_class_is_read_and_seen_its_relationship_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rights = {Reach.TEAM: "R", Reach.UNIT: "S"}
    monkeypatch.setitem(POLICY.classes[COUNSELLING], "social_worker", rights)
    forget()
    found = told_whole(Note, "social_worker")
    monkeypatch.undo()
    forget()
    assert "team" in found
    assert "covers" in found, "who says nothing asks for what is rare"
