"""Opaque tokens: made, exchanged, ended. Only their SHA-256 is kept."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from app.core.db import table
from app.core.values import new_id
from app.safeguards.identity.models import Session, Token

GRACE = timedelta(seconds=10)  # a lost answer may be asked for again; later it is a stolen token


@dataclass(frozen=True)
class Pair:
    session_id: UUID
    access: str
    refresh: str


def start(db: Connection, user_id: UUID, at: datetime, access: timedelta, whole: timedelta) -> Pair:
    session_id = new_id()
    db.execute(
        insert(table(Session)).values(
            id=session_id, created_at=at, user_id=user_id, expires_at=at + whole
        )
    )
    return issue(db, session_id, at, access, at + whole)


def issue(
    db: Connection, session_id: UUID, at: datetime, access: timedelta, until: datetime
) -> Pair:
    pair = Pair(session_id, secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    ends = {"access": min(at + access, until), "refresh": until}
    for kind, token in (("access", pair.access), ("refresh", pair.refresh)):
        row = {"digest": digest_of(token), "session_id": session_id, "kind": kind}
        db.execute(insert(table(Token)).values(**row, expires_at=ends[kind]))
    return pair


def digest_of(token: str) -> bytes:
    return sha256(token.encode()).digest()


def exchange(
    db: Connection, refresh: str, at: datetime, access: timedelta
) -> tuple[UUID | None, Pair | None]:
    """The user and a new pair; a pair of None: refused, and a stolen token's session ended."""
    tokens, sessions = table(Token), table(Session)
    row = db.execute(
        select(tokens.c.used_at, tokens.c.expires_at, sessions)
        .join(sessions, sessions.c.id == tokens.c.session_id)
        .where(tokens.c.digest == digest_of(refresh), tokens.c.kind == "refresh")
        .with_for_update()
    ).one_or_none()
    if row is None:
        return None, None
    if row.ended_at or row.expires_at <= at:
        return row.user_id, None
    if row.used_at and at - row.used_at > GRACE:
        end(db, at, "refresh token used twice", sessions.c.id == row.id)
        return row.user_id, None
    if not row.used_at:
        used = update(tokens).where(tokens.c.digest == digest_of(refresh))
        db.execute(used.values(used_at=at))
    return row.user_id, issue(db, row.id, at, access, row.expires_at)


def end(db: Connection, at: datetime, why: str, *where: object) -> int:
    sessions = table(Session)
    ended = update(sessions).where(sessions.c.ended_at.is_(None), *where)  # type: ignore[arg-type]
    return db.execute(ended.values(ended_at=at, ended_why=why)).rowcount
