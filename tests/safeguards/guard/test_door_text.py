"""Whose particulars a prepared statement leaves open, and what each door is unless it is said."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Boolean, Date, Text, literal_column, select

from app.core.db import Identifier, UtcDateTime, table
from app.core.values import new_id
from app.registry.cases.models import Case
from app.registry.cases.on_case import OnCase
from app.safeguards.access.policy import POLICY
from app.safeguards.guard import door as doors
from app.safeguards.guard.columns import scoped
from app.safeguards.guard.door import NOW, Door, particulars, reached, somebody, still_open
from app.safeguards.identity.caller import Caller

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


@pytest.mark.parametrize("proves", [False, True])
@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("summary", [False, True])
def test_a_file_is_reached_by_what_opens_the_action_and_a_proof_lets_nothing_rare_in(
    monkeypatch: pytest.MonkeyPatch, proves: bool, sealed: bool, summary: bool
) -> None:
    rows, who = table(Case), somebody("educator")
    given: Any = {"proves": proves, "sealed": sealed, "summary": summary}
    one = Door(Case, "person.read", "educator", writes=False, engine="sqlite", **given)

    def within(*asked: Any, **more: Any) -> Any:
        grants = scoped(Case, POLICY.opens("educator", "person.read", summary))
        assert asked == (Case, rows, who, grants, NOW)
        assert more == {"sealed": sealed, "usual": proves}
        return literal_column("wall", Boolean())

    def rare(*asked: Any) -> Any:
        assert asked == (who, NOW)
        return literal_column("rare", Boolean())

    monkeypatch.setattr(doors, "within", within)
    monkeypatch.setattr(
        doors, "pointed", lambda asked: literal_column(f"point({asked})", Boolean())
    )
    monkeypatch.setattr(doors, "has_something_rare", rare)
    assert str(reached(one, rows)) == (
        "cases.id = :file AND point(wall)" + (" AND NOT rare" if proves else "")
    )


def test_whether_the_caller_has_something_rare_is_asked_of_them_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    class Asked:
        def run(self, *given: Any) -> Any:
            asked.append(given)
            return [(answer,)]

    def made(statement: Any, engine: str) -> Any:
        asked.append((str(statement), engine))
        return Asked()

    monkeypatch.setattr(doors, "Statement", made)
    monkeypatch.setattr(doors, "rare_of", doors.rare_of.__wrapped__)
    monkeypatch.setattr(
        doors,
        "has_something_rare",
        lambda *of: literal_column(f"rare_{of == (somebody('educator'), NOW)}", Boolean()),
    )
    caller = Caller(new_id(), "", "educator", new_id(), "ra", new_id())
    db, at = (
        SimpleNamespace(dialect=SimpleNamespace(name="engine")),
        datetime(2026, 3, 1, tzinfo=UTC),
    )
    for answer in (1, 0):
        asked.clear()
        assert doors.rare_now(db, caller, at) is bool(answer)  # type: ignore[arg-type]
        text, run = asked
        assert text == ("SELECT rare_True AS rare", "engine")
        assert run == (db, particulars(caller, at))
