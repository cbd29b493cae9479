"""Rows as they were, by themselves: which revision it is, what is told of it, and in which form."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, Connection, create_engine, delete, insert, update

from app.casework.judgements.models import Judgement
from app.casework.notes.models import Note
from app.casework.tasks.models import Task
from app.core.db import Base, table
from app.core.errors import FieldFault
from app.core.problems import UNFIT
from app.core.values import canonical, new_id, now
from app.registry.cases.models import TeamMember
from app.registry.cases.on_case import OnCase
from app.registry.cases.track_models import Deadline, PathwayAssignment, Track
from app.registry.people.models import Identifier, Person
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.models import Revision
from app.safeguards.guard import recalling
from app.safeguards.guard.recalling import chosen_then, columns_then, in_parts, too_many
from app.safeguards.guard.summaries import WHOLE
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.guard.writing import revision_place
from app.safeguards.vault.sealed import is_sealed
from app.safeguards.vault.sealing import seal
from tests.safeguards.guard.test_ground import FILE, working

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE, TWO, NONE = new_id(), new_id(), new_id()
KEY = b"f" * 32


def kept(
    record_id: UUID, version: int, hour: int, text: str, name: str = "justice"
) -> dict[str, Any]:
    sealed = seal(KEY, json.dumps({"text": text}).encode(), revision_place(record_id, version))
    at = AT.replace(hour=hour)
    row = {"record_id": record_id, "version": version, "created_at": at, "snapshot": sealed}
    return {**row, "record": "note", "record_class": name, "file_id": FILE, "event_id": new_id()}


@pytest.fixture
def db() -> Iterator[Connection]:
    """Of revisions alone."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine, [table(Revision)])
    rows = [kept(ONE, 1, 10, "first"), kept(ONE, 2, 12, "second"), kept(ONE, 3, 13, "third")]
    rows += [kept(TWO, 1, 11, "other"), kept(NONE, 1, 14, "later")]
    with engine.connect() as db:
        db.execute(insert(table(Revision)), rows)
        yield db


@pytest.mark.parametrize(
    ("hour", "versions"),
    [
        (9, {}),
        (10, {ONE: 1}),
        (11, {ONE: 1, TWO: 1}),
        (12, {ONE: 2, TWO: 1}),  # what was written at that very moment is on record
        (15, {ONE: 3, TWO: 1, NONE: 1}),
    ],
)
def test_of_each_record_it_is_the_last_revision_made_by_then(
    db: Connection, hour: int, versions: dict[UUID, int]
) -> None:
    asked = recalling.revisions_then([ONE, TWO, NONE], AT.replace(hour=hour))
    assert {one.record_id: one.version for one in db.execute(asked)} == versions
    asked = recalling.revisions_then([TWO], AT.replace(hour=hour))
    assert {one.record_id for one in db.execute(asked)} == versions.keys() & {TWO}


def test_a_revision_that_began_earlier_does_not_undo_a_later_one(db: Connection) -> None:
    """Who waited for the lock wrote the next version, by a clock read before the wait."""
    db.execute(insert(table(Revision)), [kept(TWO, 2, 10, "waited")])
    (one,) = db.execute(recalling.revisions_then([TWO], AT)).all()
    assert one.version == 2


def today(record_id: UUID) -> dict[str, Any]:
    """The id, and how many versions there are by now."""
    return {"id": record_id, "version": {ONE: 3}.get(record_id, 1), "beside": record_id}


def looking(monkeypatch: pytest.MonkeyPatch, db: Any, role: str = "prosecutor") -> UnitOfWork:
    """Whose statements run on this database, and whose file has one key."""
    work = working(OnCase("note.read"), role, method="GET")

    def key_of(file_id: UUID) -> bytes:
        assert file_id == FILE
        return KEY

    keys: Any = SimpleNamespace(open=lambda files: None, of=key_of)
    work._keys = keys
    monkeypatch.setattr(work, "_execute", lambda statement: db.execute(statement))
    return work


def test_rows_are_recalled_in_the_order_given_and_what_was_not_there_is_left_out(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, opened = looking(monkeypatch, db), list[Any]()
    monkeypatch.setattr(work._keys, "open", opened.append)
    monkeypatch.setattr(recalling, "SOME", 1)

    def found(*ids: UUID) -> list[Any]:
        rows = [{**today(one), "case_id": FILE, "record_class": "justice"} for one in ids]
        then = work._recalled(Note, rows, AT)
        return [(one["beside"], one["text"], one["case_id"], one[WHOLE]) for one in then]

    assert found(TWO, NONE, ONE) == [(TWO, "other", None, True), (ONE, "second", None, True)]
    assert opened == [{FILE}, set(), {FILE}], "of what was there, some at a time"
    assert found() == []
    monkeypatch.setattr(recalling, "SOME", 2)
    gone = (Revision.record_id == ONE) & (Revision.version == 2)
    db.execute(delete(table(Revision)).where(gone))
    assert found(TWO) == [(TWO, "other", None, True)]
    with pytest.raises(LookupError, match="a version of a note is not kept"):
        found(TWO, ONE)
    db.execute(delete(table(Revision)).where(table(Revision).c.record_id == TWO))
    with pytest.raises(LookupError):
        found(TWO)


def test_a_row_is_told_in_the_form_that_its_class_then_has(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[Any]()
    for role, form in (("auditor", True), ("auditor", False), ("auditor", None)):
        work = looking(monkeypatch, db, role)

        def says(kind: Any, row: Any, then: str, form: bool | None = form) -> bool | None:
            asked.append((kind, row["id"], then))
            return form

        monkeypatch.setattr(work, "_form", says)
        found = work._recalled(Note, [{**today(ONE), "case_id": FILE, WHOLE: "today"}], AT)
        assert [one[WHOLE] for one in found] == ([] if form is None else [form])
    assert asked == [(Note, ONE, "justice")] * 3


def test_what_was_not_said_yet_is_told_to_its_author_alone(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = json.dumps({"submitted_at": AT.isoformat()}).encode()
    later = kept(TWO, 2, 12, "")
    sealed = seal(KEY, said, revision_place(TWO, 2))
    db.execute(insert(table(Revision)), [{**later, "snapshot": sealed}])
    work = looking(monkeypatch, db)
    monkeypatch.setattr(work, "_form", lambda *_: True)

    def told(author: UUID, kind: Any = Judgement) -> list[UUID]:
        row = {"case_id": FILE, "author_id": author}
        rows = [{**row, **today(one), "version": 1} for one in (ONE, TWO)]
        return [one["beside"] for one in work._recalled(kind, rows, AT)]

    assert told(new_id()) == [TWO]
    assert told(work.actor.id) == [ONE, TWO]
    assert told(new_id(), Note) == [ONE, TWO], "of which there are no drafts"


def test_a_version_from_before_it_was_said_is_nobodys_to_ask_for(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, rows = looking(monkeypatch, db), table(Judgement)
    Base.metadata.create_all(db, [rows])
    for number, said_at in ((TWO, None), (ONE, AT)):
        columns = {column.name: said(column) for column in rows.c if not column.nullable}
        db.execute(insert(rows).values({**columns, "id": number, "submitted_at": said_at}))
    db.execute(update(table(Revision)).values(record="judgement"))

    def versions(kind: Any, record_id: UUID) -> list[int]:
        return [n for n in range(5) if work.was_said(kind, record_id, n)]

    assert versions(Judgement, ONE) == [2, 3]
    assert versions(Judgement, TWO) == []
    assert versions(Note, ONE) == [], "which is of another kind"
    db.execute(update(table(Revision)).values(record="note"))
    assert versions(Note, ONE) == [1, 2, 3], "of which there are no drafts"
    assert versions(Judgement, ONE) == []


def said(column: Column[Any]) -> Any:
    """Something that a column holds."""
    kinds = {UUID: FILE, date: AT.date(), datetime: AT, bytes: b"-", int: 1, bool: True}
    return b"-" if is_sealed(column) else kinds.get(column.type.python_type, "-")


def test_a_unit_of_work_recalls_its_rows_where_a_moment_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = working(OnCase("track.read"), method="GET")
    row = SimpleNamespace(_mapping={"id": ONE})
    monkeypatch.setattr(work, "_execute", lambda statement: [row])
    assert work._rows(Track, "a statement") == [{"id": ONE}]

    def recalled(*asked: Any) -> Any:
        assert asked == (Track, [{"id": ONE}], AT)
        return [{"id": TWO}]

    monkeypatch.setattr(work, "_recalled", recalled)
    work._asked.as_of = AT
    assert work._rows(Track, "a statement") == [{"id": TWO}]


def test_what_is_too_many_says_of_what_and_how_many_there_may_be() -> None:
    assert recalling.MOST == 5_000
    refused = too_many("as_of", 5)
    fault = FieldFault("query.as_of", "too-many", "there are more than 5 of them")
    assert (refused.detail, refused.errors) == (UNFIT, (fault,))


def test_ids_are_asked_for_in_parts() -> None:
    some = [new_id() for _ in range(1001)]
    assert [len(part) for part in in_parts(some)] == [500, 500, 1]
    assert [one for part in in_parts(some) for one in part] == some
    assert in_parts([]) == []


@pytest.mark.parametrize("kind", [Note, Task, Track, PathwayAssignment, Deadline, Identifier])
def test_each_column_is_read_back_as_it_was_written(kind: Any) -> None:
    """By its type; a sealed one is JSON as it is."""
    values: dict[str, Any] = {}
    for column in table(kind).c:
        samples = {UUID: new_id(), date: date(2026, 1, 2), datetime: now(), int: 7, bool: True}
        samples |= {str: "text", bytes: b"\x01\xff", dict: {"a": [1]}}
        made = samples[column.type.python_type]
        values[str(column.name)] = ["sealed"] if column.info.get("sealed") else made
    assert columns_then(kind, json.loads(canonical(values))) == values
    assert columns_then(kind, {}) == dict.fromkeys(values)
    assert columns_then(kind, dict.fromkeys(values)) == dict.fromkeys(values)
    assert columns_then(kind, {"no_column": 1}).keys() == values.keys()


def form(
    role: str, today: str, then: str, *, reached: bool = False, kind: Any = Note, whole: Any = None
) -> Any:
    """`whole`: what today's statement says of the row, if it says anything."""
    work, asked = working(OnCase("note.read"), role), list[Any]()

    def reaches(*given: Any) -> bool:
        asked.append(given)
        return reached

    work.reaches_class = reaches  # type: ignore[method-assign, assignment]
    said = {} if whole is None else {WHOLE: whole}
    found = work._form(kind, {"record_class": today, **said}, then)
    assert asked in ([], [(then, f"{kind.record}.read")])
    assert not asked or today != then
    return found


def test_it_is_told_in_classes_that_are_read_and_whole_where_both_are() -> None:
    assert form("prosecutor", "justice", "justice") is True
    assert form("prosecutor", "justice", "clinical", reached=True) is None
    assert form("auditor", "justice", "justice", whole=1) is True
    # Told in summary today, or of a class then of which the role has S.
    assert form("auditor", "clinical", "justice", reached=True, whole=0) is False
    assert form("auditor", "justice", "clinical", whole=1) is False
    assert form("centre_manager", "psychosocial_notes", "psychosocial_notes") is False


def test_another_class_than_that_of_today_is_asked_for() -> None:
    """Who is entered in one docket is not told of the time when it was of another's class."""
    assert form("prosecutor", "justice", "child_justice", reached=True) is True
    assert form("prosecutor", "justice", "child_justice", reached=False) is None


def test_a_kind_of_one_class_has_that_one() -> None:
    work: Any = working(OnCase("team.read"))
    work.reaches_class = None  # is not called
    assert work._form(TeamMember, {}, "case") is True


def test_an_agreement_has_no_past() -> None:
    assert "identity" in {
        name for names in POLICY.in_sight("partner", "person").values() for name in names
    }
    assert form("partner", "identity", "identity", kind=Person) is None


def test_a_row_is_chosen_by_all_its_values_and_a_summary_not_by_what_it_hides() -> None:
    row = {"kind": "legal", "track": None, WHOLE: False}
    assert chosen_then(row, {}, False)
    assert chosen_then(row, {"kind": "legal"}, False)
    assert not chosen_then(row, {"kind": "legal", "track": "LIV"}, False)
    assert not chosen_then(row, {"kind": "legal"}, True)
    assert chosen_then({**row, WHOLE: True}, {"kind": "legal"}, True)
    assert not chosen_then({**row, WHOLE: True}, {"kind": "clinical"}, True)


def test_as_long_as_no_moment_is_asked_for_nothing_is_recalled() -> None:
    assert working(OnCase("note.read"))._asked.as_of is None


def test_an_event_says_of_which_moment_it_was() -> None:
    work = working(OnCase("note.read"))
    work._asked.as_of = AT + timedelta(microseconds=1)
    assert work._event()["detail"] == {"as_of": "2026-03-01T12:00:00.000001Z"}
    work._shown["count"] = 0
    assert work._event()["detail"] == {"shown": 0, "as_of": "2026-03-01T12:00:00.000001Z"}
