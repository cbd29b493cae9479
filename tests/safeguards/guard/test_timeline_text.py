"""The statement behind a timeline, word for word, and how its parts follow each other."""

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy import Boolean, Integer, LargeBinary, insert, literal_column, select

from app.core.db import Identifier
from app.core.errors import Invalid, NotFound
from app.core.paging import scope, unseal
from app.core.values import now
from app.registry.cases.models import Case
from app.registry.cases.on_case import OnCase
from app.safeguards.access.policy import Reach
from app.safeguards.audit.models import SAID
from app.safeguards.guard import timeline
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.door import NOW, particulars, somebody
from app.safeguards.guard.entries import Asked
from app.safeguards.guard.past import EVENTS, FIRST, LAST, after
from app.safeguards.guard.timeline import Form, Span, Telling
from app.safeguards.identity.caller import Caller

KEY, FILE = b"c" * 32, UUID(int=9)
MARK = OnCase("history.read")
CALLER = Caller(UUID(int=7), "", "auditor", None, "ra", UUID(int=8))
AT = datetime(2026, 3, 1, tzinfo=UTC)
PLACE = (AT, "case", 3)


class Some(BaseModel):
    event_id: UUID
    action: str


def form(**more: Any) -> Form:
    fixed: dict[str, Any] = {"engine": "sqlite", "filters": (), "newest_first": True}
    return Form(Some, MARK, "auditor", (False, True), **{**fixed, "streams": False, **more})


# --- what is asked --------------------------------------------------------------------------------


def asking(span: Span, **filters: Any) -> Telling:
    own: dict[str, Any] = {"mark": MARK, "file_id": FILE, "caller": CALLER, "token": b"token"}
    return timeline.telling(Some, span, filters, engine="sqlite", cursors=KEY, **own)


def test_a_span_is_all_of_the_past_newest_first_as_a_stream() -> None:
    told = asking(Span())
    own = {"file": FILE, "token": b"token", "session": UUID(int=8)}
    assert told.form == form(streams=True)
    assert told.form.usual is True
    assert told.given == {**own, "limit": 2000, "more": 2001, **after(LAST)}
    assert (told.size, told.cursors, told.caller, told.begun) == (2000, KEY, CALLER, False)
    assert told.scope == scope("timeline", "history.read", FILE, CALLER.id, True, chosen={})
    assert told.form.scope is Case


def test_a_page_is_of_what_is_chosen_and_goes_on_where_its_cursor_says() -> None:
    span = Span(since=AT, newest_first=False, limit=3)
    told = asking(span, record="note", action=None)
    chosen = {"record": "note", "since": AT}
    assert told.form == form(filters=("record", "since"), newest_first=False)
    own = {"file": FILE, "token": b"token", "session": UUID(int=8), "limit": 3, "more": 4}
    assert told.given == {**chosen, **own, **after(FIRST)}
    assert told.scope == scope("timeline", "history.read", FILE, CALLER.id, False, chosen=chosen)
    page = json.loads(told.shown(b"", PLACE).body)
    again = asking(replace(span, cursor=page["next"]), record="note", action=None)
    assert again.given == {**told.given, **after(PLACE)}
    with pytest.raises(Invalid):
        asking(replace(span, cursor=page["next"]), record="task")


def test_the_end_of_a_span_is_chosen_too() -> None:
    assert asking(Span(until=AT)).given["until"] == AT


# --- how it is told -------------------------------------------------------------------------------


@pytest.mark.parametrize("last", [None, PLACE])
def test_a_page_is_told_with_the_cursor_of_the_next(last: Any) -> None:
    told = asking(Span(limit=3))
    shown = told.shown(b"1,2", last)
    page = json.loads(shown.body)
    assert (page.pop("items"), shown.rest) == ([1, 2], None)
    cursor = page.pop("next")
    assert page == {}
    if last:
        assert unseal(KEY, told.scope, cursor) == ["2026-03-01T00:00:00.000000Z", "case", 3]
    else:
        assert cursor is None


def test_the_parts_of_a_stream_are_one_page() -> None:
    told = asking(Span())
    first = told.shown(b"1,2", PLACE)
    assert first.body == b'{"items":[1,2'
    rest: Any = first.rest
    following = rest.__self__
    assert following == replace(told, given={**told.given, **after(PLACE)}, begun=True)
    assert rest == following.resumed
    assert following.shown(b"3", None).body == b',3],"next":null}'
    assert following.shown(b"", None).body == b'],"next":null}'
    assert told.shown(b"", None).body == b'{"items":[],"next":null}'


DB: Any = SimpleNamespace(name="the database")


class Statements:
    """The rows that each form finds, and what was asked in which order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, usual: Any, rare: Any) -> None:
        self.rows, self.asked = {True: usual, False: rare}, list[Any]()
        monkeypatch.setattr(timeline, "statement_of", lambda form: self.of("rows", form))
        monkeypatch.setattr(timeline, "witness", lambda engine: self.of("event", engine))
        monkeypatch.setattr(timeline, "wall_of", lambda caller: ("wall of", caller.id))
        monkeypatch.setattr(timeline, "planned_once", self.planned_once)

    def planned_once(self, db: Any, wall: Any) -> Any:
        assert (db, wall) == (DB, ("wall of", CALLER.id))
        self.asked.append("planned once")
        return nullcontext()

    def of(self, what: str, which: Any) -> Any:
        def run(db: Any, values: Any) -> Any:
            assert db is DB
            self.asked.append((what, which, values))
            return self.rows[which.usual] if what == "rows" else []

        return SimpleNamespace(run=run)


def test_who_has_something_rare_is_asked_for_again_and_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told, row = asking(Span(limit=3)), [[b"1", 1, *PLACE]]
    values = {**told.given, **particulars(CALLER, AT)}
    usual, rare = ("rows", told.form, values), ("rows", form(usual=False), values)
    some = Statements(monkeypatch, row, None)
    shown: Any = told.part(DB, AT)
    assert (shown[0].body, shown[1]) == (b'{"items":[1],"next":null}', 1)
    assert some.asked == ["planned once", usual]
    some = Statements(monkeypatch, [], row)
    assert told.part(DB, AT) == shown
    assert some.asked == ["planned once", usual, rare]
    Statements(monkeypatch, [], [])
    assert told.part(DB, AT) is None
    some = Statements(monkeypatch, [], row)
    assert (
        told.part(DB, AT, Circumstances(CALLER, "history.read", "GET /route", CALLER.id, AT))
        is None
    )
    assert some.asked == ["planned once", usual]


def test_a_part_tells_how_much_of_it_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    told = asking(Span(limit=3))
    for found, count in ((0, 0), (3, 3), (4, 3)):
        Statements(monkeypatch, [[b"1" if found else None, found, *PLACE]], [])
        shown: Any = told.part(DB, AT)
        page = json.loads(shown[0].body)
        assert (shown[1], page["items"]) == (count, [1] if found else [])
        assert (page["next"] is not None) is (found == 4)
    Statements(monkeypatch, [[b"1", 2001, *PLACE]], [])
    streamed: Any = asking(Span()).part(DB, AT)
    assert (streamed[0].body, streamed[1]) == (b'{"items":[1', "all")


@pytest.mark.parametrize(("span", "count"), [(Span(), "all"), (Span(limit=3), 2)])
def test_with_circumstances_the_event_is_written_too(
    monkeypatch: pytest.MonkeyPatch, span: Span, count: Any
) -> None:
    some = Statements(monkeypatch, [[b"1,2", 2, *PLACE]], [])
    circumstances = Circumstances(CALLER, "history.read", "GET /route", UUID(int=5), AT)
    asking(span).part(DB, AT, circumstances)
    what, engine, event = some.asked[-1]
    expected = circumstances.event("read", file_id=FILE, record="history", detail={"shown": count})
    assert (what, engine, {**event, "id": 0}) == ("event", "sqlite", {**expected, "id": 0})


def test_the_rest_is_asked_for_at_its_own_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    some, before = Statements(monkeypatch, [[b"1", 1, *PLACE]], []), now()
    told = replace(asking(Span()), begun=True)
    assert told.resumed(DB).body == b',1],"next":null}'
    assert before <= some.asked[-1][2]["at"] <= now()
    Statements(monkeypatch, [], [])
    with pytest.raises(NotFound):
        told.resumed(DB)


def test_the_event_of_an_answer_is_inserted_in_all_its_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timeline, "Statement", lambda *made: made)
    unkept: Any = timeline.witness
    made, engine = unkept.__wrapped__("sqlite")
    compiled = made.compile()
    assert engine == "sqlite"
    assert str(made) == str(insert(EVENTS).values({one: None for one in SAID}))
    assert {name: type(one.type) for name, one in compiled.binds.items()} == {
        one.name: type(one.type) for one in SAID
    }


# --- the statement --------------------------------------------------------------------------------

TOGETHER = {"sqlite": "group_concat", "postgresql": "string_agg"}


@pytest.fixture
def plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walls and the text of an entry in plain words."""

    def opened(form: Form, caller: Caller) -> Any:
        assert (form.mark, caller) == (MARK, somebody("auditor", (False, True)))
        words: Any = (literal_column("1").label("open"), literal_column("by_team").label("team"))
        return select(*words).cte("live")

    class Sighted:
        def __init__(self, *asked: Any) -> None:
            scope, file_id, caller, when, led, usual = asked
            assert (scope, caller.role, when) == (Case, "auditor", NOW)
            assert (file_id.key, type(file_id.type)) == ("file", Identifier)
            (reach,) = led
            assert reach is Reach.TEAM
            self.usual, self.led = usual, str(led[reach]).replace("\n", "")

        def told(self, events: Any) -> Any:
            assert events is EVENTS
            assert self.led.endswith(" SELECT live.team FROM live)")
            return literal_column(f"level_{self.usual}", Integer())

    def entry(out: Any, rows: Any, asked: Asked) -> Any:
        assert (out, asked.scope, asked.role) == (Some, Case, "auditor")
        return literal_column(f"entry_on_{asked.engine}_of_{rows.name}")

    monkeypatch.setattr(timeline, "opened", opened)
    monkeypatch.setattr(timeline, "Sighting", Sighted)
    monkeypatch.setattr(timeline, "entry", entry)
    monkeypatch.setattr(timeline, "Statement", lambda *made: made)


ORDER = ("created_at", "record_class", "seq")
LOOKED_AT = (*ORDER, "record", "detail", "id", "action")


def ordered(rows: str, way: str) -> str:
    return ", ".join(f"{rows}.{one} {way}" for one in ORDER)


def named(rows: str, *names: str) -> str:
    return ", ".join(f"{rows}.{one} AS {one}" for one in names)


@pytest.mark.usefixtures("plainly")
@pytest.mark.parametrize("engine", TOGETHER)
@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize(
    ("filters", "chosen", "untold"),
    [
        ((), "", ""),
        (("record",), " AND audit_events.record = :record", ""),
        (("role",), " AND audit_events.role = :role", " AND looked_at.told_as != 1"),
    ],
)
def test_a_timeline_is_one_statement(
    engine: str, newest_first: bool, filters: Any, chosen: str, untold: str
) -> None:
    asked = form(engine=engine, newest_first=newest_first, filters=filters, usual=False)
    unkept: Any = timeline.statement_of
    made, on = unkept.__wrapped__(asked)
    assert on == engine
    way, back, than = ("DESC", "ASC", "<") if newest_first else ("ASC", "DESC", ">")
    place = ", ".join(f"audit_events.{one}" for one in ORDER)
    looked_at = (
        f"SELECT {named('audit_events', *LOOKED_AT)}, level_False AS told_as FROM audit_events"
        " WHERE (EXISTS (SELECT live.open FROM live)) AND audit_events.file_id = :file"
        f" AND audit_events.outcome = 'written'{chosen}"
        f" AND ({place}) {than} (:after_created_at, :after_record_class, :after_seq)"
        f" ORDER BY {ordered('audit_events', way)} LIMIT -1 OFFSET 0"
    )
    entries = (
        f"SELECT entry_on_{engine}_of_looked_at AS text, {named('looked_at', *ORDER)}"
        f" FROM ({looked_at}) AS looked_at WHERE looked_at.told_as >= 1{untold} LIMIT :more"
    )
    told = (
        f"SELECT {named('entries', 'text', *ORDER)} FROM entries"
        f" ORDER BY {ordered('entries', way)} LIMIT :limit"
    )
    together = TOGETHER[engine]
    whole = f"{together}(told.text, ',' ORDER BY {ordered('told', way)}) AS {together}_1"
    last = (
        f"SELECT {named('told', *ORDER)} FROM told ORDER BY {ordered('told', back)} LIMIT :param_1"
    )
    assert " ".join(str(made).split()) == (
        "WITH live AS (SELECT 1 AS open, by_team AS team),"
        f" entries AS ({entries}), told AS ({told})"
        f" SELECT (SELECT {whole} FROM told) AS anon_1,"
        " (SELECT count(*) AS count_1 FROM entries) AS anon_2,"
        " last.created_at, last.record_class, last.seq"
        f" FROM live LEFT OUTER JOIN ({last}) AS last ON true"
    )
    binds = made.compile().binds
    assert all(isinstance(binds[one].type, Integer) for one in ("more", "limit"))
    assert binds["param_1"].value == 1
    assert isinstance(made.selected_columns[0].type, LargeBinary)


@pytest.mark.parametrize(("newest_first", "than"), [(True, "<"), (False, ">")])
def test_what_is_chosen_is_asked_beyond_a_place(newest_first: bool, than: str) -> None:
    filters = ("since", "record")
    since, record, place = timeline.chosen(form(filters=filters, newest_first=newest_first))
    assert str(since) == "audit_events.created_at >= :since"
    assert str(record) == "audit_events.record = :record"
    assert f") {than} (" in str(place)


@pytest.mark.parametrize("usual", [True, False])
def test_token_and_wall_are_asked_for_with_what_leads_on(
    monkeypatch: pytest.MonkeyPatch, usual: bool
) -> None:
    caller = somebody("auditor", (False, True))

    def words(text: str, *expected: Any, **more: Any) -> Any:
        def said(*asked: Any, **given: Any) -> Any:
            assert (asked, given) == (expected, more)
            return literal_column(text, Boolean())

        return said

    wall = words("wall", MARK, None, caller, usual=usual)
    sighted = words("by_team", Case, caller, NOW)
    monkeypatch.setattr(timeline, "good_token", words("token", caller))
    monkeypatch.setattr(timeline, "wall", lambda *asked, **more: [wall(*asked, **more)])
    monkeypatch.setattr(timeline, "has_something_rare", words("rare", caller, NOW))
    monkeypatch.setattr(
        timeline, "sighted_by", lambda *asked, **more: {Reach.TEAM: sighted(*asked, **more)}
    )
    live = timeline.opened(form(usual=usual), caller)
    rare, led = (" AND NOT rare", ", by_team AS team") if usual else ("", "")
    assert live.name == "live"
    assert " ".join(str(live.element).split()) == (
        f"SELECT 1 AS open{led} WHERE token AND wall{rare}"
    )
