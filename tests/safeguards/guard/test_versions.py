"""The statement behind a history, word for word: each version, and the one before that is read."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Integer, literal_column

from app.core.db import Identifier
from app.registry.cases.models import Case
from app.safeguards.audit.models import SAID
from app.safeguards.guard import versions
from app.safeguards.guard.door import NOW, somebody
from app.safeguards.guard.past import EVENTS
from app.safeguards.guard.versions import VERSION, versions_of

HAS = (True, False)  # a unit, and no jurisdiction
EARLIER = "old.record_id = audit_events.record_id AND old.version < audit_events.record_version"
PLACE = "(audit_events.created_at, audit_events.record_class, audit_events.seq)"
ORDER = "audit_events.created_at, audit_events.record_class, audit_events.seq"
BESIDE = (
    "level = 1 AS in_summary, kept.snapshot AS kept_now, before.version AS version_before,"
    " before.record_class AS class_before, before.snapshot AS kept_before"
)


@pytest.fixture
def making(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """As it is made, with the walls in their own words."""

    def sighting(scope: Any, file_id: Any, caller: Any, when: Any) -> Any:
        assert (scope, caller, when) == (Case, somebody("auditor", HAS), NOW)
        assert (file_id.key, type(file_id.type)) == ("file", Identifier)
        return Sighted()

    class Sighted:
        def told(self, entries: Any) -> Any:
            assert entries is EVENTS
            return literal_column("level", Integer())

    def classes_then(entries: Any, scope: Any, role: str) -> Any:
        return literal_column(f"({entries.name} in classes of {scope.record} for {role})")

    monkeypatch.setattr(versions, "Sighting", sighting)
    monkeypatch.setattr(versions, "classes_then", classes_then)
    monkeypatch.setattr(versions, "Statement", lambda *made: made)

    def made(*filters: tuple[str, ...]) -> Any:
        unkept: Any = versions_of.__wrapped__
        statement, engine = unkept(Case, "auditor", HAS, "sqlite", *filters)
        assert engine == "sqlite"
        return statement

    return made


@pytest.fixture
def statement(making: Callable[..., Any]) -> Any:
    return making()


@pytest.mark.parametrize(
    ("filters", "chosen", "told"),
    [
        ((), "", ""),
        (((),), "", ""),
        ((("record", "since"),), ("record = :record", "created_at >= :since"), ""),
        ((("actor_id",),), ("actor_id = :actor_id",), " AND level != 1"),
    ],
)
def test_each_version_stands_beside_the_last_before_it_in_a_class_that_is_read(
    making: Callable[..., Any], filters: Any, chosen: Any, told: str
) -> None:
    statement = making(*filters)
    asked = "".join(f" AND audit_events.{one}" for one in chosen)
    columns = ", ".join(f"audit_events.{one.name}" for one in SAID)
    assert " ".join(str(statement).replace('"old"', "old").split()) == (
        f"SELECT {columns}, {BESIDE} FROM audit_events"
        " LEFT OUTER JOIN revisions AS kept ON kept.record_id = audit_events.record_id"
        " AND kept.version = audit_events.record_version AND kept.event_id = audit_events.id"
        " LEFT OUTER JOIN revisions AS before ON before.record_id = audit_events.record_id"
        " AND before.version = (SELECT max(old.version) AS max_1 FROM revisions AS old"
        f" WHERE {EARLIER} AND (old in classes of case for auditor))"
        f" WHERE audit_events.file_id = :file AND audit_events.outcome = 'written'{asked}"
        f" AND {PLACE} > (:after_created_at, :after_record_class, :after_seq)"
        f" AND level >= 1{told} ORDER BY {ORDER} LIMIT :more"
    )
    assert isinstance(statement.compile().binds["more"].type, Integer)


def test_the_cells_of_a_row_are_those_of_the_event_and_what_stands_beside(statement: Any) -> None:
    assert tuple(one.name for one in statement.selected_columns) == VERSION
    assert VERSION[: len(SAID)] == tuple(one.name for one in SAID)
