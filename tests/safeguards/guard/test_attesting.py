"""What a command does past the unit of work is one event, committed and in the second record."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, select

from app.core.db import Base, table
from app.safeguards.audit.models import AuditEvent
from app.safeguards.audit.vouching import word
from app.safeguards.guard import attesting
from app.safeguards.guard.attesting import COMMANDS, attest
from app.safeguards.identity.caller import Caller

KEY = b"k" * 32
CALLER = Caller(UUID(int=7), "", "administrator", None, None, UUID(int=8))


@pytest.mark.parametrize("outcome", [None, "configured"])
def test_an_act_is_committed_before_it_is_in_the_second_record(
    monkeypatch: pytest.MonkeyPatch, outcome: str | None
) -> None:
    assert set(COMMANDS) == {"key.add", "key.rotate", "key.drop"}
    engine, committed, recorded = create_engine("sqlite://"), list[bool](), list[Any]()
    Base.metadata.create_all(engine, [table(AuditEvent)])
    house: Any = SimpleNamespace(engine=engine, vault=SimpleNamespace(vouching=KEY))

    @contextmanager
    def transaction(of: Any) -> Iterator[Connection]:
        assert of is engine
        with engine.begin() as db:
            yield db
        committed.append(True)

    def on_record(of: Any, made: Any) -> None:
        assert (of, committed) == (house, [True])
        recorded.extend(made.made)

    monkeypatch.setattr(attesting, "transaction", transaction)
    monkeypatch.setattr(attesting, "on_record", on_record)
    said: Any = {"outcome": outcome} if outcome else {}
    before = datetime.now(UTC)
    made = attest(house, CALLER, "key.rotate", "key rotate", **said, detail={"a": 1})
    with engine.connect() as db:
        (row,) = db.execute(select(table(AuditEvent))).mappings()
    (event,) = recorded
    assert row["id"] == event["id"] == made
    assert (row["action"], row["route"]) == ("key.rotate", "command key rotate")
    assert (row["outcome"], row["detail"]) == (outcome or "read", {"a": 1})
    assert (row["actor_id"], row["session_id"]) == (CALLER.id, CALLER.session_id)
    assert before <= row["created_at"] <= datetime.now(UTC)
    assert row["request_id"] is not None
    assert event["mac"] == word(KEY, event) == row["mac"]
