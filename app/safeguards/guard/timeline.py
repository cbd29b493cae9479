"""The past of one file as JSON that the database writes: a page, or part after part of a stream.

Each part is one statement that asks again for token, wall and rows, and begins where the last one
ended; between two parts nothing is held. Entries are rows of the trail, so no revision is opened.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel
from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    aggregate_order_by,
    exists,
    func,
    insert,
    literal_column,
    select,
    true,
)

from app.core.db import Identifier
from app.core.errors import NotFound
from app.core.paging import scope, seal, unseal
from app.core.planning import planned_once
from app.core.statements import Cells, Statement, bind
from app.core.values import now, plain
from app.safeguards.access.policy import Reach
from app.safeguards.audit.models import SAID
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.columns import typed
from app.safeguards.guard.door import NOW, good_token, particulars, somebody, stationed
from app.safeguards.guard.entries import TOLD, Asked, columns_told, entry
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.past import (
    BRIEF,
    EVENTS,
    FIRST,
    HERE,
    LAST,
    ORDER,
    PLACE,
    Sighting,
    after,
    narrowed,
    sighted_by,
    untold_by,
    written_on,
)
from app.safeguards.guard.plans import wall
from app.safeguards.guard.protected import Protected, has_something_rare
from app.safeguards.guard.second_wall import wall_of
from app.safeguards.guard.shown import Shown
from app.safeguards.guard.spelling import bytes_of, constant
from app.safeguards.identity.caller import Caller

PART = 2_000  # entries of a stream that are asked for at a time


@dataclass(frozen=True)
class Span:
    """Which stretch of the past, and in which order; without a limit all of it, as a stream."""

    since: datetime | None = None
    until: datetime | None = None  # the first moment that is no longer of it
    newest_first: bool = True
    limit: int | None = None
    cursor: str | None = None


@dataclass(frozen=True)
class Form:
    """What makes two requests the same statement."""

    out: type[BaseModel]
    mark: Mark
    role: str
    has: tuple[bool, bool]  # a unit, a jurisdiction: a rule may ask
    engine: str
    filters: tuple[str, ...]
    newest_first: bool
    streams: bool
    usual: bool = True  # of who has nothing rare; finds nothing for others

    @property
    def scope(self) -> type[Protected]:
        assert self.mark.scope is not None, "a timeline is of one file"
        return self.mark.scope


@dataclass(frozen=True)
class Telling:
    """Who asks for what of the past of one file. Nothing in it is held: it can wait for long."""

    form: Form
    caller: Caller
    given: Mapping[str, Any]
    size: int
    cursors: bytes
    scope: str  # of its cursors
    begun: bool = False

    def part(
        self, db: Connection, at: datetime, circumstances: Circumstances | None = None
    ) -> tuple[Shown[Any], Any] | None:
        """As JSON, with how much of it there is; None if the caller may see no such file now.

        With circumstances, the event is written in the same unit; that is the short way, which
        leaves who has something rare to the long one.
        """
        values = {**self.given, **particulars(self.caller, at)}
        with planned_once(db, wall_of(self.caller)):
            rows = statement_of(self.form).run(db, values)
            if not rows and circumstances is None:
                rows = statement_of(replace(self.form, usual=False)).run(db, values)
            if not rows:
                return None
            text, found, *place = rows[0]
            count = "all" if self.form.streams else min(found, self.size)
            if circumstances is not None:
                told = {"record": "history", "detail": {"shown": count}}
                event = circumstances.event("read", file_id=values["file"], **told)
                witness(self.form.engine).run(db, event)
        return self.shown(text or b"", place if found > self.size else None), count

    def shown(self, text: bytes, last: Cells | None) -> Shown[Any]:
        """`last`: the place of the last entry, if there are more."""
        start = b'{"items":[' if not self.begun else b"," if text else b""
        if self.form.streams and last is not None:
            following = replace(self, given={**self.given, **after(last)}, begun=True)
            return Shown(start + text, rest=following.resumed)
        cursor = last and seal(self.cursors, self.scope, [plain(one) for one in last])
        return Shown(b"".join((start, text, b'],"next":', orjson.dumps(cursor), b"}")))

    def resumed(self, db: Connection) -> Shown[Any]:
        told = self.part(db, now())
        if told is None:
            raise NotFound("what was within reach is not any more")
        return told[0]


def telling(
    out: type[BaseModel],
    span: Span,
    filters: Mapping[str, Any],
    *,
    mark: Mark,
    file_id: UUID,
    caller: Caller,
    token: bytes,
    engine: str,
    cursors: bytes,
) -> Telling:
    """Raises Invalid for a cursor of another list."""
    asked = {**filters, "since": span.since, "until": span.until}
    chosen = {name: value for name, value in asked.items() if value is not None}
    here = scope("timeline", mark.action, file_id, caller.id, span.newest_first, chosen=chosen)
    size = span.limit or PART
    given = {**chosen, "file": file_id, "token": token, "session": caller.session_id}
    given |= {"limit": size, "more": size + 1, **after(LAST if span.newest_first else FIRST)}
    form = Form(
        out,
        mark,
        caller.role,
        stationed(caller),
        engine,
        tuple(sorted(chosen)),
        span.newest_first,
        streams=span.limit is None,
    )
    if span.cursor:
        place = typed(unseal(cursors, here, span.cursor), [EVENTS.c[name] for name in ORDER])
        given |= after([one.value for one in place])
    return Telling(form, caller, given, size, cursors, here)


@lru_cache(maxsize=1000)
def statement_of(form: Form) -> Statement:
    """One row if the caller may see the file: the text, how many are left, and the last place."""
    caller = somebody(form.role, form.has)
    live = opened(form, caller)
    led = {
        reach: select(live.c[reach.value]).scalar_subquery()
        for reach in Reach
        if reach.value in live.c
    }
    file_id = bind("file", Identifier())
    sighting = Sighting(form.scope, file_id, caller, NOW, led, form.usual)
    asked = Asked(form.scope, form.role, form.engine)
    # How an entry is told is found out once for each, and in order: the limit ends the search.
    looked_at = (
        select(*columns_told(form.out, ORDER), sighting.told(EVENTS).label(TOLD))
        .where(exists(select(live.c.open)), *written_on(file_id), *chosen(form))
        .order_by(*ordered(form, EVENTS))
        .offset(literal_column("0", Integer()))
        .subquery("looked_at")
    )
    told_as = looked_at.c[TOLD]
    text, *place = entry(form.out, looked_at, asked).label("text"), *(looked_at.c[n] for n in ORDER)
    entries = (
        select(text, *place)
        .where(told_as >= BRIEF, *untold_by(form.filters, told_as))
        .limit(bind("more", Integer()))
        .cte("entries")
    )
    told = (
        select(entries)
        .order_by(*ordered(form, entries))
        .limit(bind("limit", Integer()))
        .cte("told")
    )
    together = func.string_agg if form.engine == "postgresql" else func.group_concat
    whole = aggregate_order_by(together(told.c.text, constant(",")), *ordered(form, told))
    last = (
        select(*(told.c[name] for name in ORDER))
        .order_by(*ordered(form, told, reverse=True))
        .limit(1)
        .subquery("last")
    )
    statement = select(
        bytes_of(select(whole).scalar_subquery()),
        select(func.count()).select_from(entries).scalar_subquery(),
        *(last.c[name] for name in ORDER),
    ).select_from(live.outerjoin(last, true()))
    return Statement(statement, form.engine)


def opened(form: Form, caller: Caller) -> CTE:
    """One row if token and wall are open: by what the file is in sight from which more follows."""
    good = [good_token(caller), *wall(form.mark, None, caller, usual=form.usual)]
    led: dict[Reach, ColumnElement[bool]] = {}
    if form.usual:
        good.append(~has_something_rare(caller, NOW))
        led = sighted_by(form.scope, caller, NOW)
    by = (clause.label(reach.value) for reach, clause in led.items())
    return select(literal_column("1").label("open"), *by).where(*good).cte("live")


def chosen(form: Form) -> list[ColumnElement[bool]]:
    return [*narrowed(form.filters), HERE < PLACE if form.newest_first else HERE > PLACE]


def ordered(form: Form, rows: FromClause, reverse: bool = False) -> list[ColumnElement[Any]]:
    down = form.newest_first != reverse
    return [rows.c[name].desc() if down else rows.c[name].asc() for name in ORDER]


@cache
def witness(engine: str) -> Statement:
    """The event of an answer that shows no row by itself."""
    values = {column.name: bind(column.name, column.type) for column in SAID}
    return Statement(insert(EVENTS).values(values), engine)
