"""Whose particulars a prepared statement leaves open, and what each door is unless it is said."""

from typing import Any

from sqlalchemy import Date, Text, select

from app.core.db import Identifier, UtcDateTime
from app.registry.cases.models import Case
from app.registry.cases.on_case import OnCase
from app.safeguards.guard.door import NOW, Door, somebody, still_open

SEEN = OnCase("case.read")


def left_open(*values: Any) -> dict[str, type]:
    """Of each value that a run gives: under which name, and of which type."""
    binds = select(*values).compile().binds
    return {name: type(one.type) for name, one in binds.items()}


def test_who_and_when_are_left_open() -> None:
    who, nowhere = somebody("auditor"), somebody("auditor", (False, False))
    told = {"caller": Identifier, "unit": Identifier, "jurisdiction": Text}
    assert left_open(who.id, who.unit_id, who.jurisdiction) == told
    assert left_open(nowhere.id) == {"caller": Identifier}
    assert (nowhere.unit_id, nowhere.jurisdiction) == (None, None)
    assert (who.role, nowhere.role) == ("auditor", "auditor")
    assert left_open(NOW.at, NOW.today) == {"at": UtcDateTime, "today": Date}


def test_a_door_is_plain_unless_it_is_said() -> None:
    door = Door(Case, SEEN.action, "auditor", writes=False, engine="sqlite")
    plain: Any = dict.fromkeys(("proves", "summary", "known", "sealed"), False)
    assert door == Door(Case, SEEN.action, "auditor", writes=False, engine="sqlite", **plain)
    text = str(select(still_open(door)))
    assert ":seen_key" not in text
    known = Door(Case, SEEN.action, "auditor", writes=False, engine="sqlite", known=True)
    assert ":seen_key" in str(select(still_open(known)))
