"""The verbs that read evidence: events of the trail, and the history of a file."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import (
    ColumnElement,
    and_,
    false,
    or_,
    select,
)

from app.core.db import table
from app.core.errors import NotFound
from app.core.paging import Paging, seal, unseal
from app.core.values import plain
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.models import AuditEvent, AuditSubject, Revision
from app.safeguards.guard.columns import columns_shown, said
from app.safeguards.guard.protected import (
    evidence_rule,
    protected_kinds,
    within,
)
from app.safeguards.guard.reading import Reading
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.timeline import Span, telling
from app.safeguards.guard.writing import (
    open_revision,
)

B = TypeVar("B", bound=BaseModel)


class Trail(Reading):
    """What was done, as far as the reader may see what it was done to."""

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
            subjects = table(AuditSubject)
            shown = select(subjects.c.event_id).where(subjects.c.file_id == file_id)
            about = (events.c.file_id == file_id, events.c.asked_id == file_id)
            statement = statement.where(or_(*about, events.c.id.in_(shown)))
        scope = f"events|{file_id}|{self.actor.id}|{json.dumps(chosen, default=plain)}"
        if paging.cursor:
            (after,) = unseal(self._vault.cursors, scope, paging.cursor)
            statement = statement.where(events.c.id > UUID(after))
        ordered = statement.order_by(events.c.id).limit(paging.limit + 1)
        rows = [dict(row._mapping) for row in self._execute(ordered)]
        items, more = rows[: paging.limit], len(rows) > paging.limit
        self._shown |= {"record": "event", "count": len(items)}
        following = seal(self._vault.cursors, scope, [str(items[-1]["id"])]) if more else None
        told = [out.model_validate(said(row)).model_dump(mode="json") for row in items]
        return Shown(json.dumps({"items": told, "next": following}).encode())

    def timeline(self, out: type[B], span: Span, **filters: Any) -> Shown[Page[B]]:
        """What was done on the file of the path, over all kinds of record, as `history` tells it.

        Names and circumstances, no values; all of it as a stream, or a page.
        """
        asked = telling(
            *(out, span, filters),
            mark=self._mark,
            file_id=self.file_id,
            caller=self.actor,
            token=self._asked.token,
            engine=self._db.dialect.name,
            cursors=self._vault.cursors,
        )
        self._writes.flush()
        told = asked.part(self._db, self.at)
        if told is None:
            raise NotFound()
        shown, count = told
        self._shown |= {"record": "history", "count": count}
        return shown

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
        readable = POLICY.readable(self.actor.role)
        kinds = {kind.record: kind for kind in protected_kinds()}
        key, found = self._keys.of(file_id), []
        for row in self._execute(statement):
            event = dict(row._mapping)
            snapshot = event.pop("snapshot")
            whole = open_revision(key, event["record_id"], event.pop("v"), snapshot)
            seen = columns_shown(kinds[event["record"]], readable)
            told = {name: value for name, value in json.loads(whole).items() if name in seen}
            found.append((event, told))
        self._subjects.add(file_id)
        self._shown |= {"record": "history", "count": len(found)}
        return found

    def page_of(
        self, items: Sequence[dict[str, Any]], paging: Paging, name: str
    ) -> tuple[Sequence[dict[str, Any]], str | None]:
        """One page of a list that had to be computed whole; `name` tells its items apart."""
        scope = f"{self._mark.action}|{self._asked.file_id}|{self.actor.id}"
        start = 0
        if paging.cursor:
            (after,) = unseal(self._vault.cursors, scope, paging.cursor)
            start = next((n for n, one in enumerate(items, 1) if one[name] == after), len(items))
        page = items[start : start + paging.limit]
        more = len(items) > start + paging.limit
        return page, seal(self._vault.cursors, scope, [page[-1][name]]) if more else None

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
