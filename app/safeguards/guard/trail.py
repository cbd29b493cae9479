"""The verbs that read evidence: events of the trail, and the history of a file."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, false, literal, or_, select

from app.core.db import Identifier, table
from app.core.errors import Invalid, NotFound
from app.core.paging import Paging, scope, seal, unseal
from app.core.problems import UNFIT, unknown_parameter
from app.core.values import plain
from app.safeguards.access.bars import barred
from app.safeguards.access.policy import POLICY, Grants, Reach
from app.safeguards.audit.models import AuditEvent, AuditSubject
from app.safeguards.guard.columns import columns_shown, said, typed
from app.safeguards.guard.door import particulars, stationed
from app.safeguards.guard.entries import COLUMNS
from app.safeguards.guard.ground import NoFile
from app.safeguards.guard.looks import looks_at
from app.safeguards.guard.past import EVENTS, FIRST, ORDER, after, kept_with
from app.safeguards.guard.protected import Protected, Sight, evidence_rule
from app.safeguards.guard.reading import Reading
from app.safeguards.guard.shown import Abridged, Page, Shown
from app.safeguards.guard.summaries import classes_whole, columns_in_summary
from app.safeguards.guard.timeline import Span, telling
from app.safeguards.guard.versions import VERSION, versions_of
from app.safeguards.guard.writing import (
    open_revision,
)

A = TypeVar("A", bound=Abridged)
B = TypeVar("B", bound=BaseModel)
OVERSEES = {Reach.ANY, Reach.JURISDICTION}  # who is told events whole
UNSAID = dict.fromkeys(("actor_id", "purpose", "basis", "relation"))  # of who wrote, in summary
IN_ORDER = [EVENTS.c[name] for name in ORDER]


@dataclass(frozen=True)
class Version:
    """A record as it was written, and as it was before; empty where it was not."""

    now: dict[str, Any]
    before: dict[str, Any]
    event: dict[str, Any]


class Trail(Reading):
    """What was done, as far as the reader may see what it was done to."""

    def evidence(
        self, out: type[A], paging: Paging, file_id: UUID | None = None, **filters: Any
    ) -> Shown[Page[A]]:
        """Events of the trail: of one file, or of the caller's jurisdiction's files and staff.

        In summary what the rule of such evidence leaves of it.
        """
        chosen = {name: value for name, value in filters.items() if value is not None}
        events = table(AuditEvent)
        shown, within_reach = self._evident(out, [*chosen, *(["file_id"] if file_id else [])])
        brief = shown is not out
        statement = select(events).where(within_reach)
        statement = statement.where(*(events.c[n] == v for n, v in chosen.items()))
        if file_id is not None:
            of_it = events.c.file_id == file_id
            statement = statement.where(of_it if brief else or_(of_it, self._about(file_id)))
        here = scope("events", file_id, self.actor.id, chosen=chosen)
        if paging.cursor:
            (after,) = unseal(self._vault.cursors, here, paging.cursor)
            statement = statement.where(events.c.id > UUID(after))
        ordered = statement.order_by(events.c.id).limit(paging.limit + 1)
        rows = [dict(row._mapping) for row in self._execute(ordered)]
        items, more = rows[: paging.limit], len(rows) > paging.limit
        self._shown |= {"record": "event", "count": len(items)}
        following = seal(self._vault.cursors, here, [str(items[-1]["id"])]) if more else None
        return page_of(shown, items, following)

    def looks(self, out: type[A], paging: Paging, **filters: Any) -> Shown[Page[A]]:
        """Who was shown the file of the path or was refused it, newest first; a filter that is
        None is none.

        As the trail shows it to the caller: no rule but the one of evidence.
        """
        chosen = {name: value for name, value in filters.items() if value is not None}
        asked = [name for name in chosen if name not in ("since", "until")]
        shown, within_reach = self._evident(out, asked)
        here = scope("looks", self.file_id, self.actor.id, chosen=chosen)
        also = [within_reach]
        if paging.cursor:
            (last,) = unseal(self._vault.cursors, here, paging.cursor)
            also.append(table(AuditEvent).c.id < UUID(last))
        found = self._execute(looks_at(self.file_id, chosen, also, paging.limit + 1)).mappings()
        rows = [{**row, **row["detail"]} for row in found]
        items, more = rows[: paging.limit], len(rows) > paging.limit
        self._shown |= {"record": "access", "count": len(items)}
        following = seal(self._vault.cursors, here, [str(items[-1]["id"])]) if more else None
        return page_of(shown, [renamed(row) for row in items], following)

    def _evident(
        self, out: type[A], asked: Iterable[str]
    ) -> tuple[type[BaseModel], ColumnElement[bool]]:
        """In which schema the caller is shown events, and which; by the one rule of evidence.

        Nobody filters by what a summary does not show.
        """
        role = self.actor.role
        grants = POLICY.grants(role, "event.read")
        shown: type[BaseModel] = out
        if brief := not grants:
            grants, summary = POLICY.in_summary(role, "event"), out.summary_named(role)
            assert summary is not None, "the policy gives S of it"
            shown = summary
            if lacking := [name for name in asked if name not in shown.model_fields]:
                raise Invalid(UNFIT, errors=[*map(unknown_parameter, lacking)])
        return shown, self._events_within(grants, brief)

    def _events_within(self, grants: Grants, brief: bool = False) -> ColumnElement[bool]:
        """Events that these reaches open, whole or in summary, by the one rule of evidence."""
        sights = (Sight(self.actor, reach, self._when) for reach in grants)
        opened = (evidence_rule()(table(AuditEvent), sight, brief) for sight in sights)
        return or_(false(), *opened)

    def _about(self, file_id: UUID) -> ColumnElement[bool]:
        """Events of who asked for a file by its id, or was shown it among others."""
        events, subjects = table(AuditEvent), table(AuditSubject)
        shown = select(subjects.c.event_id).where(subjects.c.file_id == file_id)
        # Of a file that is closed to the reader, no more than of an id that is nobody's.
        is_open = ~barred(literal(file_id, Identifier()), self.actor)
        return or_(events.c.asked_id == file_id, and_(events.c.id.in_(shown), is_open))

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

    def history(self, paging: Paging, **filters: Any) -> tuple[list[Version], str | None]:
        """Versions of records of the file of the path that the caller may read now, oldest first.

        Each beside the last one before it of which the caller may read, too; a filter that is None
        is none.
        """
        chosen = {name: value for name, value in filters.items() if value is not None}
        here = scope("history", self._mark.action, self.file_id, self.actor.id, chosen=chosen)
        place: Sequence[Any] = FIRST
        if paging.cursor:
            asked = typed(unseal(self._vault.cursors, here, paging.cursor), IN_ORDER)
            place = [one.value for one in asked]
        self._writes.flush()
        form = self._scope, self.actor.role, stationed(self.actor), self._db.dialect.name
        versions = versions_of(*form, tuple(sorted(chosen)))
        given = {**chosen, **particulars(self.actor, self.at), **after(place), "file": self.file_id}
        rows = versions.run(self._db, {**given, "more": paging.limit + 1})
        found = [
            self._version(dict(zip(VERSION, row, strict=True))) for row in rows[: paging.limit]
        ]
        self._subjects.add(self.file_id)
        self._shown |= {"record": "history", "count": len(found)}
        if len(rows) <= paging.limit:
            return found, None
        last = [plain(found[-1].event[name]) for name in ORDER]
        return found, seal(self._vault.cursors, here, last)

    def _version(self, event: dict[str, Any]) -> Version:
        """As the caller is shown such a record: whole, or in summary and without who wrote it."""
        kinds = {kind.record: kind for kind in kept_with(self._scope)}
        kind, role = kinds[event["record"]], self.actor.role
        key, seen = self._keys.of(self.file_id), columns_shown(kind, POLICY.in_columns(role))
        seen_before = seen
        if POLICY.in_summary(role, kind.record):
            brief = columns_in_summary(kind, role)
            if event["in_summary"]:
                event, seen = {**event, **UNSAID, "detail": {}}, brief
            if event["in_summary"] or event["class_before"] not in classes_whole(role, kind.record):
                seen_before = brief
        if not OVERSEES & POLICY.grants(role, "event.read").keys():
            event = without_grants(event, self.actor.id)
        version, before = event["record_version"], event["version_before"]
        return Version(
            now=opened(key, event, version, event["kept_now"], seen),
            before=opened(key, event, before, event["kept_before"], seen_before),
            event=event,
        )

    @property
    def _scope(self) -> type[Protected]:
        if self._mark.scope is None:
            raise NoFile(f"{self._mark.action} is not about one file")
        return self._mark.scope


def page_of(shown: type[B], rows: Iterable[Mapping[str, Any]], following: Any) -> Shown[Any]:
    told = [shown.model_validate(said(row)).model_dump(mode="json") for row in rows]
    return Shown(json.dumps({"items": told, "next": following}).encode())


def renamed(row: Mapping[str, Any]) -> dict[str, Any]:
    """As entries of the past name what the trail names otherwise."""
    return {**row, **{name: row[column] for name, column in COLUMNS.items()}}


def without_grants(event: dict[str, Any], reader: UUID) -> dict[str, Any]:
    """By which glass or cover somebody else came is for who reads such records."""
    if event["actor_id"] == reader:
        return event
    detail = {name: one for name, one in event["detail"].items() if name != "grants"}
    return {**event, "detail": detail}


def opened(
    key: bytes, event: dict[str, Any], version: int | None, kept: bytes | None, seen: frozenset[str]
) -> dict[str, Any]:
    """What a caller who may see these columns may be told of a version, if there was one."""
    if version is None:
        return {}
    whole = json.loads(open_revision(key, event["record_id"], version, kept))
    return {name: value for name, value in whole.items() if name in seen}
