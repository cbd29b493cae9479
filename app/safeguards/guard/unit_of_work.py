"""One actor, one action, one transaction: the only way to the database, and it has few verbs."""

import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.sql.elements import Grouping  # keeps a clause from reaching past its AND

from app.core.db import table
from app.core.errors import Conflict, Forbidden, NotFound, PreconditionRequired, Stale
from app.core.paging import Paging, seal, unseal
from app.core.values import new_id, plain
from app.safeguards.access.policy import POLICY, Grants
from app.safeguards.audit.models import AuditEvent, Revision
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.protected import (
    Protected,
    evidence_rule,
    protected_kinds,
    visible,
    within,
)
from app.safeguards.guard.shown import Out, Page, Shown, Written, children
from app.safeguards.guard.writing import (
    Circumstances,
    FileKeys,
    Writes,
    open_revision,
    sealed_columns,
)
from app.safeguards.identity.caller import Caller
from app.safeguards.vault.keys import Vault
from app.safeguards.vault.sealed import open_value

O = TypeVar("O", bound=Out)  # noqa: E741
B = TypeVar("B", bound=BaseModel)
Where = Callable[[FromClause], ColumnElement[bool]]
COUNT_CAP = 1000


class NoFile(RuntimeError):
    """A write, or the id of a file, was asked for on a route that is not about one."""


@dataclass
class Asked:
    """What the request brings besides its body."""

    file_id: UUID | None = None
    if_match: str | None = None
    must_match: bool = False  # PATCH
    out: type[Any] | None = None  # the schema that the route answers with


@dataclass
class UnitOfWork:
    """Handlers use the public verbs; what begins with an underscore is the guard's."""

    _db: Connection
    _vault: Vault
    _mark: Mark
    _asked: Asked
    _circumstances: Circumstances
    _created: set[UUID] = field(default_factory=set)
    _subjects: set[UUID] = field(default_factory=set)
    _shown: dict[str, Any] = field(default_factory=dict)
    _matched: bool = False

    def __post_init__(self) -> None:
        self._keys = FileKeys(self._db, self._vault)
        self._writes = Writes(self._db, self._keys, self._circumstances)

    # --- who, when, where ---------------------------------------------------------------------

    @property
    def actor(self) -> Caller:
        assert self._circumstances.caller is not None, "the guard lets nobody else in"
        return self._circumstances.caller

    @property
    def at(self) -> Any:
        """The moment of this unit of work, the same for all that it writes."""
        return self._circumstances.at

    @property
    def today(self) -> date:
        """The day in UTC."""
        return self._circumstances.at.date()

    @property
    def file_id(self) -> UUID:
        """The case, person or other file that the path names."""
        if self._asked.file_id is None or self._mark.scope is None:
            raise NoFile(f"{self._mark.action} is not about one file")
        return self._asked.file_id

    case_id = file_id

    # --- reading ------------------------------------------------------------------------------

    def read(self, out: type[O], record_id: UUID | None = None) -> Shown[O]:
        """The file of the path itself, or one record of it by its id."""
        row = self._one(out.of, record_id or self.file_id, self._reading(out.of))
        self._note(out.of, [row], record_id=row["id"], version=row["version"])
        return Shown(self._bytes(out, row), row["id"], etag=True)

    def page(
        self,
        out: type[O],
        paging: Paging,
        where: Where | None = None,
        *,
        anywhere: bool = False,
        **filters: Any,
    ) -> Shown[Page[O]]:
        """Rows in the schema's order after the cursor; a filter that is None is none.

        `anywhere`: not of this file alone, so `where` says which.
        """
        chosen = {name: value for name, value in filters.items() if value is not None}
        seen, statement = table(out.of), self._visible(out.of, anywhere)
        statement = statement.where(*(seen.c[name] == value for name, value in chosen.items()))
        if where is not None:
            statement = statement.where(Grouping(where(seen)))
        scope = f"{self._mark.action}|{self._asked.file_id}|{self.actor.id}|" + json.dumps(
            chosen, default=plain, sort_keys=True
        )
        total = None
        if paging.count:
            counted = select(func.count()).select_from(statement.limit(COUNT_CAP + 1).subquery())
            total = min(self._execute(counted).scalar_one(), COUNT_CAP)
        order = [seen.c[name] for name in out.order]
        if paging.cursor:
            after = typed(unseal(self._vault.cursors, scope, paging.cursor), order)
            statement = statement.where(tuple_(*order) > tuple_(*after))
        found = self._rows(out.of, statement.order_by(*order).limit(paging.limit + 1))
        items, more = found[: paging.limit], len(found) > paging.limit
        last = [plain(items[-1][name]) for name in out.order] if more else None
        self._note(out.of, items)
        following = last and seal(self._vault.cursors, scope, last)
        body = {"items": [self._plain(out, row) for row in self._nest(out, items)]}
        shown = {**body, "next": following, **({} if total is None else {"total": total})}
        return Shown(json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode())

    def find(
        self,
        kind: type[Protected],
        where: Where | None = None,
        *,
        order: Sequence[str] = ("id",),
        limit: int = 1000,
        anywhere: bool = False,
    ) -> list[dict[str, Any]]:
        """Rows that rules need, as the caller may see them; `anywhere`: not this file alone."""
        seen, statement = table(kind), self._visible(kind, anywhere)
        statement = statement.order_by(*(seen.c[name] for name in order)).limit(limit)
        found = self._rows(
            kind, statement if where is None else statement.where(Grouping(where(seen)))
        )
        if found:
            self._note(kind, found)
        return found

    def tally(self, kind: type[Protected], where: Where) -> int:
        """How many rows of this file: a count that rules need, past the caller's own classes.

        A gate must not open because the caller cannot see what would keep it shut.
        """
        rows = table(kind)
        counted = select(func.count()).where(rows.c[kind.file] == self.file_id, where(rows))
        return int(self._execute(counted).scalar_one())

    def facts(self, kind: type[Protected], where: Where, *columns: str) -> list[Any]:
        """Columns that rules must judge by, past the caller's own classes: never to be shown.

        A gate must not open, nor stay shut, because the caller cannot see what it asks for.
        """
        rows = table(kind)
        return list(self._execute(select(*(rows.c[name] for name in columns)).where(where(rows))))

    def taken(self, kind: type[Protected], column: str, value: object) -> bool:
        """Whether a unique value is in use anywhere; reveals nothing of the row."""
        rows = table(kind)
        if any(row[column] == value for row in self._writes.rows.get(rows, ())):
            return True
        found = self._db.execute(select(rows.c.id).where(rows.c[column] == value).limit(1))
        return found.first() is not None

    # --- writing ------------------------------------------------------------------------------

    def add(
        self,
        kind: type[Protected],
        /,
        *,
        id: UUID | None = None,
        file_id: UUID | None = None,
        **fields: Any,
    ) -> Written:
        """A new record on this file, on one made here, or one that opens a file of its own."""
        record_id = id or new_id()
        if id is not None and self.taken(kind, "id", id):
            raise Conflict("this id is taken", code="id-taken")
        if kind.file == "id":
            values: dict[str, Any] = {}
            self._created.add(record_id)
        else:
            owner = file_id or self.file_id
            if owner != self._asked.file_id and owner not in self._created:
                raise NoFile(f"{kind.__name__}: neither the file of the path nor a new one")
            values = {kind.file: owner}
        own = {"id": record_id, "created_at": self.at, "updated_at": self.at, "version": 1}
        values = {**defaults(kind), **values, **self._known(kind, fields), **own}
        record_class = self._allowed(kind, values)
        self._writes.add(kind, record_class, values)
        return Written(kind, values)

    def change(self, kind: type[Protected], record_id: UUID, /, **fields: Any) -> Written:
        """The next version of a record that this action reaches."""
        self._writes.flush()
        grants = POLICY.grants(self.actor.role, self._mark.action)
        if kind.record != self._mark.action.partition(".")[0]:
            grants = self._reading(kind)
        before = self._one(kind, record_id, grants, lock=True)
        self._precondition(kind, before)
        return self._next(kind, before, fields)

    def consequence(self, kind: type[Protected], record_id: UUID, /, **fields: Any) -> None:
        """What a rule draws from what was written, on this file, past the caller's own classes.

        Who states a milestone meets a deadline of a track that they may not read. Nothing of the
        row is given back.
        """
        self._writes.flush()
        rows = table(kind)
        here = (rows.c.id == record_id) & (rows.c[kind.file] == self.file_id)
        (before,) = self._rows(kind, select(rows).where(here).with_for_update())
        self._next(kind, before, fields, drawn=True)

    def _next(
        self,
        kind: type[Protected],
        before: dict[str, Any],
        fields: dict[str, Any],
        drawn: bool = False,
    ) -> Written:
        """The next version of a row, with its revision and event."""
        changed = {n: v for n, v in self._known(kind, fields).items() if before[n] != v}
        if not changed:
            return Written(kind, before)
        after = {**before, **changed}
        after |= {"version": before["version"] + 1, "updated_at": self.at}
        record_class = self._class_of(kind, after) if drawn else self._allowed(kind, after)
        if not self._writes.change(kind, record_class, after, sorted(changed)):
            raise Stale("the record has changed since you read it")
        return Written(kind, after)

    def publish(self, topic: str, **ids: UUID) -> None:
        """Promise a message to subscribers; it leaves only if this unit of work commits."""
        self._writes.message(topic, self._asked.file_id, ids)

    def grantable(self, action: str | None = None) -> frozenset[str]:
        """The record classes in which the role may take this action, or the one of the route."""
        grants = POLICY.grants(self.actor.role, action or self._mark.action)
        return frozenset().union(*grants.values())

    def blind_index(self, purpose: str, value: str) -> bytes:
        """For equality search of a sealed value."""
        return self._vault.blind_index(purpose, value)

    def once_written(self, step: Callable[[], None]) -> None:
        """A step of the safeguards that needs the rows added so far to exist."""
        self._writes.flush()
        step()

    def show(self, out: type[O], written: Written) -> Shown[O]:
        """What was just written, as its author may see it."""
        return Shown(self._bytes(out, dict(written.values)), written.id, etag=True)

    def show_all(self, out: type[O], written: Sequence[Written], **more: Any) -> Shown[Any]:
        """Several records that were just written; `more` stands beside them in the page."""
        rows = self._nest(out, [dict(one.values) for one in written])
        body = {"items": [self._plain(out, row) for row in rows], "next": None, **more}
        return Shown(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())

    def own(self, out: type[O], kind: type[Protected]) -> Shown[O]:
        """The actor's own row, whatever else the role may read of its kind."""
        (row,) = self._rows(kind, select(table(kind)).where(table(kind).c.id == self.actor.id))
        self._note(kind, [row], record_id=row["id"], version=row["version"])
        return Shown(self._bytes(out, row), row["id"], etag=True)

    def tell(self, out: type[B], **fields: Any) -> Shown[B]:
        """An answer that shows no protected row; for the verbs of the safeguards."""
        values = {n: [*map(_said, v)] if n == "items" else plain(v) for n, v in fields.items()}
        return Shown(out.model_validate(values).model_dump_json().encode())

    def evidence(
        self, out: type[B], paging: Paging, file_id: UUID | None = None, **filters: Any
    ) -> Shown[Page[B]]:
        """Events of the trail: of one file, or of the caller's jurisdiction's files and staff."""
        chosen = {name: value for name, value in filters.items() if value is not None}
        events = table(AuditEvent)
        reaches = POLICY.grants(self.actor.role, self._mark.action)
        within_reach = (evidence_rule()(events, self.actor, reach) for reach in reaches)
        statement = select(events).where(or_(false(), *within_reach))
        statement = statement.where(*(events.c[n] == v for n, v in chosen.items()))
        if file_id is not None:
            statement = statement.where(events.c.file_id == file_id)
        scope = f"events|{file_id}|{self.actor.id}|{json.dumps(chosen, default=plain)}"
        if paging.cursor:
            (after,) = unseal(self._vault.cursors, scope, paging.cursor)
            statement = statement.where(events.c.id > UUID(after))
        ordered = statement.order_by(events.c.id).limit(paging.limit + 1)
        rows = [dict(row._mapping) for row in self._execute(ordered)]
        items, more = rows[: paging.limit], len(rows) > paging.limit
        self._shown |= {"record": "event", "count": len(items)}
        following = seal(self._vault.cursors, scope, [str(items[-1]["id"])]) if more else None
        told = [out.model_validate(_said(row)).model_dump(mode="json") for row in items]
        return Shown(json.dumps({"items": told, "next": following}).encode())

    def history(self, file_id: UUID) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Every version of every record of a file that the caller may read now, with its event.

        Oldest first; the second member is the record as it was.
        """
        kept, events = table(Revision), table(AuditEvent)
        statement = (
            select(kept.c.snapshot, kept.c.version.label("v"), events)
            .join(events, events.c.id == kept.c.event_id)
            .where(kept.c.file_id == file_id, or_(false(), *self._past(file_id)))
            .order_by(events.c.created_at, events.c.record_class, events.c.seq)
        )
        key, found = self._keys.of(file_id), []
        for row in self._execute(statement):
            event = dict(row._mapping)
            snapshot = event.pop("snapshot")
            whole = open_revision(key, event["record_id"], event.pop("v"), snapshot)
            found.append((event, json.loads(whole)))
        self._subjects.add(file_id)
        self._shown |= {"record": "history", "count": len(found)}
        return found

    def _past(self, file_id: UUID) -> Iterator[ColumnElement[bool]]:
        """Revisions of rows that are within reach today, in classes that were, too."""
        kept = table(Revision)
        for kind in protected_kinds():
            if f"{kind.record}.read" not in POLICY.verbs:
                continue
            rows, grants = table(kind), self._reading(kind)
            now_seen = select(rows.c.id).where(
                rows.c[kind.file] == file_id, within(kind, rows, self.actor, grants, self.today)
            )
            yield and_(
                kept.c.record == kind.record,
                kept.c.record_class.in_(sorted(frozenset[str]().union(*grants.values()))),
                kept.c.record_id.in_(now_seen),
            )

    def reachable(self, kind: type[Protected], record_id: UUID) -> dict[str, Any]:
        """A row of another file that a body names, or 404; the caller must be able to see it."""
        row = self._one(kind, record_id, self._reading(kind))
        self._note(kind, [row], record_id=record_id)
        return row

    # --- what the guard does with it ----------------------------------------------------------

    def _open(self) -> None:
        """The wall speaks before any rule does."""
        mark, role = self._mark, self.actor.role
        if mark.action == "self":
            return
        grants = POLICY.grants(role, mark.action)
        if mark.scope is None:
            if not grants:
                raise Forbidden(f"the role {role} may not {mark.action}")
            return
        if self._reaches(mark.scope, mark.action):
            return
        if mark.look != mark.action and self._reaches(mark.scope, mark.look):
            raise Forbidden(f"the role {role} may not {mark.action} here")
        raise NotFound()

    def _reaches(self, scope: type[Protected], action: str) -> bool:
        """Whether the file of the path is within the reach that this action gives the caller."""
        rows, allowed = table(scope), scoped(scope, POLICY.grants(self.actor.role, action))
        reached = within(scope, rows, self.actor, allowed, self.today)
        found = select(rows.c.id).where(rows.c.id == self._asked.file_id, reached)
        return self._execute(found).first() is not None

    def _settle(self, answer: object) -> None:
        """Everything that was asked for is written; the guard commits next."""
        if self._asked.must_match and not self._matched:
            raise RuntimeError(f"{self._mark.action} changed nothing that If-Match speaks of")
        if not self._writes.written or self._subjects:
            self._writes.read(self._subjects, **self._event())
        self._writes.flush()

    def _event(self) -> dict[str, Any]:
        shown = self._shown
        return {
            "file_id": self._asked.file_id,
            "record": shown.get("record"),
            "record_id": shown.get("record_id"),
            "record_version": shown.get("version"),
            "detail": {"shown": shown["count"]} if "count" in shown else {},
        }

    def _note(
        self,
        kind: type[Protected],
        rows: Sequence[dict[str, Any]],
        record_id: UUID | None = None,
        version: int | None = None,
    ) -> None:
        """Remember which files an answer shows."""
        self._subjects |= {row[kind.file] for row in rows}
        self._shown |= {"record": kind.record, "record_id": record_id, "version": version}
        self._shown["count"] = self._shown.get("count", 0) + len(rows)

    def _reading(self, kind: type[Protected]) -> Grants:
        return POLICY.grants(self.actor.role, f"{kind.record}.read")

    def _visible(self, kind: type[Protected], anywhere: bool = False) -> Any:
        """Rows as the caller may see them; on a route about one file, those of this file."""
        statement = visible(kind, self.actor, self._reading(kind), self.today)
        if anywhere or self._mark.scope is None or kind.file == "id":
            return statement
        return statement.where(table(kind).c[kind.file] == self._asked.file_id)

    def _execute(self, statement: Any) -> Any:
        self._writes.flush()
        return self._db.execute(statement)

    def _one(
        self, kind: type[Protected], record_id: UUID, grants: Grants, lock: bool = False
    ) -> dict[str, Any]:
        statement = visible(kind, self.actor, grants, self.today)
        statement = statement.where(table(kind).c.id == record_id)
        inside = self._mark.scope is not None and kind.file != "id"
        if inside and self._asked.file_id not in self._created:
            statement = statement.where(table(kind).c[kind.file] == self._asked.file_id)
        found = self._rows(kind, statement.with_for_update() if lock else statement)
        if not found:
            raise NotFound()
        return found[0]

    def _rows(self, kind: type[Protected], statement: Any) -> list[dict[str, Any]]:
        """Rows with their sealed columns opened."""
        rows = [dict(row._mapping) for row in self._execute(statement)]
        columns = sealed_columns(kind)
        if columns:
            self._keys.open({row[kind.file] for row in rows})
        for row in rows:
            for column in columns:
                key = self._keys.of(row[kind.file])
                row[column.name] = open_value(key, column, row["id"], row[column.name])
        return rows

    def _nest(self, out: type[Out], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for name, (mark, child) in children(out).items():
            kind = child.of
            below, parents = table(kind), [row["id"] for row in rows]
            statement = (
                visible(kind, self.actor, self._reading(kind), self.today)
                .where(below.c[mark.column].in_(parents))
                .order_by(*(below.c[one] for one in child.order))
            )
            found = self._rows(kind, statement) if parents else []
            self._subjects |= {row[kind.file] for row in found}
            for row in rows:
                row[name] = [one for one in found if one[mark.column] == row["id"]]
        return rows

    def _plain(self, out: type[Out], row: dict[str, Any]) -> Any:
        readable = POLICY.readable(self.actor.role)
        columns = table(out.of).c
        for column in columns:
            if withheld(column, readable):
                row = {**row, column.name: None}
        for name, (_, child) in children(out).items():
            row = {**row, name: [self._plain(child, one) for one in row.get(name, ())]}
        circumstances = {"at": self.at, "jurisdiction": self.actor.jurisdiction}
        return out.model_validate(row, context=circumstances).model_dump(mode="json")

    def _bytes(self, out: type[Out], row: dict[str, Any]) -> bytes:
        (nested,) = self._nest(out, [row])
        shown = self._plain(out, nested)
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()

    def _precondition(self, kind: type[Protected], before: dict[str, Any]) -> None:
        out = self._asked.out
        if self._matched or out is None or getattr(out, "of", None) is not kind:
            return
        self._matched = True
        if self._asked.if_match is None:
            if self._asked.must_match:
                raise PreconditionRequired("send If-Match with the ETag that you read")
            return
        shown: Shown[Any] = Shown(self._bytes(out, dict(before)))
        given = [one.strip() for one in self._asked.if_match.split(",")]
        if "*" not in given and not any(hmac.compare_digest(one, shown.tag) for one in given):
            raise Stale("the record has changed since you read it")

    def _known(self, kind: type[Protected], fields: dict[str, Any]) -> dict[str, Any]:
        if wrong := fields.keys() - settable(kind):
            raise TypeError(f"{kind.__name__} does not take {sorted(wrong)}")
        return fields

    def _class_of(self, kind: type[Protected], values: dict[str, Any]) -> str:
        found = values.get("record_class") or kind.record_class
        assert isinstance(found, str), f"{kind.__name__} says no record class"
        return found

    def _allowed(self, kind: type[Protected], values: dict[str, Any]) -> str:
        """The class of a row; for the action's own record the role must have a right on it."""
        found = self._class_of(kind, values)
        if kind.record == self._mark.action.partition(".")[0] and found not in self.grantable():
            raise Forbidden(f"the role {self.actor.role} may not {self._mark.action} this")
        return found


def scoped(scope: type[Protected], grants: Grants) -> Grants:
    """The reaches alone: the cover of the file opens by any class that the action needs."""
    own = frozenset({scope.record_class or ""})
    return dict.fromkeys(grants, own)


def withheld(column: Column[Any], readable: frozenset[str]) -> bool:
    marked = column.info.get("record_class")
    return marked is not None and marked not in readable


@cache
def settable(kind: type[Protected]) -> frozenset[str]:
    """Columns that a handler may set; the others are the guard's."""
    own = {"id", "version", "created_at", "updated_at", "last_event_id", kind.file}
    return frozenset(table(kind).c.keys()) - own


@cache
def defaults(kind: type[Protected]) -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    for column in table(kind).c:
        if column.default is not None and column.default.is_scalar:
            values[column.name] = column.default.arg  # type: ignore[attr-defined]
        else:
            values[column.name] = None
    values.pop("last_event_id")
    return values


def typed(values: list[Any], columns: list[Any]) -> list[Any]:
    """Cursor values back as the columns hold them, whichever engine compares them."""
    readers: dict[type, Callable[[str], Any]] = {
        UUID: UUID,
        date: date.fromisoformat,
        datetime: datetime.fromisoformat,
    }
    found = []
    for value, column in zip(values, columns, strict=True):
        reader = readers.get(column.type.python_type)
        found.append(literal(reader(value) if reader else value, column.type))
    return found


def _said(row: Any) -> dict[str, Any]:
    return {name: plain(value) for name, value in row.items()}
