"""A statement for a kind of caller: who it is, each run says; whether there is a unit, it knows."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import BindParameter, Date, LargeBinary, Text

from app.core.db import Identifier, UtcDateTime
from app.core.values import new_id
from app.registry.cases.models import Case
from app.safeguards.guard.door import (
    NOW,
    SEEN_KEY,
    SOMEBODY,
    Door,
    ordinary,
    particulars,
    plain_names,
    somebody,
    stationed,
)
from app.safeguards.identity.caller import Caller

CALLER = Caller(new_id(), "name", "supervisor", new_id(), "ra")
AT = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize("unit", [True, False])
@pytest.mark.parametrize("jurisdiction", [True, False])
def test_what_a_caller_has_not_a_statement_leaves_no_place_for(
    unit: bool, jurisdiction: bool
) -> None:
    caller = replace(
        CALLER,
        unit_id=CALLER.unit_id if unit else None,
        jurisdiction=CALLER.jurisdiction if jurisdiction else None,
    )
    assert stationed(caller) == (unit, jurisdiction)
    assert ordinary(caller) is (unit and jurisdiction)
    known = somebody("supervisor", stationed(caller))
    assert (known.role, known.username) == ("supervisor", "")
    assert (known.unit_id is not None, known.jurisdiction is not None) == (unit, jurisdiction)


def test_each_run_fills_every_place() -> None:
    known: Any = somebody("supervisor")
    places = (known.id, known.unit_id, known.jurisdiction, NOW.at, NOW.today)
    assert all(isinstance(one, BindParameter) for one in places)
    kinds = [type(one.type) for one in places]
    assert kinds == [Identifier, Identifier, Text, UtcDateTime, Date]
    given = particulars(CALLER, AT)
    due = [CALLER.id, CALLER.unit_id, CALLER.jurisdiction, AT, date(2026, 3, 1)]
    assert [given[one.key] for one in places] == due
    assert (SOMEBODY.role, SOMEBODY.username) == ("", "")


def test_a_door_that_says_no_more_proves_nothing_and_passes_no_seal() -> None:
    door = Door(Case, "case.read", "supervisor", writes=False, engine="sqlite")
    assert (door.proves, door.summary, door.known, door.sealed) == (False, False, False, False)
    assert "status" in plain_names(door.scope)
    assert (SEEN_KEY.key, type(SEEN_KEY.type)) == ("seen_key", LargeBinary)
