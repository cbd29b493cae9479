"""Columns of a kind of record: whose they are, what they hold, and which of them are told."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Date, Text

from app.casework.notes.models import Note
from app.core.db import Identifier, UtcDateTime, table
from app.registry.cases.models import Case, TeamMember
from app.registry.people.models import Person
from app.safeguards.access.policy import Reach
from app.safeguards.guard import columns
from app.safeguards.guard.summaries import columns_in_summary


def test_a_reach_opens_the_cover_by_whatever_class() -> None:
    given = {Reach.TEAM: frozenset({"plan", "case"}), Reach.UNIT: frozenset({"pathway"})}
    own = frozenset({"case"})
    assert columns.scoped(Case, given) == {Reach.TEAM: own, Reach.UNIT: own}
    assert columns.scoped(Note, given) == dict.fromkeys(given, frozenset({""}))


def test_a_column_of_a_class_of_its_own_is_withheld_from_who_may_not_read_it() -> None:
    team = table(TeamMember).c
    for name, readable, withheld in (
        ("part", frozenset({"plan"}), False),
        ("part", frozenset({"case"}), True),
        ("role", frozenset[str](), False),
    ):
        assert columns.withheld(team[name], readable) is withheld
    assert columns.names_withheld(TeamMember, frozenset({"case"})) == {"part": None, "reason": None}
    assert columns.names_withheld(TeamMember, frozenset({"plan"})) == {}


def test_a_handler_sets_what_is_not_the_guards() -> None:
    own = {"id", "version", "created_at", "updated_at", "last_event_id"}
    own |= {"case_id", "case_jurisdiction"}
    assert columns.settable(Note) == set(table(Note).c.keys()) - own


def test_what_nobody_sets_is_as_its_column_has_it() -> None:
    told = columns.defaults(Case)
    assert told.keys() == set(table(Case).c.keys()) - {"last_event_id"}
    assert {name: value for name, value in told.items() if value is not None} == {
        "status": "open",
        "version": 1,
    }


def test_what_a_cursor_says_is_typed_as_its_column_is() -> None:
    kinds: tuple[Any, ...] = (Identifier(), Date(), UtcDateTime(), Text())
    given = [
        "00000000-0000-0000-0000-000000000007",
        "2026-03-01",
        "2026-03-01T10:00:00+00:00",
        "2026-03-01",
    ]
    found = columns.typed(given, [Column(str(n), kind) for n, kind in enumerate(kinds)])
    assert [one.value for one in found] == [
        UUID(int=7),
        date(2026, 3, 1),
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        "2026-03-01",
    ]
    assert [type(one.type) for one in found] == [type(kind) for kind in kinds]


def test_what_is_said_is_plain() -> None:
    assert columns.said({"id": UUID(int=7), "on": date(2026, 3, 1), "n": 1}) == {
        "id": str(UUID(int=7)),
        "on": "2026-03-01",
        "n": 1,
    }


def test_columns_are_told_that_a_schema_shows_by_their_name_or_gathers_by_its() -> None:
    team = columns.columns_shown(TeamMember, frozenset({"case"}))
    assert not team & {"part", "reason"}
    assert {"part", "reason"} < columns.columns_shown(TeamMember, frozenset({"plan"}))
    person = columns.columns_shown(Person, frozenset())
    assert {"birth_value", "birth_source", "display_name"} < person
    assert not person & {"unit_id", "registered_by", "last_event_id"}
    case = columns.columns_shown(Case, frozenset())
    assert "phase" in case
    assert "phase_before" not in case  # only a claim gathers columns, and a phase is none


def test_a_summary_tells_the_columns_of_its_claims() -> None:
    shown = {"id", "birth_value", "birth_precision"}
    assert columns_in_summary(Person, "partner") == {*shown, "display_name", "sex"}
    assert columns_in_summary(Person, "educator") == shown
    assert columns_in_summary(Note, "auditor") == {"id", "kind", "occurred_on", "created_at"}
    assert columns_in_summary(Note, "psychologist") == frozenset()


def test_the_schemas_of_a_kind_are_found_at_any_depth() -> None:
    class Root:
        of: Any

    class First(Root):
        of: Any = Case

    class Below(First): ...

    class Bare(Root): ...

    class Deep(Bare):
        of: Any = Case

    class Other(Deep):
        of: Any = Note

    base: Any = Root
    found: list[Any] = [*columns.schemas_of(Case, base)]
    assert found == [First, Below, Deep]
