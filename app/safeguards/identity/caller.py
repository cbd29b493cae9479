"""Who is asking: found from the token on every request, never remembered."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, FromClause, select

from app.core.db import Base, table
from app.safeguards.identity.models import Session, Token


@dataclass(frozen=True)
class Caller:
    """A user or service client, as this one request finds them."""

    id: UUID
    username: str
    role: str
    unit_id: UUID | None
    jurisdiction: str | None
    session_id: UUID | None = None
    machine: bool = False  # a service client: it proposes, and decides nothing


def digest(authorization: str | None) -> bytes:
    """Of an Authorization header; no header has the digest of no token."""
    scheme, _, token = (authorization or "").partition(" ")
    return sha256(token.encode()).digest() if scheme.lower() == "bearer" and token else b""


def staff() -> tuple[FromClause, FromClause]:
    """The tables of users and units, which the registry declares on top of this package."""
    tables = Base.metadata.tables
    return tables["users"], tables["units"]


def authenticate(db: Connection, token: bytes, at: datetime) -> Caller | None:
    """The caller, if token, session and user are all good at this moment."""
    if not token:
        return None
    tokens, sessions = table(Token), table(Session)
    users, _ = staff()
    return found(
        db,
        tokens.join(sessions, sessions.c.id == tokens.c.session_id).join(
            users, users.c.id == sessions.c.user_id
        ),
        sessions.c.id,
        tokens.c.digest == token,
        tokens.c.kind == "access",
        tokens.c.expires_at > at,
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > at,
    )


def named(db: Connection, user_id: UUID) -> Caller | None:
    users, _ = staff()
    return found(db, users, None, users.c.id == user_id)


def found(db: Connection, source: Any, session: Any, *where: Any) -> Caller | None:
    users, units = staff()
    row = db.execute(
        select(
            users.c.id,
            users.c.username,
            users.c.role,
            users.c.unit_id,
            units.c.jurisdiction,
            (users.c.kind == "client").label("machine"),
            *([session.label("session_id")] if session is not None else []),
        )
        .select_from(source.outerjoin(units, units.c.id == users.c.unit_id))
        .where(users.c.disabled_at.is_(None), *where)
    ).one_or_none()
    return Caller(**row._mapping) if row else None
