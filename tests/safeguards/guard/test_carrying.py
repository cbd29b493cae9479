"""What is done with one request, in which order, and what stays of it where something fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace
from typing import Any, NoReturn
from uuid import UUID

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from app.core.db import table
from app.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    Unauthenticated,
    Unavailable,
    Uncertain,
)
from app.core.values import moment
from app.registry.cases.models import Case
from app.registry.cases.on_case import OnCase
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard import carrying
from app.safeguards.guard.answer import Answer
from app.safeguards.guard.appending import Closed
from app.safeguards.guard.calls import Call, House
from app.safeguards.guard.carrying import (
    admit,
    attempt,
    carry,
    carry_on,
    check,
    checked,
    expected,
    operator_work,
    persistently,
    refuse,
    told_once,
    walled_in,
)
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.idempotency import key_of
from app.safeguards.guard.mark import ForSelf
from app.safeguards.guard.shown import Out, Shown, ShownOnce
from app.safeguards.identity.caller import Caller

AT = datetime(2026, 3, 1, tzinfo=UTC)
FILE, REQUEST = UUID(int=9), UUID(int=5)
MARK = OnCase("note.add")
CALLER = Caller(UUID(int=7), "", "social_worker", UUID(int=6), "ra", UUID(int=8))
LIMITED = replace(CALLER, limited=True)
ANSWER = Answer(b"answer")
KEY = key_of("POST", "/path", "key")
HANDLER: Any = object()
VOUCHING = b"v" * 32
VAULT: Any = SimpleNamespace(vouching=VOUCHING, admitting=b"k" * 32)


def call(method: str = "GET", **more: Any) -> Call:
    given: Any = {"token": b"token", "file_id": FILE, **more}
    return Call(method=method, path="/path", route="GET /route", request_id=REQUEST, **given)


def passing(locked: bool = True) -> OperationalError:
    return OperationalError("", None, Exception("database is locked" if locked else "too slow"))


@pytest.fixture
def house() -> Any:
    engine: Any = "engine"
    settings: Any = "settings"
    return House(engine, VAULT, settings)


# --- one request ----------------------------------------------------------------------------------


class Tried:
    """Stands for the way at length: it answers, or fails; and for the short way, which may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, house: Any) -> None:
        self.house, self.asked, self.quick = house, list[Any](), list[Any]()
        self.answer: Any = ANSWER
        self.short: Answer | None = None
        monkeypatch.setattr(carrying, "attempt", self.attempt)
        monkeypatch.setattr(carrying, "quickly", self.quickly)

    def attempt(self, *asked: Any) -> Answer:
        self.asked.append((*asked, set(self.house.in_flight.keys)))
        if isinstance(self.answer, Exception):
            raise self.answer
        answer: Answer = self.answer
        return answer

    def quickly(self, *asked: Any) -> Answer | None:
        self.quick.append(asked)
        return self.short


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch, house: Any) -> Tried:
    return Tried(monkeypatch, house)


def test_a_read_goes_the_short_way_if_that_is_open(house: Any, tried: Tried) -> None:
    asked, short = call(), Answer(b"short")
    tried.short = short
    assert carry(house, MARK, asked, HANDLER) is short
    assert tried.quick == [(house, MARK, asked, HANDLER)]
    assert tried.asked == []
    assert carry(house, MARK, asked, HANDLER, False) is ANSWER
    assert carry(house, MARK, call("POST"), HANDLER) is ANSWER
    assert len(tried.quick) == 1
    tried.short = None
    assert carry(house, MARK, asked, HANDLER, True) is ANSWER
    assert len(tried.quick) == 2
    assert tried.asked[-1] == (house, MARK, asked, HANDLER, None, set())


def test_what_has_a_key_is_in_flight_until_it_is_done(
    house: Any, tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = call("POST", key="key")
    assert carry(house, MARK, asked, HANDLER) is ANSWER
    assert tried.asked == [(house, MARK, asked, HANDLER, KEY, {(b"token", KEY)})]
    assert house.in_flight.keys == set()
    house.in_flight.enter(b"token", KEY)
    away = list[Any]()

    def turned_away(*given: Any) -> NoReturn:
        away.append(given)
        raise given[-1]

    monkeypatch.setattr(carrying, "turned_away", turned_away)
    with pytest.raises(Conflict) as busy:
        carry(house, MARK, asked, HANDLER)
    assert away == [(house, MARK, asked, busy.value)]
    assert len(tried.asked) == 1
    assert house.in_flight.keys == {(b"token", KEY)}
    house.in_flight.leave(b"token", KEY)
    tried.answer = NotFound()
    with pytest.raises(NotFound):
        carry(house, MARK, asked, HANDLER)
    assert house.in_flight.keys == set()


def test_who_has_no_token_or_no_key_is_not_in_flight(house: Any, tried: Tried) -> None:
    carry(house, MARK, call("POST", key="key", token=b""), HANDLER)
    assert tried.asked[0][4:] == (KEY, set())
    carry(house, MARK, call("POST", key=""), HANDLER)
    key = key_of("POST", "/path", "")
    assert tried.asked[1][4:] == (key, {(b"token", key)})
    house.in_flight.enter(b"", KEY)
    house.in_flight.enter(b"token", b"")
    carry(house, MARK, call("POST", token=b"", key="key"), HANDLER)
    carry(house, MARK, call("POST"), HANDLER)
    assert house.in_flight.keys == {(b"", KEY), (b"token", b"")}


def failing(*failures: Exception) -> tuple[list[int], Callable[[], Answer]]:
    """A unit that fails so, and then answers."""
    done: list[int] = []

    def unit() -> Answer:
        done.append(len(done))
        if len(done) <= len(failures):
            raise failures[len(done) - 1]
        return ANSWER

    return done, unit


@pytest.mark.parametrize("failure", [Closed(), passing()])
def test_what_may_pass_is_tried_three_times(failure: Exception) -> None:
    done, unit = failing(failure, failure)
    assert persistently(unit) is ANSWER
    assert len(done) == 3
    done, unit = failing(failure, failure, failure)
    with pytest.raises(Unavailable) as refused:
        persistently(unit)
    assert (len(done), refused.value.__cause__) == (3, failure)


def test_what_does_not_pass_is_not_tried_again() -> None:
    failure = passing(locked=False)
    done, unit = failing(failure)
    with pytest.raises(Unavailable) as refused:
        persistently(unit)
    assert (len(done), refused.value.__cause__) == (1, failure)
    done, unit = failing(NotFound())
    with pytest.raises(NotFound):
        persistently(unit)
    assert len(done) == 1


def test_it_is_tried_again_as_a_whole(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _, unit = failing(Closed())
    monkeypatch.setattr(carrying, "attempt", lambda *_: unit())
    assert carry(house, MARK, call(), HANDLER) is ANSWER


# --- what follows in a stream ---------------------------------------------------------------------


class Engine:
    """Of which a connection may be had, and which counts them."""

    def __init__(self) -> None:
        self.open = 0

    @contextmanager
    def connect(self) -> Iterator[str]:
        self.open += 1
        yield "of its own"
        self.open -= 1


@pytest.mark.parametrize("held", ["held", None])
def test_what_follows_is_asked_for_on_the_connection_at_hand(
    house: Any, monkeypatch: pytest.MonkeyPatch, held: str | None
) -> None:
    house = replace(house, engine=(engine := Engine()))
    monkeypatch.setattr(carrying, "at_hand", {engine: held}.get)
    shown: Any = Shown(b"more", rest="the rest")  # type: ignore[arg-type]
    failures: list[Exception] = []
    asked: list[Any] = []

    def rest(db: Any) -> Any:
        asked.append((db, engine.open))
        if failures:
            raise failures.pop()
        return shown

    on = ("held", 0) if held else ("of its own", 1)
    expected = Answer(b"more", rest="the rest")  # type: ignore[arg-type]
    assert carry_on(house, rest) == expected
    assert (asked, engine.open) == ([on], 0)
    failures += [passing(), passing()]
    engine.open = 0
    assert carry_on(house, rest) == expected
    assert len(asked) == 4
    failures += [passing(), passing(), passing()]
    with pytest.raises(OperationalError):
        carry_on(house, rest)
    assert len(asked) == 7
    failures.append(passing(locked=False))
    with pytest.raises(OperationalError):
        carry_on(house, rest)
    assert len(asked) == 8


# --- one unit of work -----------------------------------------------------------------------------


class Steps:
    """All that a unit of work goes through: each step is kept, and may fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, house: Any) -> None:
        self.house, self.done, self.recorded = house, list[Any](), list[Any]()
        self.fails: dict[str, Exception] = {}
        self.given: Answer | None = None
        self.made = Answer(b"made")
        self.work = SimpleNamespace(
            _open=self.step("open"),
            _again=self.step("again"),
            _settle=self.step("settle"),
            _created={1},
            _circumstances=SimpleNamespace(made=["made"]),
            _keys=SimpleNamespace(open=self.step("open keys")),
        )
        stubs: dict[str, Any] = {
            "now": lambda: AT,
            "expected": self.step("expected", "stated"),
            "authenticate": self.step("authenticate", "caller"),
            "admit": self.step("admit", CALLER),
            "walled_in": self.step("walled in", CALLER),
            "unit": self.step("unit", self.work),
            "grants_held": self.step("grants", ["held"]),
            "recall": self.step("recall", lambda: self.given),
            "remember": self.step("remember"),
            "present": self.step("present", self.made),
            "refuse": self.step("refuse"),
            "transaction": self.transaction,
            "on_record": lambda *of: self.recorded.append(of),
        }
        for name, one in stubs.items():
            monkeypatch.setattr(carrying, name, one)

    def step(self, name: str, answer: Any = None) -> Callable[..., Any]:
        def taken(*asked: Any) -> Any:
            self.done.append((name, *asked))
            if name in self.fails:
                raise self.fails[name]
            return answer() if callable(answer) and name == "recall" else answer

        return taken

    @contextmanager
    def transaction(self, *asked: Any) -> Iterator[str]:
        self.done.append(("begin", *asked))
        try:
            yield "db"
        except BaseException:
            self.done.append(("undo",))
            raise
        self.done.append(("commit",))
        if "commit" in self.fails:
            raise self.fails["commit"]

    def begun(self, asked: Call, mark: Any = MARK) -> list[Any]:
        house = self.house
        return [
            ("expected", house, mark, asked),
            ("begin", "engine", "stated"),
            ("authenticate", "db", asked.token, AT, VAULT.admitting),
            ("admit", "caller", mark),
            ("walled in", "db", house, mark, asked, CALLER, "stated"),
            ("unit", house, "db", mark, asked, CALLER, AT),
            ("open",),
        ]

    def handler(self, work: Any) -> str:
        assert work is self.work
        self.done.append(("handle",))
        if "handle" in self.fails:
            raise self.fails["handle"]
        return "told"


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, house: Any) -> Steps:
    return Steps(monkeypatch, house)


def test_a_unit_of_work_is_wall_handler_answer_and_commit(house: Any, steps: Steps) -> None:
    asked = call("POST")
    assert attempt(house, MARK, asked, steps.handler, None) is steps.made
    presented = ("present", asked, steps.work, "told")
    grants = ("grants", "db", MARK, FILE, CALLER, AT)
    assert steps.done == [*steps.begun(asked), grants, ("handle",), presented, ("commit",)]
    assert steps.work._circumstances.grants == ["held"]
    assert steps.recorded == [(house, steps.work._circumstances)]


BODY = sha256(b"body").digest()
RECALL = ("recall", "db", VAULT, CALLER.id, "social_worker", KEY, BODY)


def test_what_has_a_key_is_remembered_with_its_answer(house: Any, steps: Steps) -> None:
    asked = call("POST", key="key", body=b"body", out=Out)
    assert attempt(house, MARK, asked, steps.handler, KEY) is steps.made
    assert steps.done[8:] == [
        RECALL,
        ("handle",),
        ("present", asked, steps.work, "told"),
        ("remember", *RECALL[1:], AT, steps.made),
        ("commit",),
    ]


def test_of_what_is_told_once_no_more_is_remembered_than_that(house: Any, steps: Steps) -> None:
    class Secret(ShownOnce): ...

    attempt(house, MARK, call("POST", key="key", out=Secret), steps.handler, KEY)
    done = ["recall", "handle", "present", "remember", "commit"]
    assert [one[0] for one in steps.done[8:]] == done
    assert steps.done[11][-2:] == (AT, None)
    assert told_once(Secret)
    for other in (Out, None, list[Secret], Secret | None):
        assert not told_once(other)


def test_the_same_request_has_the_same_answer_and_is_not_done_again(
    house: Any, steps: Steps
) -> None:
    asked = call("POST", key="key", body=b"body", kind=Case)
    steps.given = given = Answer(b"given")
    assert attempt(house, MARK, asked, steps.handler, KEY) is given
    assert given.decided is True
    assert steps.recorded == [(house, steps.work._circumstances)]
    again = ("again", Case, b"given")
    assert steps.done[8:] == [RECALL, again, ("settle", None), ("commit",)]


def test_a_key_that_says_nothing_is_refused_after_the_wall(house: Any, steps: Steps) -> None:
    asked = call("POST", key="")
    with pytest.raises(Invalid) as refused:
        attempt(house, MARK, asked, steps.handler, key_of("POST", "/path", ""))
    assert refused.value.code == "empty-key"
    told = ("refuse", house, MARK, asked, "caller", AT, refused.value)
    grants = ("grants", "db", MARK, FILE, CALLER, AT)
    assert steps.done == [*steps.begun(asked), grants, ("undo",), told]


@pytest.mark.parametrize(
    ("where", "caller"), [("authenticate", None), ("admit", "caller"), ("handle", "caller")]
)
def test_what_is_refused_is_undone_and_on_record(
    house: Any, steps: Steps, where: str, caller: Any
) -> None:
    asked = call()
    steps.fails[where] = refusal = NotFound()
    with pytest.raises(NotFound):
        attempt(house, MARK, asked, steps.handler, None)
    assert steps.done[-2:] == [("undo",), ("refuse", house, MARK, asked, caller, AT, refusal)]


def test_what_clashes_is_a_conflict(house: Any, steps: Steps) -> None:
    asked = call()
    steps.fails["commit"] = clash = IntegrityError("", None, Exception())
    with pytest.raises(Conflict) as refused:
        attempt(house, MARK, asked, steps.handler, None)
    told = ("refuse", house, MARK, asked, "caller", AT, refused.value)
    assert steps.done[-1] == told
    assert refused.value.__cause__ is clash
    assert refused.value.detail == "this clashes with what is recorded already"


def test_a_defect_is_on_record_as_one(house: Any, steps: Steps) -> None:
    asked = call()
    steps.fails["handle"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        attempt(house, MARK, asked, steps.handler, None)
    *told, failed = steps.done[-1]
    assert told == ["refuse", house, MARK, asked, "caller", AT]
    assert isinstance(failed, Problem)
    assert (failed.code, failed.status, failed.detail) == ("failed", 500, "a defect of ours")


@pytest.mark.parametrize("failure", [Uncertain("x"), passing(), Closed()])
def test_what_is_not_decided_is_no_refusal(house: Any, steps: Steps, failure: Exception) -> None:
    steps.fails["handle"] = failure
    with pytest.raises(type(failure)):
        attempt(house, MARK, call(), steps.handler, None)
    assert steps.done[-1] == ("undo",)


# --- a body that does not fit ---------------------------------------------------------------------


def test_a_bad_body_is_refused_after_the_wall(house: Any, steps: Steps) -> None:
    asked = call("POST")
    assert checked(house, MARK, asked) == Answer(b"", 422)
    *told, refusal = steps.done[-1]
    assert steps.done[:-1] == [*steps.begun(asked), ("undo",)]
    assert told == ["refuse", house, MARK, asked, "caller", AT]
    assert isinstance(refusal, Invalid)


@pytest.mark.parametrize(("where", "caller"), [("authenticate", None), ("open", "caller")])
def test_a_strangers_bad_body_is_a_strangers(
    house: Any, steps: Steps, where: str, caller: Any
) -> None:
    asked = call("POST")
    steps.fails[where] = refusal = NotFound()
    with pytest.raises(NotFound):
        checked(house, MARK, asked)
    assert steps.done[-1] == ("refuse", house, MARK, asked, caller, AT, refusal)


def test_the_wall_before_a_bad_body_is_tried_again(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, unit = failing(passing())

    def checking(*asked: Any) -> Answer:
        assert asked == (house, MARK, "call")
        return unit()

    monkeypatch.setattr(carrying, "checked", checking)
    assert check(house, MARK, "call") is ANSWER  # type: ignore[arg-type]
    assert len(done) == 2


# --- whose the token is ---------------------------------------------------------------------------


class Wall:
    """Of a caller; states itself on a connection."""

    def __init__(self, *of: Any) -> None:
        self.of = of
        self.stated: list[Any] = []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Wall) and self.of == other.of

    __hash__ = None  # type: ignore[assignment]

    def state(self, db: Any) -> None:
        self.stated.append(db)


@pytest.fixture
def walls(monkeypatch: pytest.MonkeyPatch) -> list[Wall]:
    made: list[Wall] = []

    def wall_of(*of: Any) -> Wall:
        made.append(Wall(*of))
        return made[-1]

    monkeypatch.setattr(carrying, "wall_of", wall_of)
    return made


SEALED = replace(MARK, past_seals=True)


def test_the_wall_of_who_had_the_token_last_is_expected(house: Any, walls: Any) -> None:
    assert expected(house, MARK, call()) is None
    house.remembered.keep(b"token", CALLER)
    assert expected(house, MARK, call()) == Wall(CALLER, False)
    assert expected(house, SEALED, call()) == Wall(CALLER, True)
    assert expected(house, MARK, call(token=b"other")) is None


def test_another_wall_is_stated_anew_and_its_holder_remembered(house: Any, walls: Any) -> None:
    db: Any = "db"
    same: Any = Wall(CALLER, True)
    other: Any = Wall(CALLER, False)
    assert walled_in(db, house, SEALED, call(), CALLER, same) is CALLER
    assert [one.stated for one in walls] == [[]]
    assert house.remembered.of(b"token") is CALLER
    house.remembered.forget(b"token")
    for stated in (other, None):
        walls.clear()
        assert walled_in(db, house, SEALED, call(), CALLER, stated) is CALLER
        assert [one.stated for one in walls] == [["db"]]
    assert house.remembered.of(b"token") is CALLER


def test_only_who_is_known_and_has_a_password_of_their_own_is_let_in() -> None:
    assert admit(CALLER, MARK) is CALLER
    assert admit(LIMITED, ForSelf()) is LIMITED
    with pytest.raises(Unauthenticated):
        admit(None, ForSelf())
    with pytest.raises(Forbidden) as refused:
        admit(LIMITED, MARK)
    assert refused.value.code == "password-change-required"


# --- what is on record of a refusal ---------------------------------------------------------------


class Kept:
    """Stands for a transaction of its own, and keeps what is written in it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.written: list[Any] = []
        self.fails: Exception | None = None
        self.recorded: list[Any] = []
        monkeypatch.setattr(carrying, "transaction", self.transaction)
        monkeypatch.setattr(carrying, "on_record", lambda *of: self.recorded.append(of))

    @contextmanager
    def transaction(self, *asked: Any) -> Iterator[Any]:
        assert (asked, self.recorded) == (("engine",), [])
        if self.fails:
            raise self.fails
        yield SimpleNamespace(execute=lambda *one: self.written.append(one))


@pytest.mark.parametrize("caller", [CALLER, None])
def test_a_refusal_is_an_event_that_names_no_file(
    house: Any, monkeypatch: pytest.MonkeyPatch, caller: Caller | None
) -> None:
    kept = Kept(monkeypatch)
    refuse(house, MARK, call(), caller, AT, NotFound())
    ((statement, (event,)),) = kept.written
    assert str(statement) == str(insert(table(AuditEvent)))
    circumstances = Circumstances(caller, "note.add", "GET /route", REQUEST, AT, VOUCHING)
    told = {"code": "not-found", "asked_id": FILE, "detail": {"status": 404}}
    assert event == circumstances.event("refused", **told, id=event["id"])
    ((of, made),) = kept.recorded
    assert (of, made.made) == (house, [event])


def test_a_refusal_says_of_which_moment_was_asked(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, asked = Kept(monkeypatch), call()
    asked.as_of, asked.rights_as_of = AT, True
    refuse(house, MARK, asked, CALLER, AT, NotFound())
    ((_, (event,)),) = kept.written
    assert event["detail"] == {"status": 404, "as_of": moment(AT), "rights_as_of": True}


def test_a_refusal_that_is_not_recorded_is_no_answer(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(monkeypatch)
    kept.fails = failure = DBAPIError("", None, Exception())
    with pytest.raises(Unavailable) as refused:
        refuse(house, MARK, call(), CALLER, AT, NotFound())
    assert refused.value.__cause__ is failure


# --- an operator's command ------------------------------------------------------------------------


def test_a_command_is_a_unit_of_work_too(
    house: Any, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "wall_of", lambda *of: ("wall of", *of))
    made = [UUID(int=1), UUID(int=2)]
    with operator_work(house, CALLER, SEALED, FILE, made) as work:
        assert work is steps.work  # type: ignore[comparison-overlap]
        steps.done.append(("handle",))
    begin, unit, *rest = steps.done
    assert begin == ("begin", "engine", ("wall of", CALLER, True))
    (_, of, db, mark, asked, caller, at) = unit
    assert (of, db, mark, caller, at) == (house, "db", SEALED, CALLER, AT)
    assert isinstance(asked.request_id, UUID)
    assert asked == Call(b"", "CLI", "", "command note.add", asked.request_id, FILE)
    assert rest == [
        ("open",),
        ("open keys", {*made}),
        ("handle",),
        ("settle", None),
        ("commit",),
    ]
    assert work._created == {1, *made}
    assert steps.recorded == [(house, steps.work._circumstances)]


@pytest.mark.parametrize("failure", [NotFound(), ZeroDivisionError()])
def test_what_a_command_is_refused_is_on_record(
    house: Any, steps: Steps, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    monkeypatch.setattr(carrying, "wall_of", lambda *of: "wall")
    with pytest.raises(type(failure)), operator_work(house, CALLER, MARK):
        raise failure
    (_, *_, asked, _, _) = steps.done[1]
    assert asked.file_id is None
    assert steps.work._created == {1}
    names = [one[0] for one in steps.done]
    if isinstance(failure, NotFound):
        told = ("refuse", house, MARK, asked, CALLER, AT, failure)
        assert (names[-2], steps.done[-1]) == ("undo", told)
    else:
        assert names[-1] == "undo"
