"""Opaque tokens: made, exchanged, ended. Only their SHA-256 is kept."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, insert, select, update

from app.core.db import table
from app.core.values import new_id
from app.safeguards.identity.admitting import Admission
from app.safeguards.identity.caller import ACCESS
from app.safeguards.identity.models import Session, Token

REFRESH = "refresh"
GRACE = timedelta(seconds=10)  # a lost answer may be asked for again; later it is a stolen token


@dataclass(frozen=True)
class Pair:
    session_id: UUID
    access: str
    refresh: str | None


@dataclass(frozen=True)
class Holder:
    """Whose tokens are issued: nobody else is let in by one, nor for more, nor for longer."""

    session_id: UUID
    user_id: UUID
    limited: bool

    def admission(self, token: str, kind: str, until: datetime) -> Admission:
        return Admission(digest_of(token), kind, self.session_id, self.user_id, until, self.limited)

    def kept(self, key: bytes, token: str, kind: str, until: datetime) -> dict[str, Any]:
        """What is kept of a token; `key`: of the application's word."""
        said = self.admission(token, kind, until)
        return {
            "digest": said.digest,
            "session_id": said.session_id,
            "kind": kind,
            "expires_at": until,
            "mac": said.word(key),
        }


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
    holder = Holder(session_id, user_id, limited)
    return issue(db, key, holder, at, access, at + whole, renewable=renewable)


def issue(
    db: Connection,
    key: bytes,
    holder: Holder,
    at: datetime,
    access: timedelta,
    until: datetime,
    *,
    replaces: bytes | None = None,
    renewable: bool = True,
) -> Pair:
    """Tokens of 256 bits, in the clear this once; none outlives `until`."""
    refresh = secrets.token_urlsafe(32) if renewable else None
    pair = Pair(holder.session_id, secrets.token_urlsafe(32), refresh)
    one = holder.kept(key, pair.access, ACCESS, min(at + access, until))
    db.execute(insert(table(Token)).values(one))
    if refresh:
        one = holder.kept(key, refresh, REFRESH, until)
        db.execute(insert(table(Token)).values(**one, replaces=replaces))
    return pair


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
    until = tokens.c.expires_at.label("until")
    row = db.execute(
        select(tokens.c.used_at, tokens.c.retired_at, tokens.c.mac, until, sessions)
        .join(sessions, sessions.c.id == tokens.c.session_id)
        .where(tokens.c.digest == digest, tokens.c.kind == REFRESH)
        .with_for_update()
    ).one_or_none()
    if row is None:
        return Exchange("refresh-unknown")
    holder = Holder(row.id, row.user_id, row.limited)
    if not holder.admission(refresh, REFRESH, row.until).is_ours(key, row.mac):
        return Exchange("not-issued")
    # It ends with its session: of both, its own end alone has our word.
    if row.ended_at or min(row.until, row.expires_at) <= at:
        return Exchange("session-over", row.user_id)
    if row.retired_at or (row.used_at and not lost(db, digest, row.used_at, at)):
        end(db, at, "refresh token used twice", sessions.c.id == row.id)
        return Exchange("refresh-reused", row.user_id)
    if row.used_at:
        successors = update(tokens).where(tokens.c.replaces == digest)
        db.execute(successors.values(retired_at=at))
    else:
        db.execute(update(tokens).where(tokens.c.digest == digest).values(used_at=at))
    pair = issue(db, key, holder, at, access, row.until, replaces=digest)
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
