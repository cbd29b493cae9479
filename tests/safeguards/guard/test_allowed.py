"""What a write is held against before it is made: the tag that was read, the class, the columns."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.casework.notes.models import Note
from app.casework.notes.schemas import NoteOut
from app.core.errors import Forbidden, PreconditionRequired, Stale
from app.core.values import new_id
from app.registry.cases.models import Case
from app.registry.cases.on_case import OnCase
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.calls import Call, unit
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.shown import Shown
from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.safeguards.guard.test_ground import ADD, AT, FILE, working

BODY, ROW = b"as it is", {"text": "read"}
TAG = Shown[Any](BODY).tag


def changing(
    monkeypatch: pytest.MonkeyPatch, if_match: str | None, method: str = "PATCH", out: Any = NoteOut
) -> UnitOfWork:
    usual = working(ADD)
    call = Call(b"", method, "/path", "route", new_id(), FILE, if_match, out=out)
    house: Any = SimpleNamespace(vault=SimpleNamespace(vouching=b"", admitting=b"k" * 32))
    work = unit(house, None, ADD, call, usual.actor, AT)  # type: ignore[arg-type]
    monkeypatch.setattr(work, "_bytes", lambda *shown: BODY if shown == (out, ROW) else b"")
    return work


@pytest.mark.parametrize("if_match", [TAG, "*", f'"other", {TAG}', f"{TAG} ,*", f'"other",{TAG}'])
def test_what_was_read_may_be_changed(monkeypatch: pytest.MonkeyPatch, if_match: str) -> None:
    work = changing(monkeypatch, if_match)
    work._precondition(Note, ROW)
    assert work._matched


def test_what_was_not_read_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Stale):
        changing(monkeypatch, '"other", "another"')._precondition(Note, ROW)
    with pytest.raises(PreconditionRequired):
        changing(monkeypatch, None)._precondition(Note, ROW)


def test_a_post_needs_no_tag_and_keeps_to_one_that_it_brings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = changing(monkeypatch, None, "POST")
    work._precondition(Note, ROW)
    assert work._matched
    with pytest.raises(Stale):
        changing(monkeypatch, '"other"', "POST")._precondition(Note, ROW)


def test_a_tag_is_of_the_first_record_of_its_kind_and_of_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = changing(monkeypatch, TAG)
    work._precondition(Case, ROW)
    assert not work._matched
    work._precondition(Note, ROW)
    monkeypatch.setattr(work, "_bytes", lambda out, row: b"another")
    work._precondition(Note, ROW)
    for out in (None, dict):
        other = changing(monkeypatch, '"other"', out=out)
        other._precondition(Note, ROW)
        assert not other._matched


def test_a_handler_sets_no_column_of_the_guards() -> None:
    fields = {"text": "x", "author_id": new_id()}
    assert working(ADD)._known(Note, fields) is fields
    for column in ("version", "case_id", "unknown"):
        with pytest.raises(TypeError, match=f"Note does not take .'{column}'"):
            working(ADD)._known(Note, {**fields, column: 1})


def test_a_row_is_of_its_own_class_or_of_its_kinds() -> None:
    work = working(ADD)
    assert work._class_of(Note, {"record_class": "clinical"}) == "clinical"
    assert work._class_of(Case, {}) == "case"
    with pytest.raises(AssertionError):
        work._class_of(Note, {})


def test_the_action_is_allowed_for_its_own_record_by_class() -> None:
    work = working(ADD)
    own, foreign = {"record_class": "psychosocial_notes"}, {"record_class": "therapy_notes"}
    assert work._allowed(Note, own) == "psychosocial_notes"
    assert work._allowed(Case, {}) == "case"
    with pytest.raises(Forbidden):
        work._allowed(Note, foreign)
    assert working(OnCase("case.read"))._allowed(Note, foreign) == "therapy_notes"


def test_by_a_docket_a_case_opens_for_the_classes_that_it_opens_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def every(role: str, action: str) -> frozenset[str]:
        return frozenset[str]().union(*POLICY.grants(role, action).values())

    assert working(ADD).grantable() == every("social_worker", "note.add")
    assert working(ADD).grantable("note.read") == every("social_worker", "note.read")
    assert working(Permit("note.add"), "prosecutor").grantable() == every("prosecutor", "note.add")
    asked = []

    def reaches(name: str, action: str | None = None) -> bool:
        asked.append((name, action))
        return name == "justice"

    work = working(ADD, "prosecutor")
    monkeypatch.setattr(work, "reaches_class", reaches)
    assert {"justice"} == work.grantable() < every("prosecutor", "note.add")
    assert {action for _, action in asked} == {None}
    assert work.grantable("note.read") == {"justice"}
    assert asked[-1][1] == "note.read"
    asked.clear()
    work = working(ADD, "social_worker")
    monkeypatch.setattr(work, "reaches_class", lambda name, _: name == "psychosocial_notes")
    work._rare = True
    assert work.grantable() == {"psychosocial_notes"}, "what is rare may hang on the class"
