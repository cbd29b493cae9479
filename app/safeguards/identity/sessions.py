"""Opaque tokens: made, exchanged, ended. Only their SHA-256 is kept."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, insert, select, update

from app.core.db import table
from app.core.values import new_id
from app.safeguards.identity.admitting import same, word_for_token
from app.safeguards.identity.caller import ACCESS
from app.safeguards.identity.models import Session, Token

REFRESH = "refresh"
Word = Callable[[str, str], dict[str, Any]]
GRACE = timedelta(seconds=10)  # a lost answer may be asked for again; later it is a stolen token


@dataclass(frozen=True)
class Pair:
    session_id: UUID
    access: str
    refresh: str | None


@dataclass(frozen=True)
class Exchange:
    """What became of a refresh token; without a pair it was refused, and `why` says for what."""

    why: str | None
    user_id: UUID | None = None
    pair: Pair | None = None


def start(
    db: Connection,
    key: bytes,
    user_id: UUID,
    at: datetime,
    access: timedelta,
    whole: timedelta,
    *,
    limited: bool = False,
    renewable: bool = True,
) -> Pair:
    """A session that ends after `whole`, and its first tokens; the access token after `access`.

    `key`: of the application's word for tokens.
    """
    session_id = new_id()
    row = {"id": session_id, "created_at": at, "user_id": user_id, "expires_at": at + whole}
    db.execute(insert(table(Session)).values(**row, limited=limited))
    mine = word_of(key, session_id, user_id)
    return issue(db, mine, session_id, at, access, at + whole, renewable=renewable)


def issue(
    db: Connection,
    mine: Word,
    session_id: Any,
    at: datetime,
    access: timedelta,
    until: datetime,
    *,
    replaces: bytes | None = None,
    renewable: bool = True,
) -> Pair:
    """Tokens of 256 bits, in the clear this once; none outlives `until`."""
    refresh = secrets.token_urlsafe(32) if renewable else None
    pair = Pair(session_id, secrets.token_urlsafe(32), refresh)
    one = mine(pair.access, ACCESS) | {"expires_at": min(at + access, until)}
    db.execute(insert(table(Token)).values(**one, session_id=session_id))
    if refresh:
        one = mine(refresh, REFRESH) | {"expires_at": until}
        db.execute(insert(table(Token)).values(**one, session_id=session_id, replaces=replaces))
    return pair


def word_of(key: bytes, session_id: UUID, user_id: UUID) -> Word:
    """What is kept of a token of this session, by which it lets in nobody but this user."""

    def kept(token: str, kind: str) -> dict[str, Any]:
        digest = digest_of(token)
        mac = word_for_token(key, digest, kind, session_id, user_id)
        return {"digest": digest, "kind": kind, "mac": mac}

    return kept


def digest_of(token: str) -> bytes:
    return sha256(token.encode()).digest()


def exchange(db: Connection, key: bytes, refresh: str, at: datetime, access: timedelta) -> Exchange:
    """A new pair for a refresh token that was not used before.

    Asked again within the grace, the first answer was lost: what it held is retired, so that there
    is one live token at any time. Any other second use, and any use of a retired token, means that
    two hold what one should (RFC 9700 §4.14.2): the session ends.
    """
    tokens, sessions = table(Token), table(Session)
    digest = digest_of(refresh)
    row = db.execute(
        select(tokens.c.used_at, tokens.c.retired_at, tokens.c.mac, sessions)
        .join(sessions, sessions.c.id == tokens.c.session_id)
        .where(tokens.c.digest == digest, tokens.c.kind == REFRESH)
        .with_for_update()
    ).one_or_none()
    if row is None:
        return Exchange("refresh-unknown")
    mine = word_of(key, row.id, row.user_id)
    if not same(mine(refresh, REFRESH)["mac"], row.mac):
        return Exchange("not-issued")
    if row.ended_at or row.expires_at <= at:
        return Exchange("session-over", row.user_id)
    if row.retired_at or (row.used_at and not lost(db, digest, row.used_at, at)):
        end(db, at, "refresh token used twice", sessions.c.id == row.id)
        return Exchange("refresh-reused", row.user_id)
    if row.used_at:
        successors = update(tokens).where(tokens.c.replaces == digest)
        db.execute(successors.values(retired_at=at))
    else:
        db.execute(update(tokens).where(tokens.c.digest == digest).values(used_at=at))
    pair = issue(db, mine, row.id, at, access, row.expires_at, replaces=digest)
    return Exchange(None, row.user_id, pair)


def lost(db: Connection, digest: bytes, used_at: datetime, at: datetime) -> bool:
    """Whether the answer to the first use may be lost: recent, and nobody used what it held."""
    kept = table(Token)
    spent = select(kept.c.digest).where(kept.c.replaces == digest, kept.c.used_at.is_not(None))
    return at - used_at <= GRACE and db.execute(spent).first() is None


def end(db: Connection, at: datetime, why: str, *where: ColumnElement[bool]) -> int:
    """Ends the sessions that are open still, with all their tokens; how many there were."""
    sessions = table(Session)
    ended = update(sessions).where(sessions.c.ended_at.is_(None), *where)
    return db.execute(ended.values(ended_at=at, ended_why=why)).rowcount
