"""The wall of one file as a prepared statement, and the caller whose particulars it leaves open."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    FromClause,
    Integer,
    LargeBinary,
    Text,
    and_,
    exists,
    literal,
    select,
    type_coerce,
)

from app.core.db import Identifier, UtcDateTime, table
from app.core.statements import Statement, bind
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.columns import scoped
from app.safeguards.guard.pointed import pointed
from app.safeguards.guard.protected import Protected, When, has_something_rare, within
from app.safeguards.identity.caller import Caller, holders
from app.safeguards.vault.models import File
from app.safeguards.vault.sealed import is_sealed

NOW: Any = When(bind("at", UtcDateTime()), bind("today", Date()))
SEEN_KEY: Any = bind("seen_key", LargeBinary())  # erasing a file's key is what erases the file
SOMEBODY = Caller(  # whose particulars each run fills in; the role is the statement's own
    id=bind("caller", Identifier()),  # type: ignore[arg-type]
    username="",
    role="",
    unit_id=bind("unit", Identifier()),  # type: ignore[arg-type]
    jurisdiction=bind("jurisdiction", Text()),  # type: ignore[arg-type]
)


def ordinary(caller: Caller) -> bool:
    """Whether particulars may be left open: a rule may ask whether there are any."""
    return all(stationed(caller))


def stationed(caller: Caller) -> tuple[bool, bool]:
    """Whether the caller has a unit, and a jurisdiction."""
    return caller.unit_id is not None, caller.jurisdiction is not None


def somebody(role: str, has: tuple[bool, bool] = (True, True)) -> Caller:
    """Of this role, with a unit and a jurisdiction or without; who it is, each run fills in."""
    unit, jurisdiction = has
    return replace(
        SOMEBODY,
        role=role,
        unit_id=SOMEBODY.unit_id if unit else None,
        jurisdiction=SOMEBODY.jurisdiction if jurisdiction else None,
    )


def particulars(caller: Caller, at: datetime) -> dict[str, Any]:
    return {
        "caller": caller.id,
        "unit": caller.unit_id,
        "jurisdiction": caller.jurisdiction,
        "at": at,
        "today": at.date(),
    }


@dataclass(frozen=True)
class Door:
    scope: type[Protected]
    action: str
    role: str
    writes: bool
    engine: str
    proves: bool = False  # the short way's: looks at the token, too, and lets no rare grant in
    summary: bool = False  # whether S opens it, too
    known: bool = False  # from the last time: what is written looks through it for the first time
    sealed: bool = False  # whether it opens files that are sealed


@cache
def door_of(door: Door) -> Statement:
    """The plain columns of the file's own row, and its wrapped key, if this action reaches it.

    Whoever writes on this file next waits: what rules judge by it holds until the commit.
    """
    scope, rows, files = door.scope, table(door.scope), table(File)
    found = (
        select(*plain_columns(scope), files.c.wrapped_key)
        .select_from(rows.join(files, files.c.id == rows.c[scope.file]))
        .where(reached(door, rows))
    )
    if door.proves:
        found = found.where(good_token(somebody(door.role)))
    return Statement(
        found.with_for_update(of=rows, key_share=True) if door.writes else found, door.engine
    )


@cache
def lock_of(door: Door) -> Statement:
    """Has the file's own row as `door_of` has it, and asks nothing."""
    rows = table(door.scope)
    here = select(literal(1)).select_from(rows).where(rows.c.id == bind("file", Identifier()))
    return Statement(here.with_for_update(of=rows, key_share=True), door.engine)


def rare_now(db: Connection, caller: Caller, at: datetime) -> bool:
    """Whether the caller has something rare, see `rarely`."""
    asked = rare_of(caller.role, stationed(caller), db.dialect.name)
    return bool(asked.run(db, particulars(caller, at))[0][0])


@cache
def rare_of(role: str, has: tuple[bool, bool], engine: str) -> Statement:
    asked = has_something_rare(somebody(role, has), NOW)
    return Statement(select(type_coerce(asked, Boolean).label("rare")), engine)


def good_token(caller: Caller) -> ColumnElement[bool]:
    """The token is good, and its holder is still who this process remembers."""
    found = holders(bind("token", LargeBinary()), bind("at", UtcDateTime())).subquery()
    same = (
        found.c.id == caller.id,
        found.c.role == caller.role,
        found.c.unit_id == caller.unit_id,
        found.c.jurisdiction == caller.jurisdiction,
        found.c.session_id == bind("session", Identifier()),
        found.c.limited.is_(False),
    )
    return exists(select(literal(1)).where(*same))


def reached(door: Door, rows: FromClause) -> ColumnElement[bool]:
    """Whether it is the file's own row, and this action reaches it."""
    grants = scoped(door.scope, POLICY.opens(door.role, door.action, door.summary))
    caller = somebody(door.role)
    asked = within(door.scope, rows, caller, grants, NOW, sealed=door.sealed, usual=door.proves)
    wall = pointed(asked)
    here = and_(rows.c.id == bind("file", Identifier()), wall)
    return and_(here, ~has_something_rare(caller, NOW)) if door.proves else here


def still_open(door: Door) -> ColumnElement[bool]:
    """The wall once more, for a statement that begins after the lock was had.

    The door's own statement saw the team as it was before it waited; and nobody can be released
    while the lock is held. What is only known from the last time has to be as it was: then rules
    judged by what holds.
    """
    rows = table(door.scope).alias()
    true = [reached(door, rows)]
    if door.known:
        files = table(File).alias()
        key = (files.c.id == rows.c[door.scope.file], files.c.wrapped_key == SEEN_KEY)
        true.append(exists(select(literal(1)).select_from(files).where(*key)))
        true.append(rows.c.version == bind("seen_version", Integer()))
        true.append(good_token(somebody(door.role)))
    return exists(select(literal(1)).select_from(rows).where(*true))


@cache
def still_open_now(door: Door) -> Statement:
    return Statement(select(literal(1).label("open")).where(still_open(door)), door.engine)


@cache
def plain_names(scope: type[Protected]) -> tuple[str, ...]:
    return tuple(column.name for column in plain_columns(scope))


@cache
def plain_columns(scope: type[Protected]) -> tuple[Column[Any], ...]:
    return tuple(column for column in table(scope).c if not is_sealed(column))
