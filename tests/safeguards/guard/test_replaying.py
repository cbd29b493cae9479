"""Answers already given, by themselves: under what they are kept, and to whom they are given."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, select

from app.core.db import Base, table
from app.core.errors import Conflict, Invalid
from app.safeguards.guard.answer import Answer
from app.safeguards.guard.idempotency import (
    KEPT,
    AnswerGiven,
    InFlight,
    key_of,
    recall,
    remember,
)
from app.safeguards.vault.sealing import Unopened

VAULT: Any = SimpleNamespace(answers=b"a" * 32)
ME, OTHER = UUID(int=1), UUID(int=2)
AT = datetime(2026, 3, 1, tzinfo=UTC)
ANSWER = Answer("é".encode(), 201, {"ETag": '"1"'})
GIVEN = table(AnswerGiven)


@pytest.fixture
def db() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine, [GIVEN])
    with engine.connect() as db:
        yield db


def keep(db: Connection, key: bytes = b"key", at: datetime = AT, actor: UUID = ME) -> None:
    remember(db, VAULT, actor, "auditor", key, b"request", at, ANSWER)


def found(db: Connection, actor: UUID = ME, key: bytes = b"key") -> Answer | None:
    return recall(db, VAULT, actor, "auditor", key, b"request")


def test_an_answer_is_given_again_and_says_so(db: Connection) -> None:
    keep(db)
    headers = {"ETag": '"1"', "Idempotency-Replayed": "true"}
    assert found(db) == Answer("é".encode(), 201, headers)
    (row,) = db.execute(select(GIVEN)).all()
    assert (row.actor_id, row.key, row.request) == (ME, b"key", b"request")
    assert (row.role, row.created_at) == ("auditor", AT)
    assert "é".encode() not in row.answer


def test_an_answer_is_of_one_actor_and_one_key(db: Connection) -> None:
    keep(db)
    keep(db, b"more")
    keep(db, actor=OTHER)
    assert found(db, OTHER, b"more") is None
    assert found(db, UUID(int=3)) is None
    assert found(db, key=b"else") is None
    assert found(db, OTHER) == found(db)


def test_another_request_or_another_role_is_not_given_it(db: Connection) -> None:
    keep(db)
    for role, request in (("auditor", b"other"), ("partner", b"request")):
        with pytest.raises(Invalid) as refused:
            recall(db, VAULT, ME, role, b"key", request)
        assert refused.value.code == "idempotency-key-reused"


def test_an_answer_opens_under_its_own_key_alone(db: Connection) -> None:
    keep(db)
    db.execute(GIVEN.update().values(key=b"other"))
    with pytest.raises(Unopened):
        found(db, key=b"other")


def test_an_answer_is_kept_for_a_day(db: Connection) -> None:
    assert timedelta(days=1) == KEPT
    keep(db)
    keep(db, b"at its end", AT + KEPT)
    assert found(db) is not None
    keep(db, b"after", AT + KEPT + timedelta(microseconds=1))
    assert found(db) is None
    assert found(db, key=b"at its end") is not None


def test_a_key_is_of_a_method_and_a_path() -> None:
    assert key_of("POST", "/v1/notes", "é") == sha256("POST\0/v1/notes\0é".encode()).digest()


def test_a_key_is_worked_on_by_one_at_a_time() -> None:
    keys = InFlight()
    keys.enter(b"me", b"key")
    keys.enter(b"me", b"other")
    keys.enter(b"you", b"key")
    with pytest.raises(Conflict) as refused:
        keys.enter(b"me", b"key")
    assert refused.value.code == "in-flight"
    keys.leave(b"me", b"key")
    keys.enter(b"me", b"key")
    for taken in ((b"me", b"other"), (b"you", b"key")):
        with pytest.raises(Conflict):
            keys.enter(*taken)
    keys.leave(b"nobody", b"key")
    assert not keys.lock.locked()
