"""Reads in one statement: token, wall, rows, JSON and event; whatever is unusual is left alone.

The statement is made once for each kind of question (schema, action, role, filters), from the very
predicates that `protected` gives every other read, with the caller's particulars left open. Whose
token it is, this process remembers from the last time it asked; the memory chooses the statement
and fills it in, and the statement itself finds token, session, person and role once more. If
anything has changed since, it finds nothing, writes nothing, and the request is done at length.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    Date,
    FromClause,
    Integer,
    LargeBinary,
    Select,
    Text,
    cast,
    exists,
    func,
    insert,
    literal,
    select,
    true,
    tuple_,
)

from app.core.db import Identifier, UtcDateTime, table
from app.core.errors import Invalid
from app.core.paging import Paging, seal, unseal
from app.core.statements import Cells, Statement, bind
from app.core.values import new_id, plain
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.models import AuditEvent, AuditSubject
from app.safeguards.guard.columns import scoped, typed
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.protected import Protected, visible, within
from app.safeguards.guard.shown import Out, Page, Shown
from app.safeguards.guard.spelling import Piece, bytes_of, can_spell, pieces
from app.safeguards.guard.writing import Circumstances
from app.safeguards.identity.caller import Caller, holders
from app.safeguards.vault.keys import Vault
from app.safeguards.vault.models import File
from app.safeguards.vault.sealed import open_value


class AtLength(Exception):
    """This request is not for the short way: nothing was written, so the long one may begin."""


TODAY = bind("today", Date())
SOMEBODY = Caller(  # whose particulars each run fills in; the role is the plan's own
    id=bind("caller", Identifier()),  # type: ignore[arg-type]
    username="",
    role="",
    unit_id=bind("unit", Identifier()),  # type: ignore[arg-type]
    jurisdiction=bind("jurisdiction", Text()),  # type: ignore[arg-type]
)


@dataclass(frozen=True)
class Question:
    """What makes two requests the same statement."""

    out: type[Out]
    mark: Mark
    role: str
    engine: str
    one: bool  # a record by its id; else a page
    filters: tuple[str, ...] = ()
    after: bool = False


@dataclass(frozen=True)
class Plan:
    statement: Statement
    sealed: tuple[Column[Any] | None, ...]  # by cell of the text: None, or the column to open
    event: Statement | None = None  # SQLite writes its event in a second step
    subjects: Statement | None = None


class Quick:
    """The unit of work of a request that only reads, as far as its handler asks for one answer."""

    def __init__(
        self,
        db: Connection,
        vault: Vault,
        mark: Mark,
        file_id: UUID | None,
        token: bytes,
        circumstances: Circumstances,
    ) -> None:
        self._db, self._vault, self._mark, self._file_id = db, vault, mark, file_id
        self._token, self._circumstances = token, circumstances
        caller = circumstances.caller
        assert caller is not None, "nobody is remembered under no token"
        self._caller = caller

    def __getattr__(self, verb: str) -> Any:
        raise AtLength(verb)

    def read(self, out: type[Out], record_id: UUID | None = None) -> Shown[Any]:
        asked = record_id or self._file_id
        question = self._question(out, one=True)
        rows = self._run(question, {"record": asked})
        if not rows:
            raise AtLength("whatever the reason")
        record, _version, *cells = rows[0]
        body = self._text(plan_of(question), record, cells)
        return Shown(body, record, etag=True)

    def page(
        self, out: type[Out], paging: Paging, where: object = None, **more: Any
    ) -> Shown[Page[Any]]:
        if where is not None or paging.count or more.pop("anywhere", False):
            raise AtLength("not by equality alone")
        chosen = {name: value for name, value in more.items() if value is not None}
        scope = f"{self._mark.action}|{self._file_id}|{self._caller.id}|" + json.dumps(
            chosen, default=plain, sort_keys=True
        )
        question = self._question(out, one=False, filters=tuple(sorted(chosen)))
        values: dict[str, Any] = {"limit": paging.limit, "more": paging.limit + 1}
        values |= {f"is_{name}": simple(value) for name, value in chosen.items()}
        if paging.cursor:
            question = replace(question, after=True)
            columns = [table(out.of).c[name] for name in out.order]
            place = typed(self._place(scope, paging.cursor), columns)
            values |= {f"after_{n}": one.value for n, one in enumerate(place)}
        rows = self._run(question, values)
        if not rows:
            raise AtLength("whatever the reason")
        plan, width = plan_of(question), len(out.order)
        found = [row for row in rows if row[0] is not None]
        items = [self._text(plan, row[0], row[1 + width :]) for row in found[: paging.limit]]
        following = None
        if len(found) > paging.limit:
            last = found[paging.limit - 1][1 : 1 + width]
            following = seal(self._vault.cursors, scope, [plain(value) for value in last])
        tail = b'],"next":' + orjson.dumps(following) + b"}"
        return Shown(b'{"items":[' + b",".join(items) + tail)

    def _place(self, scope: str, cursor: str) -> list[Any]:
        try:
            return unseal(self._vault.cursors, scope, cursor)
        except Invalid:
            raise AtLength("the wall speaks first") from None

    def _question(self, out: type[Out], **more: Any) -> Question:
        mark, caller = self._mark, self._caller
        usual = caller.unit_id is not None and caller.jurisdiction is not None
        if not usual or caller.limited or mark.action == "self" or not can_spell(out):
            raise AtLength("an unusual caller, or a schema that computes something")
        return Question(out, mark, caller.role, self._db.dialect.name, **more)

    def _run(self, question: Question, values: dict[str, Any]) -> list[Cells]:
        caller, made = self._caller, self._circumstances
        values |= {
            "token": self._token,
            "at": made.at,
            "today": made.at.date(),
            "caller": caller.id,
            "unit": caller.unit_id,
            "jurisdiction": caller.jurisdiction,
            "session": caller.session_id,
            "file": self._file_id,
            "event": new_id(),
            "route": made.route,
            "request": made.request_id,
        }
        plan = plan_of(question)
        rows = plan.statement.run(self._db, values)
        if plan.event is not None and rows:
            self._witness(question, plan, values, rows)
        return rows

    def _witness(
        self, question: Question, plan: Plan, values: dict[str, Any], rows: list[Cells]
    ) -> None:
        """On SQLite, within the same transaction: the event, and the files that it shows."""
        assert plan.event is not None
        assert plan.subjects is not None
        seen = [row for row in rows if row[0] is not None]
        if question.one:
            values |= {"shown_record": seen[0][0], "shown_version": seen[0][1]}
        else:
            seen = seen[: values["limit"]]
        plan.event.run(self._db, {**values, "detail": {"shown": len(seen)}})
        if lists_files(question):
            for row in seen:
                plan.subjects.run(self._db, {"event": values["event"], "file": row[0]})

    def _text(self, plan: Plan, record: UUID, cells: Sequence[Any]) -> bytes:
        if len(plan.sealed) == 1:
            text: bytes = cells[0]
            return text
        *shown, file_id, wrapped = cells
        key = self._vault.open_file_key(str(file_id), wrapped)
        return b"".join(
            cell if column is None else orjson.dumps(open_value(key, column, record, cell))
            for cell, column in zip(shown, plan.sealed, strict=True)
        )


def simple(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def lists_files(question: Question) -> bool:
    """Whether an answer may show files other than the one that its path names."""
    return question.mark.scope is None and not question.one


@lru_cache(maxsize=2000)
def plan_of(question: Question) -> Plan:
    out, mark, role, engine = question.out, question.mark, question.role, question.engine
    kind, rows = out.of, table(out.of)
    caller = replace(SOMEBODY, role=role)
    if mark.scope is None and (question.one or kind.file != "id"):
        raise AtLength("a record outside of the file of the path")
    grants = POLICY.grants(role, f"{kind.record}.read")
    statement = visible(kind, caller, grants, TODAY)  # type: ignore[arg-type]
    # Without a row here, an empty page would look like a token that is no longer good.
    door = select(literal(1).label("open")).where(
        exists(good_token(caller)), *wall(mark, kind, caller)
    )
    live = door.cte("live")
    statement = statement.where(exists(select(live.c.open)))
    if mark.scope is not None and kind.file != "id":
        statement = statement.where(rows.c[kind.file] == bind("file", Identifier()))
    if question.one:
        statement = statement.where(rows.c.id == bind("record", Identifier()))
    else:
        order = [rows.c[name] for name in out.order]
        statement = statement.where(
            *(rows.c[name] == bind(f"is_{name}", rows.c[name].type) for name in question.filters)
        )
        if question.after:
            place = (bind(f"after_{n}", one.type) for n, one in enumerate(order))
            statement = statement.where(tuple_(*order) > tuple_(*place))
        statement = statement.order_by(*order).limit(bind("more", Integer()))
    hit = statement.cte("hit")

    def seen(child: type[Out], below: FromClause) -> Select[Any]:
        grants = POLICY.grants(role, f"{child.of.record}.read")
        return visible(child.of, caller, grants, TODAY)  # type: ignore[arg-type]

    parts = pieces(out, hit, POLICY.readable(role), engine, seen)
    shown = shown_by(question, hit, parts, live)
    sealed = tuple(piece.sealed for piece in parts)
    if engine != "postgresql":
        event = insert(table(AuditEvent)).values(event_values(question, role))
        subject = insert(table(AuditSubject)).values(
            event_id=bind("event", Identifier()), file_id=bind("file", Identifier())
        )
        return Plan(
            Statement(shown, engine), sealed, Statement(event, engine), Statement(subject, engine)
        )
    return Plan(Statement(with_evidence(question, shown, hit, live), engine), sealed)


def good_token(caller: Caller) -> Select[Any]:
    """The token is good, and its holder is still who this process remembers."""
    found = holders(bind("token", LargeBinary()), bind("at", UtcDateTime())).subquery()
    return select(literal(1)).where(
        found.c.id == caller.id,
        found.c.role == caller.role,
        found.c.unit_id == caller.unit_id,
        found.c.jurisdiction == caller.jurisdiction,
        found.c.session_id == bind("session", Identifier()),
        found.c.limited.is_(False),
    )


def wall(mark: Mark, kind: type[Protected], caller: Caller) -> list[ColumnElement[bool]]:
    """As `Ground._open` has it: the role may do this, and the file of the path is within reach."""
    grants = POLICY.grants(caller.role, mark.action)
    if not grants:
        raise AtLength("refused")
    if mark.scope is None:
        return []
    if mark.scope is kind and mark.action == f"{kind.record}.read":
        return []  # the filter of the rows asks the same
    rows = table(mark.scope).alias()
    reached = within(mark.scope, rows, caller, scoped(mark.scope, grants), TODAY)  # type: ignore[arg-type]
    return [exists(select(literal(1)).where(rows.c.id == bind("file", Identifier()), reached))]


def shown_by(
    question: Question, hit: FromClause, parts: list[Piece], live: FromClause
) -> Select[Any]:
    """One row for each record; of a page, one at least if the token is good."""
    cells: list[ColumnElement[Any]] = [
        bytes_of(one.text) if one.text is not None else hit.c[one.sealed.name]  # type: ignore[union-attr]
        for one in parts
    ]
    source = hit
    if len(parts) > 1:
        files, owner = table(File), hit.c[question.out.of.file]
        source = hit.outerjoin(files, files.c.id == owner)
        cells += [owner, files.c.wrapped_key]
    if question.one:
        return select(hit.c.id, hit.c.version, *cells).select_from(source)
    order = [hit.c[name] for name in question.out.order]
    if question.mark.scope is question.out.of:
        raise AtLength("a page of the file itself")
    return (
        select(hit.c.id, *order, *cells)
        .select_from(live.outerjoin(source, true()))
        .order_by(*order)
    )


def event_values(question: Question, role: str) -> dict[str, Any]:
    """The row of Circumstances.event for what is read; what no read has stays null."""
    events = table(AuditEvent)
    values: dict[str, Any] = {
        "id": bind("event", Identifier()),
        "created_at": bind("at", UtcDateTime()),
        "actor_id": bind("caller", Identifier()),
        "role": literal(role),
        "session_id": bind("session", Identifier()),
        "action": literal(question.mark.action),
        "route": bind("route", Text()),
        "outcome": literal("read"),
        "request_id": bind("request", Identifier()),
        "policy": literal(POLICY.digest[:16]),
        "file_id": bind("file", Identifier()),
        "record": literal(question.out.of.record),
        "record_id": bind("shown_record", Identifier()),
        "record_version": bind("shown_version", Integer()),
        "detail": bind("detail", JSON()),
    }
    assert values.keys() <= set(events.c.keys())
    return values


def with_evidence(
    question: Question, shown: Select[Any], hit: FromClause, live: FromClause
) -> Select[Any]:
    """PostgreSQL writes the event in the same statement, so it is durable when this returns."""
    values = event_values(question, question.role)
    events, subjects = table(AuditEvent), table(AuditSubject)
    if question.one:
        seen = hit
        values |= {"record_id": hit.c.id, "record_version": hit.c.version}
        values["detail"] = cast(literal('{"shown": 1}'), JSON)
        source: Any = hit
    else:
        order = [hit.c[name] for name in question.out.order]
        seen = select(hit.c.id).order_by(*order).limit(bind("limit", Integer())).cte("seen")
        counted = select(func.count()).select_from(seen).scalar_subquery()
        said = literal('{"shown": ').concat(cast(counted, Text)).concat(literal("}"))
        values["detail"] = cast(said, JSON)
        values |= {
            "record_id": literal(None, Identifier()),
            "record_version": literal(None, Integer()),
        }
        source = live
    made = insert(events).from_select(list(values), select(*values.values()).select_from(source))
    statement = shown.add_cte(made.cte("made"))
    if lists_files(question):
        named = insert(subjects).from_select(
            ["event_id", "file_id"], select(bind("event", Identifier()), seen.c.id)
        )
        statement = statement.add_cte(named.cte("named"))
    return statement


@dataclass
class Remembered:
    """Whose token was whose when last asked: a hint, never an authority; none outlives `most`."""

    most: int = 10_000

    def __post_init__(self) -> None:
        self.known: dict[bytes, Caller] = {}

    def of(self, token: bytes) -> Caller | None:
        return self.known.get(token)

    def keep(self, token: bytes, caller: Caller) -> None:
        if len(self.known) >= self.most:
            self.known.clear()
        self.known[token] = caller

    def forget(self, token: bytes) -> None:
        self.known.pop(token, None)
