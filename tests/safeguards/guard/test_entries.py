"""The text of an entry as SQL, word for word: what is told, and what a role is not told."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy import JSON, Column, MetaData, Table, column, create_engine, literal_column, select
from sqlalchemy import table as light
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement

from app.casework.notes.models import Note
from app.core.db import table
from app.insight.schemas import TimelineEntryOut
from app.registry.cases.models import Case, TeamMember
from app.registry.cases.track_models import Milestone
from app.safeguards.guard import entries, past
from app.safeguards.guard.entries import Asked, columns_told, entry, names_told, without
from app.safeguards.guard.past import EVENTS, ORDER
from app.safeguards.guard.summaries import columns_in_summary

DIALECTS: dict[str, Any] = {
    "sqlite": sqlite.dialect(),
    "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]
}
ROWS: Any = light("seen", *(column(one.name, one.type) for one in EVENTS.c), column("told_as"))


def said(clause: Any, engine: str = "sqlite") -> str:
    options = {"literal_binds": True}
    made = clause.compile(dialect=DIALECTS[engine], compile_kwargs=options)
    return " ".join(str(made).split())


class Some(BaseModel):
    event_id: UUID
    at: str
    role: str | None
    version: int
    fields: list[str]


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Those of a case, for the test to choose."""
    kept: list[Any] = []
    monkeypatch.setattr(entries, "kept_with", lambda scope: kept if scope is Case else [])
    return kept


@pytest.fixture
def plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each value and the names of what was set in plain words."""

    def spell(value: Any, kind: Any) -> ColumnElement[Any]:
        return literal_column(f"{value.name}_as_{type(kind).__name__}")

    def names(rows: Any, asked: Asked) -> ColumnElement[Any]:
        return literal_column(f"names_for_{asked.role}_of_{rows.name}")

    monkeypatch.setattr(entries, "SPELLINGS", {"sqlite": spell})
    monkeypatch.setattr(entries, "names_told", names)


def test_of_the_trail_is_taken_what_the_text_and_the_place_are_made_of() -> None:
    assert columns_told(Some, ("seq", "role")) == [
        EVENTS.c[name]
        for name in ("seq", "role", "record", "detail", "id", "created_at", "record_version")
    ]
    told = [one.name for one in columns_told(TimelineEntryOut, ORDER)]
    assert told == [
        *("created_at", "record_class", "seq", "record", "detail", "id", "actor_id", "role"),
        *("action", "record_id", "record_version"),
    ]


@pytest.mark.usefixtures("plainly")
def test_each_field_is_told_by_its_name_and_as_null_where_there_may_be_none(
    kinds: list[Any],
) -> None:
    kinds.append(Milestone)
    expected = (
        "'{\"event_id\":' || id_as_Identifier || ',\"at\":' || created_at_as_UtcDateTime"
        " || ',\"role\":' || coalesce(role_as_Text, 'null')"
        " || ',\"version\":' || coalesce(record_version_as_Integer, 'null')"
        " || ',\"fields\":' || coalesce(names_for_auditor_of_seen, 'null') || '}'"
    )
    assert said(entry(Some, ROWS, Asked(Case, "auditor", "sqlite"))) == expected
    assert (entries.TOLD, past.UNTOLD) == ("told_as", ("actor_id", "role"))
    kinds.append(Note)  # of which an auditor is shown some in summary
    told = said(entry(Some, ROWS, Asked(Case, "auditor", "sqlite")))
    brief = "coalesce(CASE WHEN (seen.told_as = 1) THEN 'null' ELSE role_as_Text END, 'null')"
    assert told == expected.replace("coalesce(role_as_Text, 'null')", brief)
    assert said(entry(Some, ROWS, Asked(Milestone, "auditor", "sqlite"))) == expected


class Foreign(BaseModel):
    weather: str


@pytest.mark.usefixtures("plainly", "kinds")
def test_what_the_trail_has_not_cannot_be_told() -> None:
    with pytest.raises(TypeError):
        entry(Foreign, ROWS, Asked(Case, "auditor", "sqlite"))


# --- the names of what was set --------------------------------------------------------------------

WHOLE = "seen.detail -> 'fields'"
PLAIN = f"CAST({WHOLE} AS TEXT)"


@pytest.fixture
def less(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Stands for the names less some of them, and keeps which, of what and on which engine."""
    asked: list[Any] = []

    def without(names: Any, hidden: list[str], engine: str) -> ColumnElement[Any]:
        asked.append((said(names), type(names.type), hidden, engine))
        return literal_column(f"less_{len(asked)}")

    monkeypatch.setattr(entries, "without", without)
    return asked


def names(kind: Any, *but: str) -> list[str]:
    return sorted({one.name for one in table(kind).c} - {*but})


def test_all_names_are_told_to_who_is_withheld_none(kinds: list[Any], less: list[Any]) -> None:
    kinds += [Milestone, TeamMember]
    assert said(names_told(ROWS, Asked(Case, "social_worker", "sqlite"))) == PLAIN
    assert less == []


def test_what_is_withheld_is_not_named(kinds: list[Any], less: list[Any]) -> None:
    kinds += [Milestone, TeamMember]
    told = said(names_told(ROWS, Asked(Case, "prosecutor", "postgresql")))
    assert told == f"CASE WHEN (seen.record = 'team') THEN less_1 ELSE {PLAIN} END"
    assert less == [(WHOLE, JSON, ["part", "reason"], "postgresql")]


def test_what_a_summary_has_not_is_not_named_of_what_is_told_briefly(
    kinds: list[Any], less: list[Any]
) -> None:
    kinds += [Milestone, Note, TeamMember]
    told = said(names_told(ROWS, Asked(Case, "auditor", "sqlite")))
    cases = ["WHEN (seen.told_as = 1 AND seen.record = 'note') THEN less_1"]
    hidden = [names(Note, *columns_in_summary(Note, "auditor"))]
    if "team" in told:
        cases.append("WHEN (seen.record = 'team') THEN less_2")
        hidden.append(["part", "reason"])
    assert told == f"CASE {' '.join(cases)} ELSE {PLAIN} END"
    assert less == [(WHOLE, JSON, some, "sqlite") for some in hidden]
    assert "text" in hidden[0]


def test_the_names_are_a_list_of_json_less_what_is_hidden() -> None:
    given = literal_column("given", JSON())
    assert said(without(given, ["a", "b"], "sqlite")) == (
        "(SELECT json_group_array(anon_1.value) AS json_group_array_1"
        " FROM json_each(given) AS anon_1 WHERE (anon_1.value NOT IN ('a', 'b')))"
    )
    assert said(without(given, ["a", "b"], "postgresql"), "postgresql") == (
        "(SELECT '[' || coalesce(string_agg(CAST(to_json(name) AS TEXT), ','), '') || ']'"
        " AS anon_1 FROM json_array_elements_text(given) AS name WHERE (name NOT IN ('a', 'b')))"
    )


def test_sqlite_tells_the_names_that_are_left() -> None:
    rows = Table("rows", MetaData(), Column("detail", JSON))
    engine = create_engine("sqlite://")
    rows.metadata.create_all(engine)
    with engine.begin() as db:
        db.execute(rows.insert(), {"detail": {"fields": ["a", "b", "c"]}})
        fields = rows.c.detail.op("->")(literal_column("'fields'"))
        for hidden, left in ((["a"], '["b","c"]'), (["a", "b", "c"], "[]")):
            found = db.execute(select(without(fields, hidden, "sqlite")).select_from(rows))
            assert found.scalar_one() == left
