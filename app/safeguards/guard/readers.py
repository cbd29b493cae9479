"""Who could have read what an answer tells of a moment: by the rights of then, for who audits.

The rows on which rights hang are put together as they were, and there the one predicate is asked
for each person who worked here then. The policy is that of today, and the answer names both: of an
older one nothing is kept but its digest.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Select, select

from app.core.db import table
from app.core.errors import FieldFault, Forbidden, Invalid
from app.core.problems import UNFIT
from app.core.values import spelled, uuid_of
from app.safeguards.access.policy import POLICY, RANK
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.as_it_was import as_it_was, opening_kinds
from app.safeguards.guard.columns import scoped
from app.safeguards.guard.door import NOW, particulars, somebody
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.protected import Protected, owners_of, ways, within
from app.safeguards.guard.queries import RIGHTS_AS_OF
from app.safeguards.guard.recalling import Recalling, columns_then, in_parts, revisions_then
from app.safeguards.guard.shown import Representation
from app.safeguards.guard.summaries import WHOLE, in_sight, told_whole
from app.safeguards.guard.writing import open_revision
from app.safeguards.identity.caller import Caller, staff

READERS = "readers"
ASK = f"{READERS}.read"
Row = dict[str, Any]
Past = Mapping[type[Protected], Sequence[Row]]


class Readers(Recalling):
    """Says beside an answer of a moment who else would have been answered then."""

    def _with_readers(self, out: type[Representation], rows: Sequence[Row], body: bytes) -> bytes:
        """The answer as it is, unless who could have read these rows is asked for."""
        if not self._asked.rights_as_of:
            return body
        then, scope = self._asked.as_of, self._mark.scope
        if scope is None or not self._reaches(scope, ASK, summary=False):
            raise Forbidden(f"your role ({self.actor.role}) may not do this here: {ASK}")
        if then is None:
            fault = FieldFault(f"query.{RIGHTS_AS_OF}", "without-as-of", "say of when: as_of")
            raise Invalid(UNFIT, errors=[fault])
        with as_it_was(self._stood(out.of, rows, then), self.file_id) as past:
            items = list(readers(past, self._mark, out, {row["id"] for row in rows}, then))
        told = {"policy": POLICY.digest[:16], "policy_then": self._policy(then), "items": items}
        return b'%b,"%b":%b}' % (body.removesuffix(b"}"), READERS.encode(), spelled(told))

    def _stood(self, kind: type[Protected], rows: Sequence[Row], then: datetime) -> Past:
        """By kind: these rows, and all on which it hung who sees them."""
        with self._no_wall():
            found = {one: self._all_then(one, then) for one in opening_kinds()}
        return {kind: rows, **found}

    def _all_then(self, kind: type[Protected], then: datetime) -> list[Row]:
        """As they were: of this file where the kind is kept in files of that kind, else all."""
        of, scope = table(kind), self._mark.scope
        ids = select(of.c.id).where(of.c.created_at <= then)
        if scope is not None and (kind is scope or kept_in(kind, scope)):
            ids = ids.where(of.c[kind.file] == self.file_id)
        found = []
        for some in in_parts(list(self._execute(ids).scalars())):
            kept = list(self._execute(revisions_then(some, then)))
            self._keys.open({one.file_id for one in kept})
            for one in kept:
                key = self._keys.of(one.file_id)
                said = open_revision(key, one.record_id, one.version, one.snapshot)
                found.append(columns_then(kind, orjson.loads(said)))
        return found

    def _policy(self, then: datetime) -> str | None:
        """The digest under which anything was last done by then."""
        events = table(AuditEvent)
        last = uuid_of(int(then.timestamp() * 1000) + 1 << 80)
        newest = select(events.c.policy).where(events.c.id < last).order_by(events.c.id.desc())
        found: str | None = self._execute(newest.limit(1)).scalar()
        return found


def kept_in(kind: type[Protected], scope: type[Protected]) -> bool:
    return table(scope) in owners_of(kind)


def readers(
    past: Connection,
    mark: Mark,
    out: type[Representation],
    shown: Collection[UUID],
    then: datetime,
) -> Iterator[dict[str, Any]]:
    """Each person to whom some of these rows would have been shown, and which, how and by what."""
    for person in past.execute(everybody()):
        caller = Caller(person.id, "", person.role, person.unit_id, person.jurisdiction)
        given = particulars(caller, then)
        if not past.execute(entrance(mark, caller.role), given).first():
            continue
        found = (row._asdict() for row in past.execute(question(out, caller.role), given))
        if seen := [told_of(row) for row in found if row["id"] in shown]:
            whose = {"user_id": person.id, "role": person.role, "unit_id": person.unit_id}
            yield {**whose, "records": seen}


def told_of(row: Row) -> dict[str, Any]:
    form = "whole" if row[WHOLE] else "summary"
    by = [reach.value for reach in RANK if row.get(reach.value)]
    return {"id": row["id"], "form": form, "relations": by}


@cache
def everybody() -> Select[Any]:
    """Who worked here: neither gone nor hired by one alone."""
    users, units = staff()
    source = users.outerjoin(units)
    here = users.c.disabled_at.is_(None), users.c.pending.is_(False)
    found = select(users.c.id, users.c.role, users.c.unit_id, units.c.jurisdiction)
    return found.select_from(source).where(*here).order_by(users.c.id)


@cache
def entrance(mark: Mark, role: str) -> Select[Any]:
    """Whether the door of the address opens."""
    scope, caller = mark.scope, somebody(role)
    assert scope is not None, "asked of no file"
    grants = POLICY.opens(role, mark.action, mark.summary)
    rows = table(scope)
    return select(rows.c.id).where(within(scope, rows, caller, scoped(scope, grants), NOW))


@cache
def question(out: type[Representation], role: str) -> Select[Any]:
    """Which rows are shown, whether whole, and by each reach whether it is by that one."""
    kind, rows, caller = out.of, table(out.of), somebody(role)
    grants = in_sight(out, role)
    whole = told_whole(kind, rows, caller, NOW)
    by = ways(kind, rows, caller, grants, NOW).items()
    columns = (clause.label(reach.value) for reach, clause in by)
    reached = within(kind, rows, caller, grants, NOW)
    return select(rows.c.id, whole.label(WHOLE), *columns).where(reached)
