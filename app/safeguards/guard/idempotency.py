"""Answers already given: the same key on the same route has one effect, however often sent."""

import json
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, table
from app.core.errors import Conflict, Invalid
from app.safeguards.guard.answer import Answer
from app.safeguards.vault.keys import Vault
from app.safeguards.vault.sealing import seal, unseal

KEPT = timedelta(hours=24)
ONCE = b"told once"


class AnswerGiven(Base):
    """The answer is sealed: it may be clinical, and it outlives the request."""

    __tablename__ = "answers_given"

    actor_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(primary_key=True)  # SHA-256 of method, path and key
    request: Mapped[bytes]  # SHA-256 of the body
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    answer: Mapped[bytes]


class InFlight:
    """Keys that this process is working on now."""

    def __init__(self) -> None:
        self.lock, self.keys = Lock(), set[tuple[bytes, bytes]]()

    def enter(self, caller: bytes, key: bytes) -> None:
        """Conflict while the first request with this key is being answered."""
        with self.lock:
            if (caller, key) in self.keys:
                raise Conflict("the first request with this key is not done", code="in-flight")
            self.keys.add((caller, key))

    def leave(self, caller: bytes, key: bytes) -> None:
        with self.lock:
            self.keys.discard((caller, key))


def key_of(method: str, path: str, key: str) -> bytes:
    return sha256(f"{method}\0{path}\0{key}".encode()).digest()


def place(actor: UUID, key: bytes) -> str:
    return f"answers_given|{actor}|{key.hex()}|answer"


def recall(
    db: Connection, vault: Vault, actor: UUID, role: str, key: bytes, request: bytes
) -> Answer | None:
    """The answer to give again; the wall has let the caller through just now, as ever.

    Raises Conflict where it told something that is told once: it is done, and not done again.
    """
    given = table(AnswerGiven)
    row = db.execute(
        select(given).where(given.c.actor_id == actor, given.c.key == key)
    ).one_or_none()
    if row is None:
        return None
    if row.request != request or row.role != role:
        raise Invalid("this key was used for another request", code="idempotency-key-reused")
    kept = unseal(vault.answers, row.answer, place(actor, key))
    if kept == ONCE:
        raise Conflict("it is done, and what it told is told once", code="told-once")
    status, headers, body = json.loads(kept)
    return Answer(body.encode(), status, {**headers, "Idempotency-Replayed": "true"})


def remember(
    db: Connection,
    vault: Vault,
    actor: UUID,
    role: str,
    key: bytes,
    request: bytes,
    at: datetime,
    answer: Answer | None,
) -> None:
    """Within the transaction of what was done, so that the one is never without the other.

    `answer`: None for one that is told once, of which is kept that it was given.
    """
    given = table(AnswerGiven)
    db.execute(delete(given).where(given.c.created_at < at - KEPT))
    whole = ONCE
    if answer is not None:
        whole = json.dumps([answer.status, answer.headers, answer.body.decode()]).encode()
    db.execute(
        insert(given).values(
            actor_id=actor,
            key=key,
            request=request,
            role=role,
            created_at=at,
            answer=seal(vault.answers, whole, place(actor, key)),
        )
    )
