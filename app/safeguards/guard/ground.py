"""What every verb of a unit of work stands on: who asks, the wall, what was shown, the commit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from app.core.db import table
from app.core.errors import Forbidden, NotFound
from app.core.statements import Cells
from app.safeguards.access.policy import POLICY, Grants
from app.safeguards.guard.agreed import opened
from app.safeguards.guard.appending import Entered
from app.safeguards.guard.asked import Asked, of_the_past
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.columns import scoped
from app.safeguards.guard.door import (
    Door,
    door_of,
    lock_of,
    ordinary,
    particulars,
    plain_names,
)
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.protected import Protected, When, visible, within
from app.safeguards.guard.shown import Representation
from app.safeguards.guard.summaries import WHOLE, in_sight, schema_of, told_whole
from app.safeguards.guard.writing import Writes, sealed_columns
from app.safeguards.identity.caller import Caller
from app.safeguards.vault.file_keys import FileKeys
from app.safeguards.vault.keys import Vault
from app.safeguards.vault.sealed import open_value


class NoFile(RuntimeError):
    """A write, or the id of a file, was asked for on a route that is not about one."""


@dataclass
class Ground:
    """Names that begin with an underscore are the guard's."""

    _db: Connection
    _vault: Vault
    _mark: Mark
    _asked: Asked
    _circumstances: Circumstances
    _created: set[UUID] = field(default_factory=set)
    _files: dict[UUID, dict[str, Any]] = field(default_factory=dict)  # their own rows, as written
    _subjects: set[UUID] = field(default_factory=set)
    _shown: dict[str, Any] = field(default_factory=dict)
    _matched: bool = False
    _cover: dict[str, Any] = field(default_factory=dict)  # the file's own row, as the wall found it
    _seen: Cells = ()  # that row and the wrapped key, as they came

    def __post_init__(self) -> None:
        self._keys = FileKeys(self._db, self._vault)
        self._writes = Writes(self._db, self._keys, self._circumstances)

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
    def day_told(self) -> date:
        """That of the moment as of which this answer tells; today, where none is asked for."""
        return (self._asked.as_of or self._circumstances.at).date()

    @property
    def _when(self) -> When:
        return When(self.at, self.today)

    @property
    def file_id(self) -> UUID:
        """The case, person or other file that the path names."""
        if self._asked.file_id is None or self._mark.scope is None:
            raise NoFile(f"{self._mark.action} is not about one file")
        return self._asked.file_id

    case_id = file_id

    def _open(self) -> None:
        """The wall speaks before any rule does."""
        mark, role = self._mark, self.actor.role
        if mark.action == "self":
            return
        if mark.scope is None:
            if not POLICY.opens(role, mark.action, mark.summary):
                raise Forbidden(f"your role ({role}) may not do this: {mark.action}")
            return
        if self._reaches(mark.scope, mark.action, mark.summary):
            return
        # Who is shown the summary of a file knows that it exists.
        if mark.look != mark.action and self._reaches(mark.scope, mark.look, summary=True):
            raise Forbidden(f"your role ({role}) may not do this here: {mark.action}")
        raise NotFound()

    def _reaches(self, scope: type[Protected], action: str, summary: bool) -> bool:
        """Whether the file of the path is within the reach that this action gives the caller."""
        if ordinary(self.actor):
            return self._passes(scope, action, summary)
        grants = POLICY.opens(self.actor.role, action, summary)
        rows, allowed = table(scope), scoped(scope, grants)
        sealed = self._past_seals(action)
        reached = within(scope, rows, self.actor, allowed, self._when, sealed=sealed)
        found = select(rows.c.id).where(rows.c.id == self._asked.file_id, reached)
        if self._asked.writes:  # whoever writes on this file next waits: what rules judge holds
            found = found.with_for_update(of=rows, key_share=True)
        return self._execute(found).first() is not None

    def _past_seals(self, action: str) -> bool:
        """What may unseal finds what is sealed; to others it is not even there."""
        return self._mark.past_seals and action == self._mark.action

    def _passes(self, scope: type[Protected], action: str, summary: bool) -> bool:
        """By a prepared door; where it is known from the last time, the first write looks."""
        asked, seen = self._asked, self._asked.seen
        given = {**particulars(self.actor, self.at), "file": asked.file_id}
        given |= {"token": asked.token, "session": self.actor.session_id}
        door = Door(
            scope,
            action,
            self.actor.role,
            engine=self._db.dialect.name,
            writes=asked.writes,
            proves=not asked.proven,
            summary=summary,
            known=seen is not None,
            sealed=self._past_seals(action),
        )
        if seen is None:
            if not (found := door_of(door).run(self._db, given)):
                return False
            seen = found[0]
        else:
            lock_of(door).run_with_next(self._db, given)
        *cells, wrapped = self._seen = seen
        if wrapped is None:  # erased: past seals it is not there either
            return False
        self._cover = dict(zip(plain_names(scope), cells, strict=True))
        self._keys.know(self._cover[scope.file], wrapped)
        if asked.writes and door.engine == "postgresql":  # where one waits within
            given |= {"seen_version": self._cover["version"], "seen_key": wrapped}
            self._writes.entered = Entered(door, given)
        return True

    def _settle(self, answer: object) -> None:
        """Everything that was asked for is written; the guard commits next."""
        if self._asked.must_match and not self._matched:
            raise RuntimeError(f"{self._mark.action} changed nothing that If-Match speaks of")
        if not self._writes.written or self._subjects:
            # The file of the path stands in the event itself.
            self._writes.read(self._subjects - {self._asked.file_id}, **self._event())
        self._writes.flush(last=True)

    def _event(self) -> dict[str, Any]:
        shown, asked = self._shown, self._asked
        count = {"shown": shown["count"]} if "count" in shown else {}
        return {
            "file_id": self._asked.file_id,
            "record": shown.get("record"),
            "record_id": shown.get("record_id"),
            "record_version": shown.get("version"),
            "detail": {**count, **of_the_past(asked.as_of, asked.rights_as_of)},
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
        """Content, by R: what rules, changes and whole schemas stand on."""
        return POLICY.grants(self.actor.role, f"{kind.record}.read")

    def _visible(
        self, kind: type[Protected], anywhere: bool = False, out: type[Representation] | None = None
    ) -> Any:
        """Rows of which the caller may read the content, or see what this schema shows of them.

        On a route about one file, those of this file.
        """
        if out is None:
            statement = self._filtered(kind, self._reading(kind))
        else:
            grants = in_sight(out, self.actor.role)
            statement = self._marked(out, self._filtered(kind, grants))
        if anywhere or self._mark.scope is None or kind.file == "id":
            return statement
        return statement.where(table(kind).c[kind.file] == self._asked.file_id)

    def _marked(self, out: type[Representation], statement: Any) -> Any:
        """Beside each row whether it is shown whole, and which fields, where the row says it."""
        if schema_of(out, self.actor.role) is None:
            whole = told_whole(out.of, table(out.of), self.actor, self._when)
            statement = statement.add_columns(whole.label(WHOLE))
        fields = opened(out, self.actor, self._when)
        return statement.add_columns(*(clause.label(name) for name, clause in fields))

    def _filtered(self, kind: type[Protected], grants: Grants) -> Any:
        sealed = self._mark.past_seals
        return visible(kind, self.actor, grants, self._when, sealed=sealed)

    def _execute(self, statement: Any) -> Any:
        self._writes.flush()
        return self._db.execute(statement)

    def _one(
        self,
        kind: type[Protected],
        record_id: UUID,
        grants: Grants,
        lock: bool = False,
        out: type[Representation] | None = None,
    ) -> dict[str, Any]:
        statement = self._filtered(kind, grants)
        if out is not None:
            statement = self._marked(out, statement)
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
