"""A statement for a kind of caller: who it is, each run says; whether there is a unit, it knows."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import BindParameter

from app.core.values import new_id
from app.safeguards.guard.door import ordinary, particulars, somebody, stationed
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
    places = (known.id, known.unit_id, known.jurisdiction)
    assert all(isinstance(one, BindParameter) for one in places)
    given = particulars(CALLER, AT)
    assert [given[one.key] for one in places] == [CALLER.id, CALLER.unit_id, CALLER.jurisdiction]
    assert (given["at"], given["today"]) == (AT, date(2026, 3, 1))
