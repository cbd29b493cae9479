"""Which requests go the short way, and what becomes of those that do not get through."""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from app.core.errors import Conflict, Unavailable, Uncertain
from app.core.lines import NotHere
from app.registry.cases.models import Case
from app.registry.cases.on_case import OnCase
from app.safeguards.guard import shortcut
from app.safeguards.guard.answer import Answer
from app.safeguards.guard.appending import Closed
from app.safeguards.guard.calls import Call, House
from app.safeguards.guard.mark import ForSelf, Permit
from app.safeguards.guard.questions import AtLength
from app.safeguards.identity.caller import Caller

UNTIL = datetime(2199, 1, 1, tzinfo=UTC)
CALLER = Caller(UUID(int=7), "", "social_worker", UUID(int=6), "ra", UUID(int=8), until=UNTIL)
FILE, REQUEST = UUID(int=9), UUID(int=5)
SEEN, ADD = OnCase("case.read"), OnCase("note.add")
ANSWER = Answer(b"answer")
MADE: Any = "what every event of it has in common"
HANDLER: Any = object()


def call(method: str = "GET", **more: Any) -> Call:
    return Call(b"token", method, "/path", "GET /route", REQUEST, FILE, **more)


def operational(locked: bool) -> OperationalError:
    return OperationalError("", None, Exception("database is locked" if locked else "too slow"))


class Line:
    """Keeps what it is asked."""

    def __init__(self) -> None:
        self.done: list[Any] = []

    def begin(self) -> None:
        self.done.append("begin")

    def commit(self) -> None:
        self.done.append("commit")

    def undo(self) -> None:
        self.done.append("undo")


VAULT: Any = SimpleNamespace(vouching=b"v")


@pytest.fixture
def house() -> Any:
    engine: Any = "engine"
    settings: Any = "settings"
    made = House(engine, VAULT, settings)
    made.remembered.keep(b"token", CALLER)
    return made


class Ways:
    """Stands for both short ways: each answers, or fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked, self.recorded = list[Any](), list[Any]()
        self.fails: Any = None
        monkeypatch.setattr(shortcut, "on_record", lambda *of: self.recorded.append(of))
        for name in ("read", "write"):
            monkeypatch.setattr(shortcut, name, self.way(name))

    def way(self, name: str) -> Any:
        def go(*asked: Any) -> Any:
            self.asked.append((name, *asked))
            if self.fails:
                raise self.fails
            return ANSWER, MADE

        return go


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Ways:
    return Ways(monkeypatch)


# --- on a line ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "way"), [("GET", "read"), ("POST", "write")])
def test_what_fits_is_answered_on_the_line(house: Any, ways: Ways, method: str, way: str) -> None:
    line: Any = Line()
    asked = call(method)
    assert shortcut.on_line(line, house, ADD, asked, HANDLER) is ANSWER
    assert ways.asked == [(way, house, line, ADD, asked, CALLER, HANDLER)]
    assert house.scores.known == {"GET /route": 1}
    assert line.done == []
    assert ways.recorded == [(house, MADE)]


@pytest.mark.parametrize("known", [None, replace(CALLER, until=datetime(2026, 1, 2, tzinfo=UTC))])
def test_who_is_not_remembered_or_no_longer_good_is_asked_at_length(
    house: Any, ways: Ways, known: Caller | None
) -> None:
    """Whatever the database says of the end: it was remembered with our word."""
    house.remembered.forget(b"token")
    if known:
        house.remembered.keep(b"token", known)
    assert not shortcut.fits_a_line(house, ADD, call())
    line: Any = Line()
    assert shortcut.on_line(line, house, ADD, call(), HANDLER) is None
    assert shortcut.quickly(house, ADD, call(), HANDLER) is None
    assert (ways.asked, line.done) == ([], [])


@pytest.mark.parametrize(
    ("failure", "scores", "logged"),
    [
        (NotHere(), {"GET /route": -4}, False),
        (Conflict("x"), {}, False),
        (AtLength(), {}, False),
        (Closed(), {}, False),
        (operational(locked=True), {}, False),
        (ValueError("no word of it"), {}, True),
    ],
)
def test_what_does_not_get_through_is_undone_and_done_at_length(
    house: Any, ways: Ways, caplog: Any, failure: Any, scores: Any, logged: bool
) -> None:
    line: Any = Line()
    ways.fails = failure
    with caplog.at_level(logging.ERROR, "casework.guard"):
        assert shortcut.on_line(line, house, ADD, call("POST"), HANDLER) is None
    assert line.done == ["undo"]
    assert house.scores.known == scores
    lines = [(one.name, one.levelname, one.getMessage()) for one in caplog.records]
    assert lines == ([("casework.guard", "ERROR", "short way failed")] if logged else [])
    for one in caplog.records:
        assert (vars(one)["request_id"], vars(one)["failure"]) == (REQUEST, "ValueError")


def test_what_took_too_long_is_not_begun_again(house: Any, ways: Ways) -> None:
    line: Any = Line()
    ways.fails = operational(locked=False)
    with pytest.raises(Unavailable):
        shortcut.on_line(line, house, ADD, call(), HANDLER)
    assert line.done == ["undo"]
    ways.fails = Uncertain("x")
    with pytest.raises(Uncertain):
        shortcut.on_line(line, house, ADD, call(), HANDLER)
    assert line.done == ["undo"]


# --- on a thread ----------------------------------------------------------------------------------


class Once:
    """Stands for the transaction of one statement, and keeps of what it was."""

    def __init__(self, *of: Any) -> None:
        self.of = of

    def __enter__(self) -> None:
        assert self.of == ("engine", "db")

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def at_hand(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    held: dict[str, Any] = {"engine": "db"}
    monkeypatch.setattr(shortcut, "at_hand", held.get)
    monkeypatch.setattr(shortcut, "at_once", Once)
    return held


def test_a_thread_that_holds_a_connection_reads_on_it(
    house: Any, ways: Ways, at_hand: dict[str, Any], caplog: Any
) -> None:
    asked = call()
    assert shortcut.quickly(house, SEEN, asked, HANDLER) is ANSWER
    assert ways.asked == [("read", house, "db", SEEN, asked, CALLER, HANDLER)]
    assert ways.recorded == [(house, MADE)]
    at_hand.clear()
    assert shortcut.quickly(house, SEEN, asked, HANDLER) is None
    at_hand["engine"] = "db"
    house.remembered.forget(b"token")
    assert shortcut.quickly(house, SEEN, asked, HANDLER) is None
    assert (len(ways.asked), caplog.records) == (1, [])


@pytest.mark.usefixtures("at_hand")
def test_what_a_thread_cannot_read_so_is_read_at_length(
    house: Any, ways: Ways, caplog: Any
) -> None:
    for failure in (Conflict("x"), AtLength(), operational(locked=True)):
        ways.fails = failure
        assert shortcut.quickly(house, SEEN, call(), HANDLER) is None
    assert caplog.records == []
    ways.fails = ValueError()
    assert shortcut.quickly(house, SEEN, call(), HANDLER) is None
    (line,) = caplog.records
    assert (vars(line)["request_id"], vars(line)["failure"]) == (REQUEST, "ValueError")
    ways.fails = operational(locked=False)
    with pytest.raises(Unavailable):
        shortcut.quickly(house, SEEN, call(), HANDLER)


# --- which ----------------------------------------------------------------------------------------


def test_what_may_fit_is_a_read_or_a_write_on_a_file_of_who_is_ordinary(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = {CALLER: True}
    monkeypatch.setattr(shortcut, "ordinary", ordinary.__getitem__)

    def fits(mark: Any, asked: Call) -> bool:
        return shortcut.fits_a_line(house, mark, asked)

    assert fits(Permit("note.read"), call())
    assert fits(ADD, call("POST"))
    assert not fits(Permit("note.add"), call("POST"))
    assert not fits(ADD, call("POST", key="key"))
    assert not fits(ForSelf(), call())
    ordinary[CALLER] = False
    assert fits(SEEN, call())
    assert not fits(ADD, call("POST"))


def test_a_poor_route_is_passed_over_until_it_is_less_poor(house: Any) -> None:
    house.scores.add("GET /route", -2)
    fits = [shortcut.fits_a_line(house, SEEN, call()) for _ in range(3)]
    assert fits == [False, False, True]
    assert house.scores.known == {"GET /route": 0}


def test_who_is_not_remembered_or_is_limited_does_not_fit(house: Any) -> None:
    house.remembered.keep(b"token", replace(CALLER, limited=True))
    assert not shortcut.fits_a_line(house, SEEN, call())
    house.remembered.forget(b"token")
    assert not shortcut.fits_a_line(house, SEEN, call())


# --- the ways themselves --------------------------------------------------------------------------


def test_a_read_is_decided_once_its_statement_was_asked(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quick(db: Any, vault: Any, mark: Any, file_id: Any, token: Any, told: Any) -> Any:
        assert (db, vault, mark, file_id, token) == ("db", VAULT, SEEN, FILE, b"token")
        assert (told.caller, told.action, told.route) == (CALLER, "case.read", "GET /route")
        assert (told.request_id, told.vouching) == (REQUEST, VAULT.vouching)
        assert told.at.tzinfo is not None
        return SimpleNamespace(asked=asked)

    monkeypatch.setattr(shortcut, "Quick", quick)
    monkeypatch.setattr(shortcut, "answer_of", lambda call, shown: Answer(shown, call.status))
    db: Any = "db"
    for asked in (True, False):
        handler: Any = lambda work: b"shown" if work.asked is asked else b""  # noqa: E731, B023
        told, made = shortcut.read(house, db, SEEN, call(status=203), CALLER, handler)
        assert told == Answer(b"shown", 203, decided=asked)
        assert (made.caller, made.made) == (CALLER, [])


@pytest.mark.parametrize("fails", [False, True])
def test_a_write_remembers_what_the_door_showed_unless_it_fails(
    house: Any, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    line, place, asked = Line(), (CALLER.id, Case, FILE), call("POST")
    house.seen.keep(place, ("shown",))

    def wall_of(caller: Any, past_seals: Any) -> Any:
        assert (caller, past_seals) == (CALLER, False)
        run = SimpleNamespace(run_with_next=lambda *given: line.done.append(given))
        return SimpleNamespace(first=(run, "values"))

    def unit(*given: Any, **more: Any) -> Any:
        assert given[:-1] == (house, line, ADD, asked, CALLER)
        assert given[-1].tzinfo is not None
        assert more == {"proven": False, "seen": ("shown",)}
        opened = {"_open": lambda: line.done.append("open"), "_circumstances": MADE}
        return SimpleNamespace(**opened, _seen=("now",))

    def handler(work: Any) -> str:
        assert work._seen == ("now",)
        line.done.append("handled")
        if fails:
            raise KeyboardInterrupt
        return "made"

    def present(call: Any, work: Any, made: Any) -> Answer:
        assert (call, work._seen, made) == (asked, ("now",), "made")
        return ANSWER

    for name, one in (("wall_of", wall_of), ("unit", unit), ("present", present)):
        monkeypatch.setattr(shortcut, name, one)
    steps = ["begin", (line, "values"), "open", "handled"]
    given: Any = (house, line, ADD, asked, CALLER, handler)
    if fails:
        with pytest.raises(KeyboardInterrupt):
            shortcut.write(*given)
        assert (line.done, house.seen.of(place)) == (steps, None)
    else:
        assert shortcut.write(*given) == (ANSWER, MADE)
        assert (line.done, house.seen.of(place)) == ([*steps, "commit"], ("now",))
