"""What the short way of reading asks and tells, with no database: else it leaves all alone."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from app.core.paging import Paging, scope, seal, unseal
from app.core.values import new_id
from app.registry.cases.models import TeamMember
from app.registry.cases.on_case import OnCase
from app.safeguards.audit.chain import LOGGED
from app.safeguards.audit.vouching import READ, word
from app.safeguards.guard import quick
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.mark import ForSelf, Mark, Permit
from app.safeguards.guard.questions import AtLength, Question
from app.safeguards.guard.quick import Quick
from app.safeguards.guard.shown import Shown
from app.safeguards.guard.timeline import Span
from app.safeguards.identity.caller import Caller

VOUCHING = b"v" * 32
KEY, FILE, REQUEST = b"c" * 32, UUID(int=9), UUID(int=5)
AT = datetime(2026, 3, 1, 23, tzinfo=UTC)
CALLER = Caller(UUID(int=7), "", "social_worker", UUID(int=6), "ra", UUID(int=8))
MARK, ANYWHERE = OnCase("team.read"), Permit("case.read")
OUT: Any = SimpleNamespace(of=TeamMember, order=("role", "id"))
OTHER: Any = SimpleNamespace(of=TeamMember, order=("id",))
DB: Any = SimpleNamespace(dialect=SimpleNamespace(name="sqlite"))


class Steps:
    """Stands for the plan of a question: the rows that it finds, and what was asked in which order.

    Only what the caller's role is shown of OUT can be spelled.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: list[Any] = []
        self.asked: list[Any] = []
        self.plan = SimpleNamespace(
            statement=SimpleNamespace(run=self.run("rows")),
            sealed=(None,),
            event=None,
            subjects=None,
            mixed=False,
        )
        self.lacking: list[str] = []
        self.questions: list[Question] = []
        monkeypatch.setattr(quick, "plan_of", self.plan_of)
        monkeypatch.setattr(
            quick, "wall_of", lambda caller: SimpleNamespace(first=("wall", caller))
        )
        shown = [(OUT, "social_worker")]
        monkeypatch.setattr(quick, "can_spell_for", lambda *asked: asked in shown)
        monkeypatch.setattr(quick, "lacking_in_summary", self.lacks)

    def plan_of(self, question: Question) -> Any:
        self.questions.append(question)
        return self.plan

    def run(self, what: str) -> Callable[..., list[Any]]:
        def asked(db: Any, values: dict[str, Any], *wall: Any) -> list[Any]:
            assert db is DB
            self.asked.append((what, dict(values), *wall))
            return self.rows

        return asked

    def lacks(self, out: Any, role: str, chosen: Any) -> list[str]:
        assert (out, role) == (OUT, "social_worker")
        return [name for name in chosen if name in self.lacking]

    def with_evidence(self) -> None:
        self.plan.event = SimpleNamespace(run=self.run("event"))
        self.plan.subjects = SimpleNamespace(run=self.run("subjects"))


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    return Steps(monkeypatch)


def reading(
    mark: Mark = MARK, file_id: UUID | None = FILE, caller: Caller = CALLER, vault: Any = None
) -> Quick:
    circumstances = Circumstances(caller, mark.action, "GET /route", REQUEST, AT, VOUCHING)
    vault = vault or SimpleNamespace(cursors=KEY)
    return Quick(DB, vault, mark, file_id, b"token", circumstances)


def given(**more: Any) -> dict[str, Any]:
    """What every question has, less the id of its event and our word for it."""
    who: dict[str, Any] = {"caller": CALLER.id, "unit": CALLER.unit_id, "jurisdiction": "ra"}
    who |= {"session": CALLER.session_id, "token": b"token"}
    when = {"at": AT, "today": AT.date(), "route": "GET /route", "request": REQUEST}
    return {**who, **when, "file": FILE, **more}


def said(asked: dict[str, Any]) -> dict[str, Any]:
    assert isinstance(asked["event"], UUID)
    circumstances = Circumstances(CALLER, MARK.action, "GET /route", REQUEST, AT)
    event = circumstances.event("read", file_id=FILE, record="team", id=asked["event"])
    assert asked["mac"] == word(VOUCHING, event, READ)
    return {name: value for name, value in asked.items() if name not in ("event", "mac")}


def question(one: bool, mark: Mark = MARK, **more: Any) -> Question:
    return Question(OUT, mark, "social_worker", "sqlite", one=one, **more)


# --- one record -----------------------------------------------------------------------------------


@pytest.mark.parametrize("record_id", [None, UUID(int=3)])
def test_one_record_is_read_in_one_statement(steps: Steps, record_id: UUID | None) -> None:
    steps.rows = [[UUID(int=3), 2, b'{"id":3}']]
    work = reading()
    assert work.asked is False
    shown = work.read(OUT, record_id)
    assert shown == Shown(b'{"id":3}', UUID(int=3), etag=True)
    assert work.asked is True
    assert steps.questions == [question(one=True)] * 2
    ((what, values, wall),) = steps.asked
    assert (what, wall) == ("rows", ("wall", CALLER))
    assert said(values) == given(wanted=record_id or FILE)
    assert values["event"] != new_id()


def test_what_is_found_otherwise_is_left_alone(steps: Steps) -> None:
    steps.rows = [[UUID(int=3), 2, b""]]
    work = reading()
    with pytest.raises(AtLength):
        work.read(OUT, UUID(int=3), lambda rows: rows)
    with pytest.raises(AtLength):
        work.read(OTHER)
    assert (steps.asked, work.asked) == ([], False)
    steps.rows = []
    with pytest.raises(AtLength):
        work.read(OUT)
    assert len(steps.asked) == 1


def test_a_handler_asks_for_one_answer(steps: Steps) -> None:
    steps.rows = [[UUID(int=3), 2, b""]]
    work = reading()
    with pytest.raises(AtLength):
        work.reachable(TeamMember, UUID(int=3))
    work.read(OUT)
    asking: tuple[Callable[[], Any], ...] = (
        lambda: work.read(OUT),
        lambda: work.page(OUT, Paging()),
        lambda: work.reachable(TeamMember, UUID(int=3)),
    )
    for again in asking:
        with pytest.raises(RuntimeError):
            again()
    assert len(steps.asked) == 1


@pytest.mark.parametrize(
    "caller",
    [
        replace(CALLER, unit_id=None),
        replace(CALLER, limited=True),
        replace(CALLER, role="auditor"),
    ],
)
def test_an_unusual_caller_goes_the_long_way(steps: Steps, caller: Caller) -> None:
    with pytest.raises(AtLength):
        reading(caller=caller).read(OUT)
    with pytest.raises(AtLength):
        reading(ForSelf()).read(OUT)
    assert steps.asked == []


# --- pages ----------------------------------------------------------------------------------------


class Colour(Enum):
    RED = "r"


def row(number: int, role: str = "a") -> list[Any]:
    return [UUID(int=number), role, UUID(int=number), b"%d" % number]


def test_a_page_is_read_in_one_statement(steps: Steps) -> None:
    steps.rows = [row(1), row(2)]
    shown = reading().page(OUT, Paging(2))
    assert shown == Shown(b'{"items":[1,2],"next":null}')
    assert steps.questions == [question(one=False)] * 2
    ((what, values, wall),) = steps.asked
    assert (what, wall) == ("rows", ("wall", CALLER))
    assert said(values) == given(limit=2, more=3)
    steps.rows = [[None, None, None, None]]
    assert reading().page(OUT, Paging()).body == b'{"items":[],"next":null}'
    steps.rows = []
    with pytest.raises(AtLength):
        reading().page(OUT, Paging())


def test_a_page_holds_what_was_chosen(steps: Steps) -> None:
    steps.rows = [row(1)]
    more = {"role": "a", "part": Colour.RED, "since": None, "anywhere": False}
    reading().page(OUT, Paging(2), **more)
    assert steps.questions[0] == question(one=False, filters=("part", "role"))
    assert said(steps.asked[0][1]) == given(limit=2, more=3, is_role="a", is_part="r")


def test_a_page_goes_on_after_its_last(steps: Steps) -> None:
    steps.rows = [row(1), row(2, "b"), row(3)]
    page = json.loads(reading().page(OUT, Paging(2), role="a").body)
    assert page["items"] == [1, 2]
    here = scope("team.read", FILE, CALLER.id, chosen={"role": "a"})
    assert unseal(KEY, here, page["next"]) == ["b", str(UUID(int=2))]
    steps.questions.clear()
    reading().page(OUT, Paging(2, page["next"]), role="a")
    assert steps.questions[0] == question(one=False, filters=("role",), after=True)
    after = {"after_0": "b", "after_1": UUID(int=2)}
    assert said(steps.asked[1][1]) == given(limit=2, more=3, is_role="a", **after)


@pytest.mark.parametrize(
    ("paging", "more"),
    [
        (Paging(), {"where": lambda rows: rows}),
        (Paging(count=True), {}),
        (Paging(), {"anywhere": True}),
        (Paging(), {"role": "a"}),
        (Paging(cursor="nobody's"), {}),
        (Paging(cursor=seal(KEY, scope("team.read", FILE, CALLER.id, chosen={"a": 1}), [1])), {}),
    ],
)
def test_a_page_of_something_else_is_left_alone(steps: Steps, paging: Paging, more: Any) -> None:
    steps.rows, steps.lacking = [row(1)], ["role"]
    work = reading()
    with pytest.raises(AtLength):
        work.page(OUT, paging, **more)
    assert (steps.asked, work.asked) == ([], False)
    assert work.page(OUT, Paging(), part="a").body == b'{"items":[1],"next":null}'


# --- evidence -------------------------------------------------------------------------------------


def test_where_the_engine_writes_it_with_the_rows_nothing_else_is_asked(steps: Steps) -> None:
    steps.rows = [row(1)]
    reading().page(OUT, Paging())
    assert [one[0] for one in steps.asked] == ["rows"]


def test_of_one_record_the_event_says_which(steps: Steps) -> None:
    steps.rows = [[UUID(int=3), 2, b""]]
    steps.with_evidence()
    reading().read(OUT)
    (_, values, _), (what, event) = steps.asked
    assert what == "event"
    told = {"shown_record": UUID(int=3), "shown_version": 2, "detail": {"shown": 1}}
    assert event == {**values, **told}
    steps.asked.clear()
    reading(ANYWHERE).read(OUT)
    assert [one[0] for one in steps.asked] == ["rows", "event"]


def test_what_was_shown_is_for_the_second_record_too(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = replace(MARK, summary=True)
    told = Circumstances(CALLER, "team.read", "GET /route", REQUEST, AT)
    one = {"record_id": UUID(int=3), "record_version": 2, "detail": {"shown": 1}}
    many: dict[str, Any] = {"detail": {"shown": 2}}
    asking: tuple[tuple[Any, Any, Any], ...] = (
        (lambda work: work.read(OUT), [[UUID(int=3), 2, b""]], one),
        (lambda work: work.page(OUT, Paging(2)), [row(1), row(2), row(3)], many),
    )
    reasons = dict.fromkeys(("purpose", "basis", "relation"), "why")
    monkeypatch.setattr(
        quick, "why", lambda *asked: {("social_worker", "team.read", True): reasons}[asked]
    )
    for ask, steps.rows, more in asking:
        work = reading(mark)
        ask(work)
        (event,) = work._circumstances.made
        due = told.event("read", file_id=FILE, record="team", **reasons, **more)
        assert event == {name: due[name] for name in LOGGED} | {"id": event["id"]}
        assert event["id"] == steps.asked[-1][1]["event"]
    steps.rows, work = [], reading(mark)
    with pytest.raises(AtLength):
        work.read(OUT)
    assert work._circumstances.made == []


def test_what_finds_nothing_is_no_event(steps: Steps) -> None:
    steps.with_evidence()
    with pytest.raises(AtLength):
        reading().read(OUT)
    assert [one[0] for one in steps.asked] == ["rows"]


def test_of_a_page_the_event_says_how_many_and_of_which_files(steps: Steps) -> None:
    steps.rows = [row(1), row(2), row(3)]
    steps.with_evidence()
    reading(ANYWHERE).page(OUT, Paging(2))
    (_, values, _), (what, event), (then, subjects) = steps.asked
    assert (what, then) == ("event", "subjects")
    unshown = dict.fromkeys(("shown_record", "shown_version"))
    assert event == {**values, **unshown, "detail": {"shown": 2}}
    files = [str(UUID(int=1)), str(UUID(int=2))]
    assert subjects == {"event": values["event"], "files": files}
    steps.asked.clear()
    reading(MARK).page(OUT, Paging(2))
    assert [one[0] for one in steps.asked] == ["rows", "event"]
    steps.asked.clear()
    steps.rows = [[None, None, None, None]]
    reading(ANYWHERE).page(OUT, Paging(2))
    assert steps.asked[1][1]["detail"] == {"shown": 0}
    assert steps.asked[2][1]["files"] == []


# --- what is told of a row ------------------------------------------------------------------------


def test_a_row_is_its_summary_or_the_whole(steps: Steps) -> None:
    steps.plan.mixed = True
    steps.rows = [[*row(1)[:3], b"brief", b"whole"], [*row(2)[:3], None, b"whole"]]
    assert reading().page(OUT, Paging()).body == b'{"items":[brief,whole],"next":null}'


def test_what_is_sealed_is_opened_in_its_place(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(key: Any, column: Any, record: Any, cell: Any) -> Any:
        return [key, column, record.int, cell]

    keys = {(str(FILE), b"wrapped"): "key"}
    vault = SimpleNamespace(open_file_key=lambda *asked: keys[asked])
    monkeypatch.setattr(quick, "open_value", opened)
    steps.plan.sealed = (None, "secret", None)
    steps.rows = [[UUID(int=3), 2, b'{"a":', "sealed", b"}", FILE, b"wrapped"]]
    shown = reading(vault=vault).read(OUT)
    assert shown.body == b'{"a":["key","secret",3,"sealed"]}'


def test_a_page_of_what_is_sealed_goes_on_after_its_last(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quick, "open_value", lambda _, column, record, cell: [record.int, cell])
    vault = SimpleNamespace(cursors=KEY, open_file_key=lambda *_: "key")
    steps.plan.sealed = ("secret", None)
    own = ["sealed", b",0", FILE, b"wrapped"]
    steps.rows = [[*row(1)[:3], *own], [*row(2)[:3], *own]]
    page = json.loads(reading(vault=vault).page(OUT, Paging(1)).body)
    assert page["items"] == [[1, "sealed"], 0]
    here = scope("team.read", FILE, CALLER.id, chosen={})
    assert unseal(KEY, here, page["next"]) == ["a", str(UUID(int=1))]


# --- the past of a file ---------------------------------------------------------------------------


@pytest.mark.parametrize("found", [True, False])
def test_a_timeline_is_told_with_its_event(
    monkeypatch: pytest.MonkeyPatch, steps: Steps, found: bool
) -> None:
    span, work, made = Span(), reading(), list[Any]()
    circumstances = work._circumstances

    def telling(*asked: Any, **more: Any) -> Any:
        assert asked == (OUT, span, {"record": "note"})
        own: dict[str, Any] = {"mark": MARK, "file_id": FILE, "caller": CALLER, "token": b"token"}
        assert more == {**own, "engine": "sqlite", "cursors": KEY}
        return SimpleNamespace(part=part)

    def part(*asked: Any) -> Any:
        made.append((asked, work.asked))
        return ("shown", 3) if found else None

    monkeypatch.setattr(quick, "telling", telling)
    shown: Any = "shown"
    if found:
        assert work.timeline(OUT, span, record="note") == shown
        with pytest.raises(RuntimeError):
            work.timeline(OUT, span, record="note")
    else:
        with pytest.raises(AtLength):
            work.timeline(OUT, span, record="note")
    assert made == [((DB, AT, circumstances), True)]


def test_a_timeline_for_who_is_unusual_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, steps: Steps
) -> None:
    shown: Any = "shown"
    asked = SimpleNamespace(part=lambda *_: (shown, 3))
    monkeypatch.setattr(quick, "telling", lambda *_, **__: asked)
    assert reading(caller=replace(CALLER, unit_id=None)).timeline(OUT, Span()) == shown
    for work in (
        reading(caller=replace(CALLER, limited=True)),
        reading(ANYWHERE),
        reading(file_id=None),
    ):
        with pytest.raises(AtLength):
            work.timeline(OUT, Span())
        assert not work.asked
