"""The wall of history and timeline word for word: which entries of a past are told, and how."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Boolean, Integer, Text, and_, literal_column, null, select
from sqlalchemy.dialects import sqlite

from app.casework.judgements.models import Judgement
from app.casework.notes.models import Note
from app.core.db import Identifier, UtcDateTime, table
from app.registry.cases.models import Case, TeamMember
from app.registry.cases.track_models import Milestone
from app.registry.people.models import Person
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.guard import past
from app.safeguards.guard.past import EVENTS, FIRST, HERE, LAST, PLACE, Sighting
from app.safeguards.guard.protected import Sight, When
from app.safeguards.guard.summaries import classes, classes_whole
from app.safeguards.identity.caller import Caller

NOTES, TRACKS = table(Note), table(Milestone)
AUDITOR = Caller(UUID(int=7), "", "auditor", None, "ra")  # of notes: some whole, some by S alone
WHEN = When("now", "today")
THE_FILE: Any = literal_column("the_file", Identifier())
TEAM, UNIT = Reach.TEAM, Reach.UNIT


def said(clause: Any) -> str:
    options = {"literal_binds": True}
    return " ".join(str(clause.compile(dialect=sqlite.dialect(), compile_kwargs=options)).split())


def listed(names: Any) -> str:
    return ", ".join(f"'{one}'" for one in sorted(names))


def told(sorts: Any) -> str:
    return " ".join(f"{reach}:{'+'.join(sorted(names))}" for reach, names in sorts.items())


@pytest.fixture
def predicate(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands for the one predicate: of the version of a row, and it says what it was asked."""
    asked: list[str] = []

    def within(
        kind: Any, rows: Any, caller: Caller, grants: Any, when: When, *, usual: bool
    ) -> Any:
        asked.append(f"{kind.record} {caller.role} {told(grants)} {when.at} {usual}")
        return rows.c.version == len(asked)

    def told_whole(kind: Any, rows: Any, caller: Caller, when: When, *, usual: bool) -> Any:
        asked.append(f"whole {kind.record} {caller.role} {when.at} {usual}")
        return rows.c.version == -len(asked)

    monkeypatch.setattr(past, "within", within)
    monkeypatch.setattr(past, "told_whole", told_whole)
    return asked


def sighting(caller: Caller = AUDITOR, **more: Any) -> Sighting:
    return Sighting(Case, THE_FILE, caller, WHEN, **more)


# --- places ---------------------------------------------------------------------------------------


def test_a_run_names_the_place_after_which_it_looks() -> None:
    assert past.after((1, 2, 3)) == {
        "after_created_at": 1,
        "after_record_class": 2,
        "after_seq": 3,
    }
    assert str(HERE > PLACE) == (
        "(audit_events.created_at, audit_events.record_class, audit_events.seq)"
        " > (:after_created_at, :after_record_class, :after_seq)"
    )
    assert [type(one.type) for one in PLACE.clauses] == [type(one.type) for one in HERE.clauses]


def test_every_entry_is_after_the_first_place_and_before_the_last() -> None:
    first, last = (tuple(past.after(place).values()) for place in (FIRST, LAST))
    assert first < (datetime.min.replace(tzinfo=UTC), "", 1)
    assert last > (datetime(9999, 12, 31, tzinfo=UTC), "tasks", 9)


def test_what_was_written_on_a_file_is_asked_as_its_index_has_it() -> None:
    file, outcome = past.written_on(THE_FILE)
    assert said(file) == "audit_events.file_id = the_file"
    assert said(outcome) == "audit_events.outcome = 'written'"
    assert isinstance(outcome.right.type, Text)


# --- how an entry is told -------------------------------------------------------------------------

NOTE_THEN = "audit_events.record = 'note' AND audit_events.record_class IN "
OF_NOTES = listed(classes(POLICY.in_sight("auditor", "note")))
NOTES_WHOLE = listed(classes_whole("auditor", "note"))
SHOWN = ("created/_at", "id", "kind", "occurred/_on")  # of a note in summary
NOTHING = "0 = 1"
FIELDS = "CAST(audit_events.detail -> 'fields' AS TEXT)"


def names_one_of(names: Any) -> str:
    return " OR ".join(f"({FIELDS} LIKE '%' || '\"{one}\"' || '%' ESCAPE '/')" for one in names)


@pytest.mark.usefixtures("predicate")
def test_each_kind_has_its_own_level_in_the_classes_that_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def by_name(_: Sighting, entries: Any, kind: Any) -> Any:
        return literal_column(f"{kind.record}_of_{entries.name}")

    monkeypatch.setattr(past, "kept_with", lambda scope: [Note, Milestone] if scope is Case else [])
    monkeypatch.setattr(Sighting, "level", by_name)
    of_tracks = listed(classes(POLICY.in_sight("auditor", "milestone")))
    assert said(sighting().told(EVENTS)) == (
        "CASE audit_events.record"
        f" WHEN 'note' THEN CASE WHEN ({NOTE_THEN}({OF_NOTES})) THEN note_of_audit_events END"
        " WHEN 'milestone' THEN CASE WHEN (audit_events.record = 'milestone'"
        f" AND audit_events.record_class IN ({of_tracks})) THEN milestone_of_audit_events END END"
    )


def test_who_reads_nothing_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "kept_with", lambda _: [])
    nothing = sighting().told(EVENTS)
    assert said(nothing) == "CAST(NULL AS INTEGER)"
    assert isinstance(nothing.type, Integer)


def asked_of_the_row(level: str, rows: str, where: str = "") -> str:
    """Within a select of entries, as it stands in a statement."""
    return (
        f"SELECT (SELECT {level} FROM {rows} WHERE {rows}.id = audit_events.record_id"
        f" AND {rows}.case_id = the_file AND {where}) AS level FROM audit_events"
    )


def in_select(level: Any) -> str:
    return said(select(level.label("level")).select_from(EVENTS)).replace(" AS anon_2", "")


def test_what_is_read_whole_is_told_whole_where_its_row_is_within_reach(
    predicate: list[str],
) -> None:
    level = sighting(usual=True).level(EVENTS, Milestone)
    assert in_select(level) == asked_of_the_row("2", "milestones", "milestones.version = 1")
    assert predicate == [
        f"milestone auditor {told(POLICY.in_sight('auditor', 'milestone'))} now True"
    ]


def test_what_is_read_in_summary_is_told_briefly_if_it_changed_what_that_shows(
    predicate: list[str],
) -> None:
    level = sighting().level(EVENTS, Note)
    whole = f"audit_events.record_class IN ({NOTES_WHOLE}) AND notes.version = -2"
    brief = names_one_of(SHOWN)
    cases = f"CASE WHEN ({whole}) THEN 2 WHEN ({brief}) THEN 1 END AS anon_1"
    assert in_select(level) == asked_of_the_row(cases, "notes", "notes.version = 1")
    assert predicate == [
        f"note auditor {told(POLICY.in_sight('auditor', 'note'))} now False",
        "whole note auditor now False",
    ]


def judged(role: str) -> str:
    """How an entry of a judgement is told, which is its author's alone until it is submitted."""
    me: Any = literal_column("me", Identifier())
    return in_select(sighting(Caller(me, "", role, None, "ra")).level(EVENTS, Judgement))


SAID = (
    "(judgements.author_id = me OR audit_events.created_at >= judgements.submitted_at)"
    " AND judgements.version = 1"
)


def test_of_what_it_was_before_it_was_said_its_author_alone_is_told(predicate: list[str]) -> None:
    assert judged("auditor") == asked_of_the_row("2", "judgements", SAID)
    grants = told(POLICY.in_sight("auditor", "judgement"))
    assert predicate == [f"judgement auditor {grants} now False"]


@pytest.mark.usefixtures("predicate")
def test_that_it_was_said_is_told_briefly_whatever_a_summary_shows_of_it() -> None:
    text = judged("social_worker")
    assert text.endswith(asked_of_the_row("", "judgements", SAID).partition("FROM")[2])
    assert f"{names_one_of(['id'])} OR audit_events.created_at = judgements.submitted_at)" in text


def test_what_depends_on_the_file_alone_is_asked_of_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "within", lambda kind, rows, *_, **__: rows.c[kind.file] == "7")
    level = sighting().level(EVENTS, Milestone)
    assert said(level) == "CASE WHEN (the_file = '7') THEN 2 END"
    assert all(isinstance(one.type, Integer) for one in (level, past.BRIEF))
    assert said(sighting().level(EVENTS, Note)).startswith("(SELECT CASE WHEN")


def test_the_past_of_a_record_is_not_opened_by_an_agreement(
    predicate: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = Caller(UUID(int=7), "", "partner", None, "ra")
    Sighting(Person, THE_FILE, partner, WHEN).level(EVENTS, Person)
    assert predicate[0].startswith("person partner ")
    assert "agreement" not in predicate[0]
    assert Reach.AGREEMENT in POLICY.in_sight("partner", "person")


# --- what the file is known by --------------------------------------------------------------------


def test_what_follows_from_the_file_is_taken_from_it_and_the_rest_is_asked(
    predicate: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    led = {TEAM: literal_column("on_team", Boolean()), UNIT: literal_column("in_unit", Boolean())}
    grants = {one: frozenset({"clinical", "case"}) for one in (TEAM, UNIT, Reach.LINE)}
    asked: list[Any] = []

    def leads(scope: Any, kind: Any) -> frozenset[Reach]:
        asked.append((scope, kind))
        return frozenset({TEAM, Reach.LINE})

    monkeypatch.setattr(past, "leads", leads)
    within = sighting(led=led).within(Note, grants)
    assert asked == [(Case, Note)]
    assert said(within) == (
        "notes.record_class IN ('case', 'clinical') AND on_team = 1 OR notes.version = 1"
    )
    assert predicate == ["note auditor unit:case+clinical line:case+clinical now False"]


def test_what_is_asked_of_the_file_is_said_once() -> None:
    members = table(TeamMember)
    own = NOTES.c.case_id == "7"
    on_team = NOTES.c.case_id.in_(select(members.c.case_id))
    beside = NOTES.c.id.in_(select(NOTES.c.case_id).where(NOTES.c.version == 1))
    joined = select(NOTES.c.id).join(members, members.c.case_id == NOTES.c.case_id)
    assert said(sighting().said_once(Note, NOTES.c.id.in_(joined))) == (
        "notes.id IN (SELECT notes.id FROM notes"
        " JOIN team_members ON team_members.case_id = notes.case_id)"
    )
    assert said(sighting().said_once(Note, and_(own, on_team, beside))) == (
        "the_file = '7' AND EXISTS (SELECT team_members.case_id FROM team_members"
        " WHERE team_members.case_id = the_file)"
        " AND notes.id IN (SELECT notes.case_id FROM notes WHERE notes.version = 1)"
    )


def test_whether_a_row_is_told_whole_is_said_once_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "told_whole", lambda kind, rows, *_, **__: rows.c[kind.file] == "7")
    assert said(sighting().whole(Note)) == "the_file = '7'"


def test_of_the_file_is_asked_each_reach_that_leads_to_its_rows(
    predicate: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that some kind is read by; each by itself."""
    monkeypatch.setattr(past, "kept_with", lambda scope: [Note, Milestone] if scope is Case else [])
    every = {Note: {TEAM, UNIT, Reach.SELF}, Milestone: {UNIT, Reach.SELF}}
    monkeypatch.setattr(past, "leads", lambda scope, kind: every[kind] if scope is Case else set())
    monkeypatch.setattr(
        past,
        "of_the_past",
        lambda role, record: {TEAM: "x"} if (role, record) == ("auditor", "note") else {UNIT: "y"},
    )
    found = past.sighted_by(Case, AUDITOR, WHEN)
    assert list(found) == [one for one in Reach if one in (TEAM, UNIT)]
    assert {*predicate} == {"case auditor team:case now True", "case auditor unit:case now True"}
    for number, one in enumerate(found.values(), 1):
        assert str(select(one)).replace("\n", "") == (
            "SELECT EXISTS (SELECT 1 FROM cases AS cases_1 WHERE cases_1.id = :file"
            " AND cases_1.version = :version_1) AS anon_1"
        )
        binds = one.compile().binds
        assert isinstance(binds["file"].type, Identifier)
        assert binds["version_1"].value == number


def test_of_a_kind_whose_rows_say_their_class_the_file_is_asked_for_none(
    predicate: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "kept_with", lambda _: [Milestone])
    monkeypatch.setattr(past, "leads", lambda *_: {TEAM})
    monkeypatch.setattr(past, "of_the_past", lambda *_: {TEAM: "x"})
    past.sighted_by(Note, AUDITOR, WHEN)
    assert predicate == ["note auditor team: now True"]


def test_whether_a_clause_depends_on_the_row() -> None:
    assert past.asks_of(and_(TRACKS.c.id == "7", NOTES.c.version == 1), NOTES)
    assert not past.asks_of(and_(TRACKS.c.id == "7", null().is_(None)), NOTES)


def test_the_fields_that_an_entry_names_are_found_by_their_whole_name() -> None:
    assert said(past.sets_any(EVENTS, ["b", "a_b"])) == names_one_of(["a/_b", "b"])
    assert said(past.sets_any(EVENTS, [])) == NOTHING


# --- which entries --------------------------------------------------------------------------------


def test_entries_of_each_kind_in_the_classes_that_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "kept_with", lambda scope: [Note, Case] if scope is Case else [])
    assert said(past.classes_then(EVENTS, Case, "religious_counsellor")) == " OR ".join(
        f"audit_events.record = '{one}' AND audit_events.record_class IN ({listed(names)})"
        for one in ("note", "case")
        if (names := classes(POLICY.in_sight("religious_counsellor", one)))
    )
    monkeypatch.setattr(past, "of_the_past", lambda role, record: {})
    assert said(past.classes_then(EVENTS, Case, "auditor")) == NOTHING


def of_the(record: str, names: Any) -> str:
    return f"audit_events.record = '{record}' AND audit_events.record_class IN ({listed(names)})"


def test_entries_of_records_are_those_in_their_classes() -> None:
    seen = [("note", {"b", "a"}), ("task", {"c"}), ("track", set[str]())]
    expected = f"{of_the('note', 'ab')} OR {of_the('task', 'c')}"
    assert said(past.of_records(EVENTS, seen)) == expected
    assert said(past.of_records(EVENTS, [])) == NOTHING


def test_what_is_done_knowingly_is_no_rules_and_is_seen_or_is_what_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(past, "records_read", lambda: ["person", "note"])
    assert said(past.done_knowingly(EVENTS, "partner")) == (
        "audit_events.outcome != 'written' OR (audit_events.detail -> 'drawn') IS NULL"
        " AND ((audit_events.action LIKE audit_events.record || '.' || '%')"
        f" OR {of_the('person', ['identity'])})"
    )


def test_entries_of_what_is_read_whole_by_one_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "records_read", lambda: ["note", "event"])
    ((reach, names),) = POLICY.grants("auditor", "note.read").items()
    ((also, audit),) = POLICY.grants("auditor", "event.read").items()
    assert reach == also
    expected = f"{of_the('note', names)} OR {of_the('event', audit)}"
    assert said(past.of_records_read(EVENTS, Sight(AUDITOR, reach, WHEN))) == expected
    assert said(past.of_records_read(EVENTS, Sight(AUDITOR, TEAM, WHEN))) == NOTHING


def test_records_that_are_read_have_a_verb_for_it() -> None:
    read, every = set(past.records_read()), set(POLICY.records)
    assert {"note", "case", "event"} < read < every
    assert {f"{one}.read" for one in read} == {f"{one}.read" for one in every} & set(POLICY.verbs)


def test_a_file_keeps_its_own_row_and_what_points_at_it() -> None:
    of_case, of_person = set(past.kept_with(Case)), set(past.kept_with(Person))
    assert {Case, Note, Milestone, TeamMember} < of_case
    assert Person in of_person
    assert not of_case & of_person
    assert all(f"{one.record}.read" in POLICY.verbs for one in of_case | of_person)


# --- what is chosen -------------------------------------------------------------------------------


def test_what_is_chosen_is_asked_of_the_entry_itself() -> None:
    names = ("until", "since", "record", "record_id")
    expected = ("created_at < :until", "created_at >= :since", "record = :record", "record_id = ")
    kinds = (UtcDateTime, UtcDateTime, type(EVENTS.c.record.type), type(EVENTS.c.record_id.type))
    clauses = [*past.narrowed(names)]
    assert len(clauses) == len(names)
    for clause, name, text, kind in zip(clauses, names, expected, kinds, strict=True):
        assert str(clause).startswith(f"audit_events.{text}")
        ((key, value),) = clause.compile().binds.items()
        assert (key, type(value.type)) == (name, kind)
    assert [*past.narrowed(())] == []


def test_nobody_is_found_by_what_a_summary_leaves_untold() -> None:
    level: Any = literal_column("level", Integer())
    assert past.untold_by(("record", "since"), level) == []
    assert [said(one) for one in past.untold_by(("actor_id", "record"), level)] == ["level != 1"]
    assert [said(one) for one in past.untold_by(("role",), level)] == ["level != 1"]
