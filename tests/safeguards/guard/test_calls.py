"""What a house, a call and a unit of work are where nothing more is said."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from app.casework.notes.schemas import NoteOut
from app.registry.cases.on_case import OnCase
from app.safeguards.guard.asked import Asked
from app.safeguards.guard.calls import Call, House, unit
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.idempotency import InFlight
from app.safeguards.guard.memory import Remembered, Scores
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
