"""Who is asking: found from the token on every request, never remembered."""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, LargeBinary, Select, literal, select

from app.core.db import Base, Identifier, UtcDateTime, table
from app.core.statements import Statement, bind
from app.safeguards.identity.admitting import Admission
from app.safeguards.identity.models import Session, Token

ACCESS = "access"
log = logging.getLogger("casework.guard")


@dataclass(frozen=True)
class Caller:
    """A user or service client, as this one request finds them."""

    id: UUID
    username: str
    role: str
    unit_id: UUID | None
    jurisdiction: str | None
    session_id: UUID | None = None
    limited: bool = False  # signed in with a one-time password: may set another, no more
    machine: bool = False  # a service client: it proposes, and decides nothing
    until: datetime | None = None  # when the token ends that they came with

    @property
    def operates(self) -> bool:
        """Whether by a command at the machine itself: all others have signed in."""
        return self.session_id is None


def digest(authorization: str | None) -> bytes:
    """Of an Authorization header; no header has the digest of no token."""
    scheme, _, token = (authorization or "").partition(" ")
    return sha256(token.encode()).digest() if scheme.lower() == "bearer" and token else b""


def staff() -> tuple[FromClause, FromClause]:
    """The tables of users and units, which the registry declares on top of this package."""
    tables = Base.metadata.tables
    return tables["users"], tables["units"]


def authenticate(db: Connection, token: bytes, at: datetime, key: bytes) -> Caller | None:
    """The caller, if token, session and user are all good at this moment.

    `key`: of the application's word for tokens. Without that the token is nobody's.
    """
    if not token:
        return None
    (*rows,) = by_token(db.dialect.name).run(db, {"token": token, "at": at})
    if not rows:
        return None
    *cells, mac = rows[0]
    caller = Caller(*cells)
    assert caller.until is not None, "each token ends"
    whose = caller.session_id, caller.id, caller.until, caller.limited
    if not Admission(token, ACCESS, *whose).is_ours(key, mac):
        log.error("a token that the application did not issue")
        return None
    return caller


@cache
def by_token(engine: str) -> Statement:
    found = holders(bind("token", LargeBinary()), bind("at", UtcDateTime()))
    tokens = table(Token)
    return Statement(found.add_columns(tokens.c.expires_at, tokens.c.mac), engine)


def holders(token: ColumnElement[Any], at: ColumnElement[Any]) -> Select[Any]:
    """Whose token this is, in the order of Caller's fields; nobody's once anything has ended."""
    tokens, sessions = table(Token), table(Session)
    users, _ = staff()
    of_token = tokens.join(sessions, sessions.c.id == tokens.c.session_id)
    return people(
        of_token.join(users, users.c.id == sessions.c.user_id),
        sessions.c.id.label("session_id"),
        sessions.c.limited,
    ).where(
        tokens.c.digest == token,
        tokens.c.kind == ACCESS,
        tokens.c.expires_at > at,
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > at,
    )


def named(db: Connection, user_id: UUID) -> Caller | None:
    users, _ = staff()
    nobody = (literal(None, Identifier()).label("session_id"), literal(False).label("limited"))
    row = db.execute(people(users, *nobody).where(users.c.id == user_id)).one_or_none()
    return Caller(*row) if row else None


def people(source: Any, *session: ColumnElement[Any]) -> Select[Any]:
    """Users and clients that are agreed and not disabled, in the order of Caller's fields."""
    users, units = staff()
    return (
        select(
            users.c.id,
            users.c.username,
            users.c.role,
            users.c.unit_id,
            units.c.jurisdiction,
            *session,
            (users.c.kind == "client").label("machine"),
        )
        .select_from(source.outerjoin(units, units.c.id == users.c.unit_id))
        .where(users.c.disabled_at.is_(None), users.c.pending.is_(False))
    )
