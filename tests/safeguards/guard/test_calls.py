"""What a house, a call and a unit of work are where nothing more is said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from app.casework.notes.schemas import NoteOut
from app.registry.cases.on_case import OnCase
from app.safeguards.guard import calls
from app.safeguards.guard.answer import Answer
from app.safeguards.guard.asked import Asked
from app.safeguards.guard.calls import Call, House, circumstances_of, on_record, unit
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.idempotency import InFlight
from app.safeguards.guard.memory import Remembered, Scores
from app.safeguards.guard.shown import Shown, UnshownAnswer
from app.safeguards.identity.caller import Caller

AT = datetime(2026, 3, 1, tzinfo=UTC)
CALLER = Caller(UUID(int=7), "", "social_worker", UUID(int=6), "ra", UUID(int=8))
VAULT: Any = SimpleNamespace(vouching=b"key")


def house() -> House:
    engine: Any = "engine"
    settings: Any = "settings"
    return House(engine, VAULT, settings)


def test_a_house_remembers_nothing_of_another() -> None:
    one, other = house(), house()
    db: Any = None
    call = Call(b"token", "GET", "/path", "route", UUID(int=5))
    assert unit(one, db, OnCase("case.read"), call, CALLER, AT)._vault is VAULT
    assert isinstance(one.in_flight, InFlight)
    assert isinstance(one.remembered, Remembered)
    assert isinstance(one.seen, Remembered)
    assert isinstance(one.scores, Scores)
    one.remembered.keep(b"token", CALLER)
    assert other.remembered.of(b"token") is None
    assert one.seen is not other.seen


def test_somebody_is_expected_as_long_as_the_token_is_good_by_our_word() -> None:
    one = house()
    assert one.expected(b"token", AT) is None
    one.remembered.keep(b"token", CALLER)
    assert one.expected(b"token", AT) is None  # by no token of ours
    good = replace(CALLER, until=AT)
    one.remembered.keep(b"token", good)
    assert one.expected(b"token", AT - timedelta(microseconds=1)) is good
    assert one.expected(b"token", AT) is None


def test_a_call_brings_what_it_says_and_a_unit_of_work_looked_at_the_token() -> None:
    call = Call(b"token", "POST", "/path", "route", UUID(int=5))
    assert call == Call(
        *(b"token", "POST", "/path", "route", UUID(int=5), None, None, None, b"", 200),
        **{"out": None, "kind": None, "address": ""},  # type: ignore[arg-type]
    )
    db: Any = None
    more: Any = {"if_match": "tag", "out": NoteOut}
    for method, patches, writes in (
        ("GET", False, False),
        ("POST", False, True),
        ("PATCH", True, True),
    ):
        given = Call(b"token", method, "/path", "route", UUID(int=5), UUID(int=9), **more)
        asked = unit(house(), db, OnCase("note.add"), given, CALLER, AT)._asked
        assert asked == Asked(UUID(int=9), "tag", patches, writes, NoteOut, b"token")
    work = unit(house(), db, OnCase("note.add"), call, CALLER, AT)
    told = Circumstances(CALLER, "note.add", "route", UUID(int=5), AT, b"key")
    assert work._circumstances == told
    assert (work._asked.proven, work._asked.seen) == (True, None)
    cells: Any = ("seen",)
    more = {"proven": False, "seen": cells}
    asked = unit(house(), db, OnCase("note.add"), call, CALLER, AT, **more)._asked
    assert (asked.proven, asked.seen) == (False, cells)


def test_what_events_have_in_common_is_of_the_call_and_its_mark() -> None:
    call = Call(b"token", "GET", "/path", "route", UUID(int=5))
    for summary in (False, True):
        mark = replace(OnCase("case.read"), summary=summary)
        told = Circumstances(None, "case.read", "route", UUID(int=5), AT, b"key", summary)
        assert circumstances_of(house(), mark, call, None, AT) == told


def test_a_unit_of_work_is_told_of_its_moment_of_the_past() -> None:
    db: Any = object()
    call = Call(b"token", "GET", "/path", "route", UUID(int=5), as_of=AT)
    mark = OnCase("case.read")
    work = unit(house(), db, mark, call, CALLER, AT)
    assert (work._asked.as_of, work._db, work._mark) == (AT, db, mark)
    assert work._asked.rights_as_of is False
    call.rights_as_of = True
    assert unit(house(), db, mark, call, CALLER, AT)._asked.rights_as_of is True


def test_a_unit_of_work_is_told_which_languages_are_read() -> None:
    db: Any = None
    call = Call(b"token", "GET", "/path", "route", UUID(int=5), accepts="de")
    assert unit(house(), db, OnCase("case.read"), call, CALLER, AT)._asked.accepts == "de"


@pytest.mark.parametrize(
    ("path", "route", "beside", "place"),
    [
        ("/notes", "POST /notes", False, "/notes"),
        ("/notes/", "POST /notes/", False, "/notes"),
        ("/notes/8/amend", "POST /notes/{note_id}/amend", True, "/notes"),
        (
            "/cases/9/notes/8/amend",
            "POST /cases/{case_id}/notes/{note_id}/amend",
            True,
            "/cases/9/notes",
        ),
        ("/cases/9/notes/import", "POST /cases/{case_id}/notes/import", True, "/cases/9/notes"),
    ],
)
def test_what_was_made_is_found_below_the_path_or_beside_it(
    path: str, route: str, beside: bool, place: str
) -> None:
    made = Call(b"token", "POST", path, route, UUID(int=5), status=201)
    told = calls.answer_of(made, Shown(b"{}", UUID(int=4), beside=beside))
    assert told.headers == {"Location": f"{place}/{UUID(int=4)}"}


def test_only_of_what_was_made_a_place_is_told() -> None:
    read = Call(b"token", "GET", "/path", "GET /path", UUID(int=5))
    assert calls.answer_of(read, Shown(b"{}", UUID(int=4))) == Answer(b"{}")
    made = Call(b"token", "POST", "/path", "POST /path", UUID(int=5), status=201)
    assert calls.answer_of(made, Shown(b"{}")) == Answer(b"{}", 201)


def test_an_answer_is_what_was_shown() -> None:
    def rest(db: Any) -> Shown[Any]:
        return Shown(b"", rest=rest)

    call = Call(b"token", "GET", "/path", "GET /path", UUID(int=5))
    shown = Shown[Any](b"{}", etag=True, status=202, rest=rest)
    assert calls.answer_of(call, shown) == Answer(b"{}", 202, {"ETag": shown.tag}, rest=rest)
    with pytest.raises(UnshownAnswer, match="GET /path answered with dict"):
        calls.answer_of(call, {})


def test_all_events_go_into_the_second_record_once_they_are_committed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later, recorded = list[Any](), list[Any]()
    monkeypatch.setattr(calls, "once_committed", lambda *of: later.append(of))
    both = [Circumstances(CALLER, "note.add", "route", UUID(int=5), AT) for _ in range(2)]
    events = [one.event(outcome) for one in both for outcome in ("read", "written")]
    on_record(house(), *both)
    assert later == []
    sink: Any = SimpleNamespace(tell=recorded.append)
    on_record(replace(house(), sink=sink), *both)
    ((engine, step),) = later
    assert (engine, recorded) == ("engine", [])
    step()
    assert recorded == [events]


def test_an_answer_is_of_one_piece_and_undecided_unless_it_is_said() -> None:
    assert Answer(b"told") == Answer(b"told", 200, {}, decided=False, rest=None)
