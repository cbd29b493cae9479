"""The verbs that read evidence, by themselves: what they ask, and what they tell of it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, insert

from app.casework.notes.models import Note
from app.core.db import Base, table
from app.core.errors import Invalid, NotFound
from app.core.paging import Paging, scope, unseal
from app.core.values import new_id
from app.insight.schemas import (
    AccessOut,
    AccessSummaryOut,
    EventOut,
    EventSummaryOut,
    TechnicalEventOut,
    TimelineEntryOut,
)
from app.registry.cases.models import Case
from app.registry.cases.on_case import OnCase
from app.registry.cases.track_models import Track
from app.safeguards.access.bars import Bar
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.audit.models import AuditEvent, AuditSubject, Revision
from app.safeguards.guard import trail
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.columns import columns_shown
from app.safeguards.guard.door import particulars
from app.safeguards.guard.ground import NoFile
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.past import FIRST, after
from app.safeguards.guard.timeline import Span
from app.safeguards.guard.trail import Version, opened
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.guard.versions import VERSION
from app.safeguards.guard.writing import revision_place
from app.safeguards.vault.sealing import seal
from tests.safeguards.guard.test_ground import AT, FILE, OTHER, Written, working

KEY = b"c" * 32
READ, HISTORY = Permit("event.read"), OnCase("history.read")


def evidenced(work: UnitOfWork, db: Any) -> UnitOfWork:
    vault: Any = SimpleNamespace(cursors=KEY, admitting=b"k" * 32)
    work._db, work._vault, work._writes = db, vault, Written(0)  # type: ignore[assignment]
    return work


# --- events of the trail --------------------------------------------------------------------------

# Number, the reach that opens it, its file, and the file that was asked for.
EVENTS = (
    *((1, "self", FILE, None), (2, "self", OTHER, None), (3, "nobody", FILE, FILE)),
    *((4, "self", None, FILE), (5, "self", OTHER, None), (6, "unit", FILE, None)),
    *((7, "line", OTHER, FILE), (8, "any", None, None)),
)
SHOWN = ((5, FILE), (2, OTHER), (6, OTHER))


@pytest.fixture
def db() -> Iterator[Connection]:
    """Of the trail alone."""
    engine, kinds = create_engine("sqlite://"), (AuditEvent, AuditSubject, Bar, Revision)
    Base.metadata.create_all(engine, [table(one) for one in kinds])
    told = Circumstances(None, "note.add", "POST /route", new_id(), AT)
    with engine.connect() as db:
        for number, reach, file_id, asked_id in reversed(EVENTS):
            row = told.event("read", code=reach, file_id=file_id, asked_id=asked_id)
            row |= {"id": UUID(int=number), "action": f"note.{'add' if number < 5 else 'read'}"}
            db.execute(insert(table(AuditEvent)).values(row))
        for number, shown in SHOWN:
            row = {"event_id": UUID(int=number), "file_id": shown}
            db.execute(insert(table(AuditSubject)).values(row))
        yield db


@pytest.fixture
def sights(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The rule of evidence opens what has the name of the reach for its code."""
    asked: list[Any] = []

    def rule(events: Any, sight: Any, brief: bool) -> Any:
        asked.append((sight, brief))
        return events.c.code == sight.reach.value

    monkeypatch.setattr(trail, "evidence_rule", lambda: rule)
    return asked


def reader(db: Connection, role: str) -> UnitOfWork:
    return evidenced(working(READ, role, None, "GET"), db)


def told(
    work: UnitOfWork,
    file_id: UUID | None = None,
    limit: int = 50,
    cursor: str | None = None,
    **chosen: Any,
) -> tuple[list[int], Any]:
    """The numbers of the events of a page, and the cursor of the next."""
    page = json.loads(work.evidence(EventOut, Paging(limit, cursor), file_id, **chosen).body)
    assert page.keys() == {"items", "next"}
    return [UUID(one["id"]).int for one in page["items"]], page["next"]


def test_a_reader_is_told_what_their_reaches_open_and_whole(
    db: Connection, sights: list[Any]
) -> None:
    work = reader(db, "social_worker")
    work._shown = {"version": 1}
    assert told(work) == ([1, 2, 4, 5], None)
    assert work._shown == {"version": 1, "record": "event", "count": 4}
    ((sight, brief),) = sights
    assert (sight.caller, sight.reach, sight.when) == (work.actor, Reach.SELF, work._when)
    assert brief is False
    (first, *_) = json.loads(work.evidence(EventOut, Paging()).body)["items"]
    assert first.keys() == EventOut.model_fields.keys()
    assert (first["id"], first["file_id"]) == (str(UUID(int=1)), str(FILE))
    assert first["created_at"] == "2026-03-01T23:59:00.000000Z"


def test_who_leads_is_told_the_summary_for_their_role(db: Connection, sights: list[Any]) -> None:
    work = reader(db, "supervisor")
    assert told(work) == ([6, 7], None)
    assert [(one.reach, brief) for one, brief in sights] == [
        (Reach.UNIT, True),
        (Reach.LINE, True),
    ]
    for role, shape in (("supervisor", EventSummaryOut), ("administrator", TechnicalEventOut)):
        page = json.loads(reader(db, role).evidence(EventOut, Paging()).body)
        assert page["items"]
        assert all(one.keys() == shape.model_fields.keys() for one in page["items"])


def test_who_reads_no_evidence_is_told_none(db: Connection, sights: list[Any]) -> None:
    assert told(reader(db, "statistician")) == ([], None)
    reader(db, "auditor")._events_within({Reach.SELF: frozenset()})
    assert [brief for _, brief in sights] == [False]


@pytest.mark.usefixtures("sights")
def test_what_is_not_chosen_does_not_count_and_what_is_does(db: Connection) -> None:
    work = reader(db, "social_worker")
    assert told(work, action="note.add", outcome=None) == ([1, 2, 4], None)
    assert told(work, action="note.add", outcome="written") == ([], None)
    assert told(work, action="note.read", outcome="read") == ([5], None)


@pytest.mark.usefixtures("sights")
def test_a_summary_is_not_found_by_what_it_does_not_show(db: Connection) -> None:
    fits: dict[str, Any] = {"action": "note.read", "outcome": None}
    assert told(reader(db, "supervisor"), FILE, **fits) == ([6], None)
    assert told(reader(db, "administrator"), **fits) == ([8], None)
    for file_id, chosen, lacking in (
        (None, {"chain": "x", "seq": 1}, ["chain", "seq"]),
        (FILE, {"chain": "x"}, ["chain", "file_id"]),
        (FILE, {}, ["file_id"]),
    ):
        with pytest.raises(Invalid) as refused:
            told(reader(db, "administrator"), file_id, **fits, **chosen)
        assert [one.pointer for one in refused.value.errors] == [f"query.{one}" for one in lacking]


@pytest.mark.usefixtures("sights")
def test_of_a_file_is_told_who_asked_for_it_and_was_shown_it_too(db: Connection) -> None:
    work = reader(db, "social_worker")
    assert told(work, FILE) == ([1, 4, 5], None)
    assert told(work, OTHER) == ([2, 5], None)
    assert told(work, new_id()) == ([], None)
    assert told(reader(db, "supervisor"), OTHER) == ([7], None)
    # One that is closed to the reader is no more than an id that is nobody's.
    for whom, found in ((new_id(), [1, 4, 5]), (work.actor.id, [1, 4])):
        row = {"file_id": FILE, "user_id": whom, "source_id": new_id()}
        db.execute(insert(table(Bar)).values(row))
        assert told(work, FILE) == (found, None)


@pytest.mark.usefixtures("sights")
def test_a_page_of_evidence_ends_where_its_limit_says_and_the_next_goes_on(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, limits = reader(db, "social_worker"), list[int]()
    execute = work._execute

    def watched(statement: Any) -> Any:
        limits.append(statement._limit)
        return execute(statement)

    monkeypatch.setattr(work, "_execute", watched)
    assert told(work, limit=4) == ([1, 2, 4, 5], None)
    found, cursor = told(work, limit=3)
    assert (found, work._shown["count"]) == ([1, 2, 4], 3)
    here = scope("events", None, work.actor.id, chosen={})
    assert unseal(KEY, here, cursor) == [str(UUID(int=4))]
    assert told(work, limit=3, cursor=cursor) == ([5], None)
    assert limits == [5, 4, 4]
    _, cursor = told(work, FILE, limit=1, action="note.add")
    here = scope("events", FILE, work.actor.id, chosen={"action": "note.add"})
    assert unseal(KEY, here, cursor) == [str(UUID(int=1))]
    with pytest.raises(Invalid):
        told(work, limit=1, cursor=cursor)


# --- who looked -----------------------------------------------------------------------------------

LOOK = OnCase("access.read")


def looked(
    work: UnitOfWork, limit: int = 50, cursor: str | None = None, **chosen: Any
) -> tuple[list[int], Any]:
    page = json.loads(work.looks(AccessOut, Paging(limit, cursor), **chosen).body)
    assert page.keys() == {"items", "next"}
    return [UUID(one["event_id"]).int for one in page["items"]], page["next"]


def looking(db: Connection, role: str = "social_worker") -> UnitOfWork:
    return evidenced(working(LOOK, role, FILE, "GET"), db)


def test_who_looked_at_the_file_of_the_path_is_told_newest_first_as_evidence_is(
    db: Connection, sights: list[Any]
) -> None:
    work = looking(db)
    work._shown = {"version": 1}
    assert looked(work) == ([5, 4, 1], None)
    assert work._shown == {"version": 1, "record": "access", "count": 3}
    assert [(one.reach, brief) for one, brief in sights] == [(Reach.SELF, False)]
    row = {"id": UUID(int=9), "action": "note.read", "detail": {"shown": 3, "as_of": "then"}}
    made = Circumstances(None, "note.read", "GET /route", new_id(), AT)
    event = made.event("read", code="self", file_id=FILE, record_version=2, **row)
    db.execute(insert(table(AuditEvent)).values(event))
    (first, *_) = json.loads(looking(db).looks(AccessOut, Paging()).body)["items"]
    assert first.keys() == AccessOut.model_fields.keys()
    told = [first[name] for name in ("event_id", "at", "version", "shown", "as_of")]
    assert told == [str(UUID(int=9)), "2026-03-01T23:59:00.000000Z", 2, 3, "then"]


@pytest.mark.usefixtures("sights")
def test_who_leads_is_told_of_looks_in_summary(db: Connection) -> None:
    page = json.loads(looking(db, "supervisor").looks(AccessOut, Paging()).body)
    assert [UUID(one["event_id"]).int for one in page["items"]] == [7, 6]
    assert {frozenset(one) for one in page["items"]} == {frozenset(AccessSummaryOut.model_fields)}


@pytest.mark.usefixtures("sights")
def test_looks_are_chosen_by_what_is_shown_of_them_and_by_when_they_were(db: Connection) -> None:
    work = looking(db)
    assert looked(work, action="note.add", record=None) == ([4, 1], None)
    assert looked(work, since=AT, until=None) == ([5, 4, 1], None)
    assert looked(work, until=AT) == ([], None)
    leading = looking(db, "supervisor")
    assert looked(leading, since=AT, action="note.read") == ([7, 6], None)
    assert looked(leading, until=AT) == ([], None)
    with pytest.raises(Invalid) as refused:
        looked(leading, record="note", since=AT)
    assert [one.pointer for one in refused.value.errors] == ["query.record"]


@pytest.mark.usefixtures("sights")
def test_a_page_of_looks_ends_where_its_limit_says_and_the_next_goes_on(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, limits = looking(db), list[int]()
    execute = work._execute

    def watched(statement: Any) -> Any:
        limits.append(statement._limit)
        return execute(statement)

    monkeypatch.setattr(work, "_execute", watched)
    assert looked(work, limit=3) == ([5, 4, 1], None)
    found, cursor = looked(work, limit=2, since=AT)
    assert (found, work._shown["count"], limits) == ([5, 4], 2, [4, 3])
    here = scope("looks", FILE, work.actor.id, chosen={"since": AT})
    assert unseal(KEY, here, cursor) == [str(UUID(int=4))]
    assert looked(work, limit=2, cursor=cursor, since=AT) == ([1], None)
    with pytest.raises(Invalid):
        looked(work, limit=2, cursor=cursor)
    found, cursor = looked(work, limit=1)
    assert (found, looked(work, limit=1, cursor=cursor)[0]) == ([5], [4])


# --- the timeline ---------------------------------------------------------------------------------

DB: Any = SimpleNamespace(dialect=SimpleNamespace(name="sqlite"))


def test_a_timeline_is_told_of_the_file_of_the_path_to_who_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work, span = evidenced(working(HISTORY, method="GET"), DB), Span(limit=3)
    writes: Any = work._writes
    work._shown, work._asked.token = {"version": 1}, b"token"
    shown, answers = object(), [(object(), 7), None]
    answers[0] = (shown, 7)

    def part(db: Any, at: Any) -> Any:
        assert (db, at, writes.done) == (DB, AT, [False])
        writes.done.clear()
        return answers.pop(0)

    def telling(*given: Any, **more: Any) -> Any:
        assert given == (TimelineEntryOut, span, {"record": "note", "action": None})
        assert more == {
            **{"mark": HISTORY, "file_id": FILE, "caller": work.actor, "token": b"token"},
            **{"engine": "sqlite", "cursors": KEY},
        }
        return SimpleNamespace(part=part)

    monkeypatch.setattr(trail, "telling", telling)
    told: Any = work.timeline(TimelineEntryOut, span, record="note", action=None)
    assert told is shown
    assert work._shown == {"version": 1, "record": "history", "count": 7}
    with pytest.raises(NotFound):
        work.timeline(TimelineEntryOut, span, record="note", action=None)


# --- the history ----------------------------------------------------------------------------------


class Versions:
    """Stands for the statement: keeps what it was given, and finds as many rows as there are."""

    def __init__(self, number: int) -> None:
        self.rows = [[(n, name) for name in VERSION] for n in range(number)]
        self.given: Any = None

    def run(self, db: Any, given: Any) -> Any:
        assert db is DB
        self.given = given
        return self.rows[: given["more"]]


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> UnitOfWork:
    """Whose versions are what was found of them, each at a place of its own."""
    made = evidenced(working(HISTORY, method="GET"), DB)

    def version(event: Any) -> Version:
        assert event == {name: (event["id"][0], name) for name in VERSION}
        moment = datetime(2026, 3, 1 + event["id"][0], tzinfo=UTC)
        return Version({}, {}, {"created_at": moment, "record_class": "case", "seq": 7})

    monkeypatch.setattr(made, "_version", version)
    return made


def asking(
    monkeypatch: pytest.MonkeyPatch, work: UnitOfWork, number: int, *filters: str
) -> Versions:
    found = Versions(number)

    def versions_of(*form: Any) -> Versions:
        assert form == (Case, "social_worker", (True, True), "sqlite", filters)
        return found

    monkeypatch.setattr(trail, "versions_of", versions_of)
    return found


def days(found: list[Version]) -> list[int]:
    return [one.event["created_at"].day for one in found]


def test_a_history_begins_before_all_and_is_of_the_file_of_the_path(
    monkeypatch: pytest.MonkeyPatch, work: UnitOfWork
) -> None:
    writes: Any = work._writes
    work._shown, asked = {"version": 1}, asking(monkeypatch, work, 2)
    found, following = work.history(Paging(limit=2))
    assert (days(found), following) == ([1, 2], None)
    own = {"file": FILE, "more": 3}
    assert asked.given == {**particulars(work.actor, AT), **after(FIRST), **own}
    assert writes.done == [False]
    assert work._subjects == {FILE}
    assert work._shown == {"version": 1, "record": "history", "count": 2}


def test_a_page_of_history_goes_on_after_the_last_that_was_told(
    monkeypatch: pytest.MonkeyPatch, work: UnitOfWork
) -> None:
    asked = asking(monkeypatch, work, 4)
    found, cursor = work.history(Paging(limit=3))
    assert days(found) == [1, 2, 3]
    assert work._shown["count"] == 3
    here = scope("history", "history.read", FILE, work.actor.id, chosen={})
    assert cursor is not None
    assert unseal(KEY, here, cursor) == ["2026-03-03T00:00:00.000000Z", "case", 7]
    work.history(Paging(limit=3, cursor=cursor))
    place = {name: asked.given[name] for name in after(FIRST)}
    assert place == after((datetime(2026, 3, 3, tzinfo=UTC), "case", 7))
    with pytest.raises(Invalid):
        evidenced(working(HISTORY), DB).history(Paging(limit=3, cursor=cursor))


def test_a_history_is_of_what_is_chosen_and_so_is_its_cursor(
    monkeypatch: pytest.MonkeyPatch, work: UnitOfWork
) -> None:
    asked = asking(monkeypatch, work, 2, "record", "since")
    _, cursor = work.history(Paging(limit=1), since=AT, record="note", actor_id=None)
    assert (asked.given["since"], asked.given["record"]) == (AT, "note")
    assert "actor_id" not in asked.given
    here = scope(
        "history", "history.read", FILE, work.actor.id, chosen={"since": AT, "record": "note"}
    )
    assert cursor is not None
    assert len(unseal(KEY, here, cursor)) == 3
    work.history(Paging(limit=1, cursor=cursor), since=AT, record="note")
    with pytest.raises(Invalid):
        work.history(Paging(limit=1, cursor=cursor), since=AT, record="task")


def test_a_history_is_of_a_file(work: UnitOfWork) -> None:
    assert work._scope is Case
    with pytest.raises(NoFile):
        _ = working(Permit("history.read"))._scope


# --- one version ----------------------------------------------------------------------------------

RECORD, FILE_KEY = new_id(), b"f" * 32
THEN = {"id": "i", "kind": "legal", "text": "said", "author_id": "a", "last_event_id": "e"}
THEN["part"] = "lead"  # of a team, where who reads no plan is not told of it


def kept(version: int, **more: Any) -> bytes:
    whole = json.dumps({**THEN, **more}).encode()
    return seal(FILE_KEY, whole, revision_place(RECORD, version))


def versioned(role: str, record: str = "note", own: bool = False, **more: Any) -> Version:
    """`own`: written by whoever is told of it."""
    work = evidenced(working(HISTORY, role), DB)

    def key_of(file_id: UUID) -> bytes:
        assert file_id == FILE
        return FILE_KEY

    keys: Any = SimpleNamespace(of=key_of)
    work._keys = keys
    event = {
        **{"record": record, "record_id": RECORD, "purpose": "care"},
        **{"actor_id": work.actor.id if own else "me", "basis": "mandate", "relation": "team"},
        **{"detail": {"grants": ["by which"], "fields": ["text"]}},
        **{"in_summary": False, "record_version": 2, "kept_now": kept(2)},
        **{"version_before": 1, "class_before": "justice", "kept_before": kept(1, text="before")},
        **more,
    }
    made = work._version(event)
    of_whom = ("actor_id", "purpose", "basis", "relation", "detail")
    assert {**made.event, **{name: event[name] for name in of_whom}} == event
    return made


SEEN = {name: THEN[name] for name in THEN.keys() & columns_shown(Note, frozenset())}
BRIEF = {name: THEN[name] for name in ("id", "kind")}


def test_a_version_is_told_whole_beside_the_one_before() -> None:
    assert BRIEF.items() < SEEN.items() < THEN.items()
    for role in ("auditor", "prosecutor"):
        found = versioned(role)
        assert (found.now, found.before) == (SEEN, {**SEEN, "text": "before"})
        assert found.event["actor_id"] == "me"
    first = versioned("auditor", version_before=None, class_before=None, kept_before=None)
    assert (first.now, first.before) == (SEEN, {})


def test_a_version_in_summary_is_told_so_and_without_who_wrote_it() -> None:
    found = versioned("auditor", in_summary=True)
    assert (found.now, found.before, found.event["actor_id"]) == (BRIEF, BRIEF, None)
    untold = [found.event[name] for name in ("purpose", "basis", "relation", "detail")]
    assert untold == [None, None, None, {}]


def test_a_version_is_compared_with_what_may_be_read_of_the_one_before() -> None:
    found = versioned("auditor", class_before="clinical")
    assert (found.now, found.before, found.event["actor_id"]) == (SEEN, BRIEF, "me")
    whole = versioned("prosecutor", class_before="clinical")
    assert whole.before == {**SEEN, "text": "before"}


def test_a_version_is_told_in_the_columns_of_its_own_kind() -> None:
    found = versioned("prosecutor", "track")
    assert found.now.keys() == THEN.keys() & columns_shown(Track, frozenset())
    assert found.now.keys() != SEEN.keys()


def test_a_version_is_told_without_the_columns_that_its_reader_may_not_read() -> None:
    for role, told in (("social_worker", True), ("prosecutor", False)):
        assert ("plan" in POLICY.in_columns(role)) is told
        assert ("part" in versioned(role, "team").now) is told


@pytest.mark.parametrize(
    ("reach", "own", "told"),
    [
        (Reach.ANY, False, True),
        (Reach.JURISDICTION, False, True),
        (Reach.UNIT, False, False),
        (Reach.UNIT, True, True),
    ],
)
def test_by_which_grant_somebody_came_is_told_to_them_and_to_who_oversees(
    monkeypatch: pytest.MonkeyPatch, reach: Reach, own: bool, told: bool
) -> None:
    def grants(role: str, action: str) -> dict[Reach, Any]:
        assert (role, action) == ("prosecutor", "event.read")
        return {Reach.SELF: frozenset(), reach: frozenset()}

    of_role = SimpleNamespace(
        grants=grants, in_columns=POLICY.in_columns, in_summary=POLICY.in_summary
    )
    monkeypatch.setattr(trail, "POLICY", of_role)
    detail = versioned("prosecutor", own=own).event["detail"]
    by_which = {"grants": ["by which"]} if told else {}
    assert detail == {"fields": ["text"], **by_which}


def test_who_oversees_nothing_is_not_told_by_which_grant_somebody_came() -> None:
    for role, told in (("prosecutor", False), ("social_worker", False), ("auditor", True)):
        assert ("grants" in versioned(role).event["detail"]) is told


def test_a_revision_is_opened_by_its_place_and_told_as_far_as_it_is_seen() -> None:
    event = {"record_id": RECORD}
    assert opened(FILE_KEY, event, 2, kept(2), frozenset({"text", "other"})) == {"text": "said"}
    assert opened(FILE_KEY, event, None, b"", frozenset({"text"})) == {}
