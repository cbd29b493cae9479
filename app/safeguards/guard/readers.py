"""Who could have read what an answer tells of a moment: by the rights of then, for who audits.

The rows on which rights hang are put together as they were, and there the one predicate is asked
for each person who worked here then. The policy is that of today, and the answer names both: of an
older one nothing is kept but its digest.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, select

from app.core.db import table
from app.core.errors import FieldFault, Forbidden, Invalid
from app.core.problems import UNFIT
from app.core.values import spelled, uuid_of
from app.safeguards.access.policy import POLICY, RANK
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.as_it_was import BEARING, as_it_was, opening_kinds
from app.safeguards.guard.columns import names_withheld, scoped
from app.safeguards.guard.door import NOW, particulars, somebody
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.protected import Protected, owners_of, ways, within
from app.safeguards.guard.queries import RIGHTS_AS_OF
from app.safeguards.guard.recalling import MOST, Recalling, too_many
from app.safeguards.guard.shown import Representation, children
from app.safeguards.guard.summaries import WHOLE, in_sight, summary_of, told_whole
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
        items = self._readers_then(out, rows, then) if rows else []
        told = {"policy": POLICY.digest[:16], "policy_then": self._policy(then), "items": items}
        return b'%b,"%b":%b}' % (body.removesuffix(b"}"), READERS.encode(), spelled(told))

    def _readers_then(
        self, out: type[Representation], rows: Sequence[Row], then: datetime
    ) -> list[Row]:
        """All but who asks: that they could not read would tell them what barred them."""
        with as_it_was(self._stood(out, rows, then), self.file_id) as past:
            found = readers(past, self._mark, out, rows, then)
            return [one for one in found if one["user_id"] != self.actor.id]

    def _stood(self, out: type[Representation], rows: Sequence[Row], then: datetime) -> Past:
        """By kind: these rows and those nested in them, and all on which it hung who sees them."""
        nested = {child.of: below for child, below in beneath(out, rows)}
        with self._no_wall():
            found = {one: self._all_then(one, then) for one in opening_kinds()}
        return {out.of: rows, **nested, **found}

    def _all_then(self, kind: type[Protected], then: datetime) -> list[Row]:
        """As they were: of this file where the kind is kept in files of that kind, else all.

        Less those on which nothing can hang here (`bears`).
        """
        of, scope = table(kind), self._mark.scope
        ids = select(of.c.id, of.c.version).where(of.c.created_at <= then)
        if scope is not None and (kind is scope or kept_in(kind, scope)):
            ids = ids.where(of.c[kind.file] == self.file_id)
        if rule := BEARING.get(kind):
            ids = ids.where(rule(of, self.file_id, then))
        found = {row.id: row.version for row in self._execute(ids.limit(MOST + 1))}
        if len(found) > MOST:
            raise too_many(RIGHTS_AS_OF, MOST)
        return [columns for _, columns in self._versions_then(kind, found, then).values()]

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
    rows: Sequence[Row],
    then: datetime,
) -> Iterator[dict[str, Any]]:
    """Each person to whom some of these rows would have been shown, and which, how and by what."""
    for person in past.execute(everybody()):
        caller = Caller(person.id, "", person.role, person.unit_id, person.jurisdiction)
        given = particulars(caller, then)
        if not past.execute(entrance(mark, caller.role), given).first():
            continue
        if seen := list(shown_to(past, out, rows, caller.role, given)):
            whose = {"user_id": person.id, "role": person.role, "unit_id": person.unit_id}
            yield {**whose, "records": seen}


def shown_to(
    past: Connection, out: type[Representation], rows: Sequence[Row], role: str, given: Row
) -> Iterator[dict[str, Any]]:
    """Which of these rows, and of those nested in what they were shown whole."""
    found = {row.id: row._asdict() for row in past.execute(question(out, role), given)}
    seen = [row for row in rows if row["id"] in found]
    yield from (told_of(out, role, found[row["id"]]) for row in seen)
    for child, below in beneath(out, [row for row in seen if found[row["id"]][WHOLE]]):
        yield from shown_to(past, child, below, role, given)


def beneath(
    out: type[Representation], rows: Sequence[Row]
) -> Iterator[tuple[type[Representation], list[Row]]]:
    """The rows nested in these, as far as who asks was shown them, and in which schema."""
    for name, (_, child) in children(out).items():
        if below := [one for row in rows for one in row.get(name, ())]:
            yield child, below


def told_of(out: type[Representation], role: str, row: Row) -> dict[str, Any]:
    form = "whole" if row[WHOLE] else "summary"
    by = [reach.value for reach in RANK if row.get(reach.value)]
    shape = out if row[WHOLE] else summary_of(out, role) or out
    empty = names_withheld(out.of, POLICY.in_columns(role))
    withheld = [name for name in shape.model_fields if name in empty]
    return {"id": row["id"], "form": form, "relations": by, "withheld": withheld}


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
