"""One actor, one action, one transaction: the only way to the database, and it has few verbs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import (
    select,
)
from sqlalchemy.sql.elements import Grouping

from app.core.db import table
from app.core.errors import Conflict, Forbidden, PreconditionRequired, Stale
from app.core.paging import Paging, scope, seal, unseal
from app.core.values import new_id, plain, spelled
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.guard.bundling import Bundling
from app.safeguards.guard.columns import defaults, said, settable
from app.safeguards.guard.ground import NoFile
from app.safeguards.guard.protected import Protected, owners_of
from app.safeguards.guard.reading import Where
from app.safeguards.guard.shown import Out, Page, Shown, Written
from app.safeguards.vault.models import File

O = TypeVar("O", bound=Out)  # noqa: E741
B = TypeVar("B", bound=BaseModel)
BY_CLASS = {Reach.DOCKET, Reach.SUPERVISION}  # each opens some classes of a case


@dataclass
class UnitOfWork(Bundling):
    """Handlers use the public verbs; what begins with an underscore is the guard's."""

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
            known, values = True, dict[str, Any]()
            self._created.add(record_id)
        else:
            owner = file_id or self.file_id
            known = owner == self._asked.file_id or owner in self._created
            if not known and not kind.delivered:
                raise NoFile(f"{kind.__name__}: neither the file of the path nor a new one")
            values = {kind.file: owner, **self._inherited(kind, owner)}
        own = {"id": record_id, "created_at": self.at, "updated_at": self.at, "version": 1}
        values = {**defaults(kind), **values, **self._known(kind, fields), **own}
        if kind.file == "id":
            self._files[record_id] = values
        # What is delivered follows from what was done: it takes no right of whoever did it.
        record_class = self._allowed(kind, values) if known else self._class_of(kind, values)
        self._writes.add(kind, record_class, values, drawn=not known)
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

    def expire(self, kind: type[Protected], where: Where, /, **fields: Any) -> None:
        """What ends with its holder, on whatever file, past the caller's own classes.

        Nothing of the rows is given back. In a file whose key is gone nothing is left to end.
        """
        self._writes.flush()
        rows, files = table(kind), table(File)
        kept = select(files.c.id).where(files.c.wrapped_key.is_not(None))
        ending = select(rows).where(Grouping(where(rows)), rows.c[kind.file].in_(kept))
        for before in self._rows(kind, ending.order_by(rows.c.id).with_for_update(of=rows)):
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
        if not self._writes.change(kind, record_class, after, sorted(changed), drawn):
            raise Stale("the record has changed since you read it")
        if self._cover and kind is self._mark.scope and after["id"] == self._asked.file_id:
            self._cover |= {name: after[name] for name in self._cover}
        return Written(kind, after)

    @contextmanager
    def by_rule(self) -> Iterator[None]:
        """For what follows in classes whose readers must not learn from what.

        Its events say that a rule made them, in whose request, and nothing of the action.
        """
        self._writes.ruled = True
        try:
            yield
        finally:
            self._writes.ruled = False

    def publish(self, topic: str, **ids: UUID) -> None:
        """Promise a message to subscribers; it leaves only if this unit of work commits."""
        self._writes.message(topic, self._asked.file_id, ids)

    def once_written(self, step: Callable[[], None]) -> None:
        """A step of the safeguards that needs the rows added so far to exist."""
        self._writes.flush()
        step()

    # --- what the policy and the keys say -----------------------------------------------------

    def grantable(self, action: str | None = None) -> frozenset[str]:
        """The record classes in which the role may take this action, or the one of the route.

        By a docket or a condition a case opens for some classes, and by what is rare it may; so
        those that it opens here.
        """
        grants = POLICY.grants(self.actor.role, action or self._mark.action)
        names = frozenset[str]().union(*grants.values())
        if self._mark.scope is None or not (BY_CLASS & grants.keys() or self._has_rare()):
            return names
        return frozenset(name for name in names if self.reaches_class(name, action))

    def blind_index(self, purpose: str, value: str) -> bytes:
        """For equality search of a sealed value."""
        return self._vault.blind_index(purpose, value)

    # --- answers to what was written ----------------------------------------------------------

    def show(self, out: type[O], written: Written, *, beside: bool = False) -> Shown[O]:
        """What was just written, as its author may see it.

        `beside`: it is another one than that of the path, and of its kind.
        """
        body = self._bytes(out, dict(written.values))
        return Shown(body, written.id, etag=True, beside=beside)

    def show_all(self, out: type[O], written: Sequence[Written], **more: Any) -> Shown[Any]:
        """Several records that were just written; `more` stands beside them in the page."""
        rows = self._present(out, [dict(one.values) for one in written])
        body = {"items": rows, "next": None, **more}
        return Shown(spelled(body))

    def tell(self, out: type[B], **fields: Any) -> Shown[B]:
        """An answer that shows no protected row; for the verbs of the safeguards."""
        values = {n: [*map(said, v)] if n == "items" else plain(v) for n, v in fields.items()}
        return Shown(out.model_validate(values).model_dump_json().encode())

    def tell_some(
        self, out: type[B], paging: Paging, items: Sequence[Mapping[str, Any]], by: str
    ) -> Shown[Page[B]]:
        """A page of what is known whole: after the cursor, in the order of a field that names."""
        here, after = scope(out.__name__, self.actor.id, chosen={}), ""
        if paging.cursor:
            (after,) = unseal(self._vault.cursors, here, paging.cursor)
        ahead = sorted((one for one in items if str(one[by]) > after), key=lambda one: str(one[by]))
        told, more = ahead[: paging.limit], len(ahead) > paging.limit
        body: dict[str, Any] = {
            "items": [out.model_validate(said(one)).model_dump() for one in told],
            "next": seal(self._vault.cursors, here, [str(told[-1][by])]) if more else None,
        }
        return Shown(spelled(body | ({"total": len(items)} if paging.count else {})))

    # --- what the guard does with it ----------------------------------------------------------

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
        if "*" not in given and not any(one == shown.tag for one in given):
            raise Stale("the record has changed since you read it")

    def _inherited(self, kind: type[Protected], owner: UUID) -> dict[str, Any]:
        """What a new row says as the row of its file does."""
        if not kind.inherits:
            return {}
        own = self._cover if owner == self._asked.file_id else self._files.get(owner)
        if not own:
            (rows,) = owners_of(kind)
            (found,) = self._execute(select(rows).where(rows.c.id == owner))
            own = self._files[owner] = dict(found._mapping)
        return {name: own[theirs] for name, theirs in kind.inherits.items()}

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
        if kind.record != self._mark.action.partition(".")[0]:
            return found
        if found not in self.grantable() or not self._may_let_in(kind, found):
            raise Forbidden(
                f"your role ({self.actor.role}) may not do this here: {self._mark.action}"
            )
        return found
