"""How rows become what is told of them: each in its schema, with what hangs on it."""

from types import SimpleNamespace
from typing import Any, ClassVar
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy import Connection, literal, select
from sqlalchemy.dialects import sqlite

from app.core.db import table
from app.registry.cases.models import Case, TeamMember
from app.registry.people.models import Contact, PersonName
from app.registry.people.summaries import PersonSummary, PupilSummary
from app.safeguards.guard import presenting
from app.safeguards.guard.ground import Ground
from app.safeguards.guard.shown import Children
from app.safeguards.guard.summaries import WHOLE
from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.safeguards.guard.test_ground import AT, FILE, OTHER, SEEN, working
from tests.safeguards.guard.test_reading import db  # noqa: F401
from tests.safeguards.guard.test_trail import evidenced

ROWS = table(TeamMember)
OUT: Any = "out"
BRIEF: Any = "brief"


@pytest.fixture
def work() -> UnitOfWork:
    return working(SEEN)


def text_of(statement: Any) -> str:
    options = {"literal_binds": True}
    made = statement.compile(dialect=sqlite.dialect(), compile_kwargs=options)
    return " ".join(str(made).split())


# --- in which schema ------------------------------------------------------------------------------


def test_each_row_is_shown_in_its_own_schema_and_in_its_place(
    work: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    nested: list[Any] = []

    def schema(out: Any, row: Any) -> Any:
        assert out is OUT
        return row["own"]

    rows = [{"id": 1, "own": OUT}, {"id": 2, "own": BRIEF}, {"id": 3, "own": OUT}]
    monkeypatch.setattr(work, "_schema", schema)
    monkeypatch.setattr(work, "_nest", lambda out, some: nested.append((out, some)))
    monkeypatch.setattr(work, "_plain", lambda out, row: (out, row["id"], len(nested)))
    assert work._present(OUT, rows) == [(OUT, 1, 2), (BRIEF, 2, 2), (OUT, 3, 2)]
    first, second, third = rows
    assert nested == [(OUT, [first, third]), (BRIEF, [second])]


def test_the_schema_is_the_whole_its_summary_or_as_the_row_says(
    work: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    summaries: dict[Any, Any] = {("out", "social_worker"): None}
    asked: list[Any] = []

    def whole(*of: Any) -> bool:
        asked.append(of)
        return bool(of[1]["mine"])

    monkeypatch.setattr(presenting, "summary_of", lambda *of: summaries[of])
    monkeypatch.setattr(work, "_whole", whole)
    out: Any = "out"
    assert work._schema(out, {WHOLE: False}) is out
    summaries["out", "social_worker"] = "brief"
    told: Any = [work._schema(out, {WHOLE: one, "mine": not one}) for one in (True, False)]
    assert (told, asked) == (["out", "brief"], [])
    told = [work._schema(out, {"mine": one}) for one in (True, False)]
    assert told == ["out", "brief"]
    assert asked == [("out", {"mine": True}), ("out", {"mine": False})]


@pytest.mark.parametrize(
    ("own", "of_kind", "number", "whole"),
    [
        ("read", None, 1, True),  # only read
        ("other", None, 1, True),  # neither: it was closed to its author, and theirs
        ("brief", None, 1, False),  # only in summary
        ("both", None, 1, True),  # both: the row of this caller's reach
        ("both", None, 4, False),
        (None, "brief", 1, False),
        (None, "both", 4, False),
        ("read", "brief", 1, True),
    ],
)
def test_a_row_just_written_is_whole_by_its_class_or_its_relationship(
    db: Connection,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    own: str | None,
    of_kind: str | None,
    number: int,
    whole: bool,
) -> None:
    work = evidenced(working(SEEN, method="GET"), db)
    kind = SimpleNamespace(__table__=ROWS, record="team", record_class=of_kind)
    reads, briefs = {"reach": {"read", "both"}}, {"reach": {"brief", "both"}}

    def in_summary(role: str, record: str) -> Any:
        assert (role, record) == ("social_worker", "team")
        return briefs

    def reached(*of: Any) -> Any:
        assert of == (kind, ROWS, work.actor, work._when)
        return ROWS.c.case_id == FILE

    def reading(of: Any) -> Any:
        assert of is kind
        return reads

    monkeypatch.setattr(work, "_reading", reading)
    monkeypatch.setattr(presenting, "POLICY", SimpleNamespace(in_summary=in_summary))
    monkeypatch.setattr(presenting, "told_whole", reached)
    row: dict[str, Any] = {"id": UUID(int=number), **({"record_class": own} if own else {})}
    assert work._whole(SimpleNamespace(of=kind), row) is whole  # type: ignore[arg-type]


# --- what hangs on it -----------------------------------------------------------------------------


class Sight:
    """Stands for the guard's own words about rows in sight, and keeps what is gathered."""

    def __init__(self, work: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> None:
        self.work, self.gathered = work, list[Any]()
        monkeypatch.setattr(presenting, "visible", self.visible)
        monkeypatch.setattr(presenting, "in_sight", lambda out, role: ("in sight", out, role))
        policy = SimpleNamespace(parts=lambda role, record: ("parts", role, record))
        monkeypatch.setattr(presenting, "POLICY", policy)
        monkeypatch.setattr(work, "_marked", self.marked)
        monkeypatch.setattr(work, "_gather", lambda *asked: self.gathered.append(asked))
        self.seen: list[Any] = []

    def visible(self, kind: Any, caller: Any, grants: Any, when: Any) -> Any:
        assert (caller, when) == (self.work.actor, self.work._when)
        self.seen.append((kind, grants))
        return select(table(kind).c.id)

    def marked(self, out: Any, statement: Any) -> Any:
        self.seen.append(out)
        return statement.add_columns(literal("marked"))


@pytest.fixture
def sight(work: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> Sight:
    return Sight(work, monkeypatch)


def test_children_are_those_in_sight_in_their_order(
    work: UnitOfWork, sight: Sight, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = SimpleNamespace(of=TeamMember, order=("since", "id"))
    below = {"team": (Children("case_id"), child)}
    monkeypatch.setattr(presenting, "children", {Case: below}.__getitem__)
    rows = [{"id": FILE}]
    work._nest(Case, rows)  # type: ignore[arg-type]
    ((name, kind, column, statement, some),) = sight.gathered
    assert (name, kind, column) == ("team", TeamMember, "case_id")
    assert some is rows
    assert sight.seen == [(TeamMember, ("in sight", child, "social_worker")), child]
    assert text_of(statement) == (
        "SELECT team_members.id, 'marked' AS anon_1 FROM team_members"
        " ORDER BY team_members.since, team_members.id"
    )


def test_the_parts_of_a_summary_are_those_that_its_role_is_given(
    work: UnitOfWork, sight: Sight
) -> None:
    rows = [{"id": FILE}]
    work._nest(PupilSummary, rows)
    assert sight.seen == [
        (PersonName, ("parts", "social_worker", PersonName.record)),
        (Contact, ("parts", "social_worker", Contact.record)),
    ]
    told = [(*one[:3], text_of(one[3])) for one in sight.gathered]
    assert told == [
        (
            *("names", PersonName, "person_id"),
            "SELECT person_names.id FROM person_names"
            " WHERE person_names.type IN ('preferred', 'legal') ORDER BY person_names.id",
        ),
        (
            *("contacts", Contact, "person_id"),
            "SELECT person_contacts.id FROM person_contacts WHERE person_contacts.type = 'guardian'"
            " ORDER BY person_contacts.id",
        ),
    ]
    assert all(one[4] is rows for one in sight.gathered)
    sight.gathered.clear()
    work._nest(PersonSummary, rows)
    assert sight.gathered == []


def test_what_hangs_on_rows_is_asked_for_at_once_and_its_files_are_on_record(
    db: Connection,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work = evidenced(working(SEEN, method="GET"), db)
    work._subjects = {work.actor.id}
    asked: list[Any] = []

    def rows(kind: Any, statement: Any) -> list[dict[str, Any]]:
        asked.append(kind)
        return [dict(row._mapping) for row in db.execute(statement)]

    monkeypatch.setattr(work, "_rows", rows)
    some: list[dict[str, Any]] = [{"id": FILE}, {"id": UUID(int=1)}]
    work._gather("team", TeamMember, "case_id", select(ROWS).order_by(ROWS.c.id), some)
    assert [[one["id"].int for one in row["team"]] for row in some] == [[1, 2, 3], []]
    assert (asked, work._subjects) == ([TeamMember], {work.actor.id, FILE})
    work._gather("team", TeamMember, "case_id", select(ROWS), [])
    assert (asked, work._subjects) == ([TeamMember], {work.actor.id, FILE})
    other = {"id": OTHER}
    work._gather("those", TeamMember, "case_id", select(ROWS).order_by(ROWS.c.id), [other])
    assert [one["id"].int for one in other["those"]] == [4, 5]  # type: ignore[attr-defined]
    assert work._subjects == {work.actor.id, FILE, OTHER}


# --- what is told of it ---------------------------------------------------------------------------


class Inner(BaseModel):
    of: ClassVar[Any] = "inner"
    name: str | None


class Brief(BaseModel):
    of: ClassVar[Any] = "inner"


class Outer(BaseModel):
    of: ClassVar[Any] = "outer"
    name: str | None
    below: list[Any] = []


@pytest.fixture
def plainly(work: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> UnitOfWork:
    """Outer rows list inner ones, of which some have a schema of their own."""

    def schema(out: Any, row: Any) -> Any:
        assert out is Inner
        return Brief if row["name"] == "brief" else Inner

    below = {Outer: {"below": (Children("outer_id"), Inner)}}
    monkeypatch.setattr(presenting, "children", lambda out: below.get(out, {}))
    monkeypatch.setattr(work, "_schema", schema)
    return work


def test_what_is_told_is_what_the_schema_shows_less_what_is_withheld(
    plainly: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden: dict[str, Any] = {"outer": {}, "inner": {}}

    def withheld(kind: Any, readable: Any) -> Any:
        assert readable == "what a social_worker reads"
        return hidden[kind]

    policy = SimpleNamespace(in_columns="what a {} reads".format)
    monkeypatch.setattr(presenting, "POLICY", policy)
    monkeypatch.setattr(presenting, "names_withheld", withheld)
    row = {"name": "a", "below": [{"name": "b", "more": 1}, {"name": "brief"}], "more": 2}
    kept = {**row}
    out: Any = Outer
    assert plainly._told(out, row) == {"name": "a", "below": [{"name": "b"}, {}]}
    hidden["inner"] = {"name": None}
    assert plainly._told(out, row) == {"name": "a", "below": [{"name": None}, {}]}
    hidden["outer"] = {"name": None}
    assert plainly._told(out, row) == {"name": None, "below": [{"name": None}, {}]}
    assert row == kept


def test_a_schema_is_told_the_moment_and_the_place(work: UnitOfWork) -> None:
    class Asked(BaseModel):
        of: ClassVar[Any] = Case

        @classmethod
        def model_validate(cls, row: Any, context: Any) -> Any:  # type: ignore[override]
            return SimpleNamespace(model_dump=lambda: (row, context))

    presented: Any = work._told(Asked, {"a": 1})  # type: ignore[arg-type]
    assert presented == ({"a": 1}, {"at": AT, "jurisdiction": "ra", "accepts": None})


def test_an_agreement_leaves_of_a_row_and_of_those_within_what_it_names(
    plainly: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[Any] = []

    def leaving(out: Any, role: str, row: Any, told: Any) -> Any:
        assert role == "social_worker"
        left.append((out, row["id"], [one["id"] for one in told.get("below", ())]))
        return {"id": f"left of {told['id']}", **{k: told[k] for k in ("below",) if k in told}}

    monkeypatch.setattr(presenting, "left_of", leaving)
    row = {"id": 1, "below": [{"id": 2, "name": "b"}, {"id": 3, "name": "brief"}]}
    told = {"id": "a", "below": [{"id": "b"}, {"id": "c"}]}
    assert plainly._left(Outer, row, told) == {  # type: ignore[arg-type]
        "id": "left of a",
        "below": [{"id": "left of b"}, {"id": "left of c"}],
    }
    assert left == [(Inner, 2, []), (Brief, 3, []), (Outer, 1, ["left of b", "left of c"])]


@pytest.mark.parametrize("by_agreement", [True, False])
def test_only_who_reaches_by_agreement_is_told_less(
    work: UnitOfWork, monkeypatch: pytest.MonkeyPatch, by_agreement: bool
) -> None:
    monkeypatch.setattr(presenting, "partly", {"social_worker": by_agreement}.__getitem__)
    monkeypatch.setattr(work, "_told", lambda out, row: ("told", out, row))
    monkeypatch.setattr(work, "_left", lambda out, row, told: ("left", out, row, told))
    out: Any = "out"
    told = ("told", "out", {"id": 1})
    expected = ("left", "out", {"id": 1}, told) if by_agreement else told
    assert work._plain(out, {"id": 1}) == expected


def test_bytes_are_those_of_the_one_row(work: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_present", lambda out, rows: [{"out": out, "rows": rows}])
    out: Any = "out"
    assert work._bytes(out, {"id": 1}) == b'{"out":"out","rows":[{"id":1}]}'
    assert issubclass(UnitOfWork, presenting.Presenting)
    assert issubclass(presenting.Presenting, Ground)
