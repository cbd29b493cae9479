"""What a unit of work stands on, and the answer that is made of what a handler returns."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from app.core.values import new_id
from app.registry.cases.on_case import OnCase
from app.registry.cases.schemas import CaseOut
from app.safeguards.guard.asked import Asked
from app.safeguards.guard.calls import Call, House, answer_of, present, unit
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.idempotency import InFlight
from app.safeguards.guard.memory import Remembered, Scores
from app.safeguards.guard.shown import Shown, UnshownAnswer
from app.safeguards.identity.caller import Caller

VAULT = SimpleNamespace(vouching=b"v")
CALL = Call(b"token", "POST", "/v1/cases/", "POST /cases", new_id(), status=201)
RECORD = new_id()


def test_what_was_made_is_where_its_location_says() -> None:
    made: Shown[Any] = Shown(b"{}", RECORD)
    assert answer_of(CALL, made).headers == {"Location": f"/v1/cases/{RECORD}"}
    assert answer_of(replace(CALL, path="/v1/X"), made).headers == {"Location": f"/v1/X/{RECORD}"}
    assert answer_of(CALL, Shown(b"{}")).headers == {}
    assert answer_of(replace(CALL, status=200), made).headers == {}


def test_what_has_a_version_is_tagged() -> None:
    shown: Shown[Any] = Shown(b"{}", RECORD, etag=True)
    assert answer_of(replace(CALL, status=200), shown).headers == {"ETag": shown.tag}
    assert shown.tag[0] == shown.tag[-1] == '"'
    assert len(shown.tag) == 34


def test_a_status_of_its_own_stands_above_that_of_the_route() -> None:
    def rest(db: Any) -> Shown[Any]:
        raise AssertionError

    own: Shown[Any] = Shown(b"[]", status=202, rest=rest)
    made = answer_of(CALL, own)
    assert (made.status, made.body, made.rest) == (202, b"[]", rest)
    assert (answer_of(CALL, Shown(b"{}")).status, answer_of(CALL, Shown(b"{}")).rest) == (201, None)


def test_an_answer_is_decided_once_its_evidence_stands() -> None:
    settled: list[object] = []
    work: Any = SimpleNamespace(_settle=settled.append)
    shown: Shown[Any] = Shown(b"{}")
    assert not answer_of(CALL, shown).decided
    assert present(CALL, work, shown).decided
    assert settled == [shown]
    with pytest.raises(UnshownAnswer):
        present(CALL, work, {"id": RECORD})
    assert settled == [shown]


def test_who_asks_for_nothing_more_is_asked_for_nothing_more() -> None:
    call = Call(b"t", "GET", "/path", "route", new_id())
    assert (call.file_id, call.if_match, call.key, call.out, call.kind) == (None,) * 5
    assert (call.body, call.address) == (b"", "")
    assert answer_of(call, Shown(b"{}")).status == 200


def test_each_house_remembers_for_itself() -> None:
    given: Any = (object(), VAULT, object())
    house, other = House(*given), House(*given)
    db: Any = object()
    caller = Caller(new_id(), "name", "supervisor", None, None)
    assert unit(house, db, OnCase("case.read"), CALL, caller, datetime.now(UTC))._vault is given[1]
    for name, kind in (
        ("in_flight", InFlight),
        ("remembered", Remembered),
        ("seen", Remembered),
        ("scores", Scores),
    ):
        assert isinstance(getattr(house, name), kind)
        assert getattr(house, name) is not getattr(other, name)


@pytest.mark.parametrize(
    ("method", "patches", "writes"),
    [("GET", False, False), ("POST", False, True), ("PATCH", True, True)],
)
def test_a_unit_of_work_stands_on_what_was_asked(method: str, patches: bool, writes: bool) -> None:
    call = Call(b"t", method, "/path", "route", new_id(), new_id(), "tag", out=CaseOut)
    caller, at = Caller(new_id(), "name", "supervisor", None, None), datetime.now(UTC)
    house: Any = SimpleNamespace(vault=VAULT)
    db: Any = object()
    mark, seen = OnCase("case.read"), (1, b"key")
    work = unit(house, db, mark, call, caller, at, proven=False, seen=seen)
    assert (work._db, work._vault, work._mark) == (db, house.vault, mark)
    assert work._asked == Asked(call.file_id, "tag", patches, writes, CaseOut, b"t", False, seen)
    assert work._circumstances == Circumstances(
        caller, "case.read", "route", call.request_id, at, b"v"
    )
    usual = unit(house, db, mark, call, caller, at)._asked
    assert (usual.proven, usual.seen) == (True, None)
