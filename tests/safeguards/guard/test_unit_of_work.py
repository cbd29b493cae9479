"""The verbs that write, by themselves: what each writes, of which row, and as whose doing."""

import json
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy.dialects import postgresql

from app.casework.notes.models import Note
from app.core.db import table
from app.core.errors import Conflict, Stale
from app.core.values import new_id
from app.registry.cases.models import Case
from app.registry.notices.models import Notice
from app.registry.people.models import Person
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.guard import unit_of_work
from app.safeguards.guard.columns import defaults
from app.safeguards.guard.ground import NoFile
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.shown import Shown, Written
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.vault.models import File
from tests.safeguards.guard.test_ground import ADD, AT, FILE, OTHER, working

RECORD = new_id()
OUT: Any = object()


class Kept:
    """Stands for the writes, and keeps what is asked of them in its order."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.fresh = True  # nobody else has changed the row since
        self.ruled = False

    def flush(self) -> None:
        self.done.append("flush")

    def add(self, *asked: Any, drawn: bool = False) -> None:
        self.done.append((*asked, drawn))

    def change(self, *asked: Any) -> bool:
        self.done.append(asked)
        return self.fresh

    def message(self, *asked: Any) -> None:
        self.done.append(asked)


class Work:
    """A unit of work on one file, and what was asked of what is below it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, mark: Any = ADD) -> None:
        self.work, self.writes = working(mark), Kept()
        self.work._writes = self.writes  # type: ignore[assignment]
        self.work._cover = {"id": FILE, "jurisdiction": "ra", "status": "open"}
        self.below = {"_allowed": "allowed", "_class_of": "own", "_reading": "read", "_one": {}}
        for name in self.below:
            monkeypatch.setattr(self.work, name, self.answering(name))
        self.asked: dict[str, Any] = {}

    def answering(self, name: str) -> Any:
        def answer(*asked: Any, **more: Any) -> Any:
            self.asked[name] = (*asked, *([more] if more else []))
            return self.below[name]

        return answer


@pytest.fixture
def on_file(monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(monkeypatch)


# --- new records ----------------------------------------------------------------------------------

OWN = {"created_at": AT, "updated_at": AT, "version": 1}
SAID: dict[str, Any] = {"text": "said", "kind": "therapy"}


def test_a_new_record_is_of_the_file_of_the_path(on_file: Work) -> None:
    made = on_file.work.add(Note, **SAID)
    values = {**defaults(Note), "case_id": FILE, "case_jurisdiction": "ra", **SAID, **OWN}
    assert {**made.values, "id": None} == {**values, "id": None}
    assert isinstance(made.id, UUID)
    assert on_file.asked["_allowed"] == (Note, made.values)
    assert on_file.writes.done == [(Note, "allowed", made.values, False)]
    assert made.kind is Note
    assert on_file.work._created == set()
    assert on_file.work._files == {}


def test_a_new_record_may_have_an_id_that_is_not_taken(
    on_file: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def taken(*question: Any) -> bool:
        asked.append(question)
        return len(asked) > 1

    monkeypatch.setattr(on_file.work, "taken", taken)
    on_file.work.add(Note, **SAID)
    assert on_file.work.add(Note, id=RECORD, **SAID).id == RECORD
    assert asked == [(Note, "id", RECORD)]
    with pytest.raises(Conflict) as refused:
        on_file.work.add(Note, id=RECORD, **SAID)
    assert refused.value.code == "id-taken"


def test_what_opens_a_file_of_its_own_is_known_from_then_on(on_file: Work) -> None:
    made = on_file.work.add(Person, display_name="N. N.")
    assert on_file.work._created == {made.id}
    assert on_file.work._files == {made.id: made.values}
    assert "case_id" not in made.values
    opened = on_file.work.add(Case, jurisdiction="rb")
    note = on_file.work.add(Note, file_id=opened.id, **SAID)
    assert (note["case_id"], note["case_jurisdiction"]) == (opened.id, "rb")
    assert [drawn for *_, drawn in on_file.writes.done] == [False, False, False]


def test_on_another_file_only_what_is_delivered_is_written_and_says_that_a_rule_did(
    on_file: Work,
) -> None:
    with pytest.raises(NoFile):
        on_file.work.add(Note, file_id=OTHER, **SAID)
    assert on_file.writes.done == []
    assert Notice.delivered
    owner = {Notice.file: OTHER}
    on_file.work._files[OTHER] = {theirs: "there" for theirs in Notice.inherits.values()}
    # What is delivered takes no right of whoever did that from which it follows.
    for file_id, drawn, judged in ((OTHER, True, "own"), (FILE, False, "allowed")):
        on_file.work._cover |= on_file.work._files[OTHER]
        made = on_file.work.add(Notice, file_id=file_id)
        assert made.values.items() >= {**owner, Notice.file: file_id}.items()
        assert on_file.writes.done[-1] == (Notice, judged, made.values, drawn)
        assert on_file.asked["_class_of" if drawn else "_allowed"] == (Notice, made.values)


def test_a_row_says_again_what_its_file_says(monkeypatch: pytest.MonkeyPatch) -> None:
    work = working(ADD)
    assert work._inherited(Person, FILE) == {}
    work._cover = {"jurisdiction": "ra"}
    assert work._inherited(Note, FILE) == {"case_jurisdiction": "ra"}
    work._files[OTHER] = {"jurisdiction": "rb"}
    assert work._inherited(Note, OTHER) == {"case_jurisdiction": "rb"}
    # What neither was made here nor shown by the wall is looked for once.
    asked: list[Any] = []

    def execute(statement: Any) -> Any:
        asked.append(statement.compile().params)
        return [SimpleNamespace(_mapping={"jurisdiction": f"r{len(asked)}", "id": RECORD})]

    monkeypatch.setattr(work, "_execute", execute)
    for _ in range(2):
        assert work._inherited(Note, RECORD) == {"case_jurisdiction": "r1"}
    assert [[*one.values()] for one in asked] == [[RECORD]]
    work._cover.clear()
    assert work._inherited(Note, FILE) == {"case_jurisdiction": "r2"}


def test_the_row_of_a_file_is_found_by_its_id(monkeypatch: pytest.MonkeyPatch) -> None:
    work, asked = working(ADD), list[str]()

    def execute(statement: Any) -> Any:
        asked.append(" ".join(str(statement).split()))
        return [SimpleNamespace(_mapping={"jurisdiction": "ra"})]

    monkeypatch.setattr(work, "_execute", execute)
    work._inherited(Note, OTHER)
    columns = ", ".join(f"cases.{one}" for one in table(Case).c.keys())  # noqa: SIM118
    assert asked == [f"SELECT {columns} FROM cases WHERE cases.id = :id_1"]


# --- the next version -----------------------------------------------------------------------------

BEFORE: dict[str, Any] = {"id": RECORD, "version": 4, "text": "a", "kind": "b", "updated_at": None}
AFTER = {**BEFORE, "version": 5, "text": "c", "updated_at": AT}


@pytest.mark.parametrize("drawn", [None, True])
def test_the_next_version_has_what_changed_and_its_class(on_file: Work, drawn: bool | None) -> None:
    more = {"drawn": True} if drawn else {}
    made = on_file.work._next(Note, BEFORE, {"text": "c", "kind": "b"}, **more)
    name = "_class_of" if drawn else "_allowed"
    assert on_file.asked == {name: (Note, AFTER)}
    told = "own" if drawn else "allowed"
    assert on_file.writes.done == [(Note, told, AFTER, ["text"], bool(drawn))]
    assert (made.kind, made.values) == (Note, AFTER)
    assert BEFORE["version"] == 4


def test_what_stays_as_it_was_is_not_written(on_file: Work) -> None:
    made = on_file.work._next(Note, BEFORE, {"text": "a", "kind": "b"})
    assert (made.kind, made.values, on_file.writes.done) == (Note, BEFORE, [])


def test_the_names_of_what_changed_are_in_order(on_file: Work) -> None:
    on_file.work._next(Note, BEFORE, {"text": "c", "kind": "d"})
    assert on_file.writes.done[0][3] == ["kind", "text"]


def test_a_row_that_somebody_has_changed_since_is_stale(on_file: Work) -> None:
    on_file.writes.fresh = False
    with pytest.raises(Stale):
        on_file.work._next(Note, BEFORE, {"text": "c"})


def test_the_files_own_row_is_known_as_it_was_changed(on_file: Work) -> None:
    cover = {"id": FILE, "jurisdiction": "ra", "status": "open"}
    row = {**cover, "version": 1}
    on_file.work._next(Case, {**row, "id": OTHER}, {"status": "closed"})
    on_file.work._next(Person, row, {"sex": "x"} if "sex" in row else {})
    assert on_file.work._cover == cover
    held = on_file.work._cover
    on_file.work._next(Case, row, {"status": "closed"})
    assert on_file.work._cover == {**cover, "status": "closed"}
    assert on_file.work._cover is held
    held.clear()
    on_file.work._next(Case, row, {"status": "closed"})
    assert on_file.work._cover == {}


def test_only_the_row_of_the_files_own_kind_is_its_cover(on_file: Work) -> None:
    row = {"id": FILE, "version": 1, "text": "a"}
    on_file.work._cover = {"id": FILE, "text": "a"}
    on_file.work._next(Note, row, {"text": "b"})
    assert on_file.work._cover["text"] == "a"


@pytest.mark.parametrize("action", ["note.add", "case.read"])
def test_a_change_is_of_a_row_that_its_action_reaches_or_that_is_read(
    monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    on_file = Work(monkeypatch, Permit(action))
    on_file.below["_one"] = BEFORE
    for name in ("_precondition", "_next"):
        on_file.below[name] = name
        monkeypatch.setattr(on_file.work, name, on_file.answering(name))
    made: Any = on_file.work.change(Note, RECORD, text="c")
    grants = POLICY.grants("social_worker", action) if action == "note.add" else "read"
    assert on_file.asked.pop("_reading", (Note,)) == (Note,)
    assert on_file.asked == {
        "_one": (Note, RECORD, grants, {"lock": True}),
        "_precondition": (Note, BEFORE),
        "_next": (Note, BEFORE, {"text": "c"}),
    }
    assert made == "_next"
    assert on_file.writes.done == ["flush"]


# --- what follows ---------------------------------------------------------------------------------


@pytest.fixture
def drawn(on_file: Work, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The condition by which rows were found, and what became of each."""
    told: list[Any] = []

    def rows(kind: Any, statement: Any) -> list[dict[str, Any]]:
        assert kind is Note
        options = {"literal_binds": True}
        dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
        text = " ".join(str(statement.compile(dialect=dialect, compile_kwargs=options)).split())
        columns = ", ".join(f"notes.{one}" for one in table(Note).c.keys())  # noqa: SIM118
        whole, _, condition = text.partition(" WHERE ")
        assert whole == f"SELECT {columns} FROM notes"
        told.append((condition, [*on_file.writes.done]))
        return [BEFORE]

    monkeypatch.setattr(on_file.work, "_rows", rows)
    monkeypatch.setattr(on_file.work, "_next", lambda *asked, **more: told.append((asked, more)))
    return told


NEXT = ((Note, BEFORE, {"text": "c"}), {"drawn": True})


def test_a_consequence_is_of_one_row_of_this_file(on_file: Work, drawn: list[Any]) -> None:
    on_file.work.consequence(Note, RECORD, text="c")
    here = f"notes.id = '{RECORD}' AND notes.case_id = '{FILE}' FOR UPDATE"
    assert drawn == [(here, ["flush"]), NEXT]


def test_what_ends_with_its_holder_ends_on_every_file_that_has_a_key(
    on_file: Work, drawn: list[Any]
) -> None:
    on_file.work.expire(Note, lambda rows: (rows.c.kind == "a") | (rows.c.kind == "b"), text="c")
    condition = (
        "(notes.kind = 'a' OR notes.kind = 'b') AND notes.case_id IN (SELECT files.id FROM files"
        " WHERE files.wrapped_key IS NOT NULL) ORDER BY notes.id FOR UPDATE OF notes"
    )
    assert drawn == [(condition, ["flush"]), NEXT]
    assert table(File).name == "files"


def test_what_is_written_by_a_rule_is_so_until_that_ends_even_if_it_fails(on_file: Work) -> None:
    ruled = []

    def fail() -> None:
        with on_file.work.by_rule():
            ruled.append(on_file.writes.ruled)
            raise Stale("changed")

    with pytest.raises(Stale):
        fail()
    assert [*ruled, on_file.writes.ruled] == [True, False]


def test_a_message_is_of_the_file_of_the_path(on_file: Work) -> None:
    on_file.work.publish("note.added", note_id=RECORD)
    assert on_file.writes.done == [("note.added", FILE, {"note_id": RECORD})]


def test_a_step_is_taken_once_the_rows_so_far_are_written(on_file: Work) -> None:
    on_file.work.once_written(lambda: on_file.writes.done.append("step"))
    assert on_file.writes.done == ["flush", "step"]


def test_by_a_docket_and_by_a_condition_a_case_opens_for_some_classes() -> None:
    """Of which `grantable` asks whether they are open here."""
    assert working(ADD, "social_worker").grantable()
    assert {Reach.DOCKET, Reach.SUPERVISION} == unit_of_work.BY_CLASS


def test_a_sealed_value_is_looked_for_by_its_index(on_file: Work) -> None:
    vault: Any = SimpleNamespace(blind_index=lambda *asked: asked)
    on_file.work._vault = vault
    assert on_file.work.blind_index("name", "value") == ("name", "value")  # type: ignore[comparison-overlap]


# --- answers --------------------------------------------------------------------------------------


def test_what_was_written_is_shown_as_its_author_sees_it(
    on_file: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    work: UnitOfWork = on_file.work

    def shown(out: Any, row: dict[str, Any]) -> bytes:
        assert (out, row.pop("text")) == (OUT, "a")  # a row of its own
        return b"shown"

    monkeypatch.setattr(work, "_bytes", shown)
    written = Written(Note, BEFORE)
    assert work.show(OUT, written) == Shown(b"shown", RECORD, etag=True)
    beside = Shown[Any](b"shown", RECORD, etag=True, beside=True)
    assert work.show(OUT, written, beside=True) == beside
    assert written["text"] == "a"


def test_several_that_were_written_are_shown_as_a_page(
    on_file: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def present(out: Any, rows: list[dict[str, Any]]) -> list[Any]:
        assert out is OUT
        return [row.pop("text") for row in rows]

    monkeypatch.setattr(on_file.work, "_present", present)
    several = [Written(Note, {**BEFORE, "text": one}) for one in "ab"]
    shown = on_file.work.show_all(OUT, several, group_id="g")
    assert json.loads(shown.body) == {"items": ["a", "b"], "next": None, "group_id": "g"}
    assert [one["text"] for one in several] == ["a", "b"]


class Told(BaseModel):
    items: list[dict[str, str]]
    at: str


def test_what_shows_no_row_is_told_in_its_schema(on_file: Work) -> None:
    shown = on_file.work.tell(Told, items=[{"id": RECORD}], at=AT)
    assert json.loads(shown.body) == {
        "items": [{"id": str(RECORD)}],
        "at": "2026-03-01T23:59:00.000000Z",
    }
