"""The verbs that read: one row, a page, rows and facts for rules."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    func,
    select,
    tuple_,
)
from sqlalchemy.sql.elements import Grouping  # keeps a clause from reaching past its AND

from app.core.db import table
from app.core.errors import FieldFault, Invalid, NotFound
from app.core.paging import Paging, scope, seal, unseal
from app.core.problems import UNFIT, unknown_parameter
from app.core.values import plain, spelled
from app.safeguards.guard.agreed import unfit
from app.safeguards.guard.columns import typed
from app.safeguards.guard.protected import (
    Protected,
)
from app.safeguards.guard.queries import AS_OF
from app.safeguards.guard.recalling import MOST, chosen_then, too_many
from app.safeguards.guard.replaying import Replaying
from app.safeguards.guard.shown import Out, Page, Shown
from app.safeguards.guard.summaries import in_sight, lacking_in_summary, schema_of, told_whole

O = TypeVar("O", bound=Out)  # noqa: E741
Where = Callable[[FromClause], ColumnElement[bool]]
COUNT_CAP = 1000


class Reading(Replaying):
    """Every select is filtered by construction; facts are for rules alone."""

    def read(
        self, out: type[O], record_id: UUID | None = None, where: Where | None = None
    ) -> Shown[O]:
        """The file of the path itself, or one record of it by its id.

        `where`: which record it may be, where that is not of this file alone.
        """
        if where is None:
            grants = in_sight(out, self.actor.role)
            row = self._one(out.of, record_id or self.file_id, grants, out=out)
        else:
            seen, statement = table(out.of), self._visible(out.of, True, out)
            named = statement.where(seen.c.id == record_id, Grouping(where(seen)))
            if not (found := self._rows(out.of, named)):
                raise NotFound()
            (row,) = found
        self._note(out.of, [row], record_id=row["id"], version=self._version_told(out, row))
        now = self._asked.as_of is None  # a tag of the past would be none to change a record by
        return Shown(self._with_readers(out, [row], self._bytes(out, row)), row["id"], etag=now)

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
        if hidden := unfit(out, self.actor.role, chosen):
            raise Invalid(UNFIT, errors=[*map(unknown_parameter, hidden)])
        lacking = lacking_in_summary(out, self.actor.role, chosen)
        if lacking and schema_of(out, self.actor.role) is not None:
            raise Invalid(UNFIT, errors=[*map(unknown_parameter, lacking)])
        if (then := self._asked.as_of) is not None:
            assert where is None, "a clause about rows of today chooses none of then"
            return self._page_then(out, paging, chosen, then, whole=bool(lacking))
        seen, statement = table(out.of), self._visible(out.of, anywhere, out)
        if lacking:
            # A summary must not be found by what it does not show.
            statement = statement.where(told_whole(out.of, seen, self.actor, self._when))
        statement = statement.where(*(seen.c[name] == value for name, value in chosen.items()))
        if where is not None:
            statement = statement.where(Grouping(where(seen)))
        here = scope(self._mark.action, self._asked.file_id, self.actor.id, chosen=chosen)
        total = None
        if paging.count:
            counted = select(func.count()).select_from(statement.limit(COUNT_CAP + 1).subquery())
            total = min(self._execute(counted).scalar_one(), COUNT_CAP)
        order = [seen.c[name] for name in out.order]
        if paging.cursor:
            after = typed(unseal(self._vault.cursors, here, paging.cursor), order)
            statement = statement.where(tuple_(*order) > tuple_(*after))
        found = self._rows(out.of, statement.order_by(*order).limit(paging.limit + 1))
        return self._page_of(out, found, paging.limit, here, total)

    def _page_then(
        self,
        out: type[O],
        paging: Paging,
        chosen: Mapping[str, Any],
        then: datetime,
        *,
        whole: bool,
    ) -> Shown[Page[O]]:
        """As `page`, by the values of then: no index knows them, so all rows are looked at."""
        statement = self._visible(out.of, out=out).where(table(out.of).c.created_at <= then)
        counted = select(func.count()).select_from(statement.limit(MOST + 1).subquery())
        if self._execute(counted).scalar_one() > MOST:
            raise too_many(AS_OF, MOST)
        rows = [r for r in self._rows(out.of, statement) if chosen_then(r, chosen, whole)]
        total = min(len(rows), COUNT_CAP) if paging.count else None
        whose = self._mark.action, self._asked.file_id, self.actor.id
        here = scope(*whose, then, chosen=chosen)
        order = [table(out.of).c[name] for name in out.order]

        def place(row: Mapping[str, Any]) -> tuple[Any, ...]:
            return tuple(row[name] for name in out.order)

        if paging.cursor:
            last = typed(unseal(self._vault.cursors, here, paging.cursor), order)
            rows = [row for row in rows if place(row) > tuple(one.value for one in last)]
        rows.sort(key=place)
        return self._page_of(out, rows, paging.limit, here, total)

    def _page_of(
        self, out: type[O], found: list[dict[str, Any]], limit: int, here: str, total: int | None
    ) -> Shown[Page[O]]:
        """The first of what was found, and a cursor if there is more."""
        items, more = found[:limit], len(found) > limit
        last = [plain(items[-1][name]) for name in out.order] if more else None
        self._note(out.of, items)
        following = last and seal(self._vault.cursors, here, last)
        body = {"items": self._present(out, items)}
        shown = {**body, "next": following, **({} if total is None else {"total": total})}
        return Shown(self._with_readers(out, items, spelled(shown)))

    def find(
        self,
        kind: type[Protected],
        where: Where | None = None,
        *,
        order: Sequence[str] = ("id",),
        limit: int = 1000,
        anywhere: bool = False,
        shown_by: type[Out] | None = None,
    ) -> list[dict[str, Any]]:
        """Rows that rules need, as the caller may see them; `anywhere`: not this file alone.

        `shown_by`: those too of which this schema shows them a summary; no rule may tell more.
        """
        seen, statement = table(kind), self._visible(kind, anywhere, shown_by)
        statement = statement.order_by(*(seen.c[name] for name in order)).limit(limit)
        found = self._rows(
            kind, statement if where is None else statement.where(Grouping(where(seen)))
        )
        if found:
            self._note(kind, found)
        return found

    def reachable(
        self, kind: type[Protected], record_id: UUID, pointer: str | None = None
    ) -> dict[str, Any]:
        """A row that the caller may read, or 404.

        `pointer`: the field of the body which named a row of another file; the 404 says so.
        """
        try:
            row = self._one(kind, record_id, self._reading(kind))
        except NotFound:
            if pointer is None:
                raise
            fault = FieldFault(pointer, "unknown", "nothing that you can see has this id")
            raise NotFound(errors=[fault]) from None
        self._note(kind, [row], record_id=record_id)
        return row

    def own(self, out: type[O], kind: type[Protected]) -> Shown[O]:
        """The actor's own row, whatever else the role may read of its kind."""
        (row,) = self._rows(kind, select(table(kind)).where(table(kind).c.id == self.actor.id))
        self._note(kind, [row], record_id=row["id"], version=row["version"])
        return Shown(self._bytes(out, row), row["id"], etag=True)

    def tally(self, kind: type[Protected], where: Where) -> int:
        """How many rows of this file: a count that rules need, past the caller's own classes.

        A gate must not open because the caller cannot see what would keep it shut.
        """
        rows = table(kind)
        counted = select(func.count()).where(rows.c[kind.file] == self.file_id, where(rows))
        return int(self._execute(counted).scalar_one())

    def facts(
        self, kind: type[Protected], where: Where, *columns: str, beyond: bool = False
    ) -> list[Any]:
        """Columns that rules must judge by, past the caller's own classes: never to be shown.

        A gate must not open, nor stay shut, because the caller cannot see what it asks for.
        `beyond`: past the second wall, too, where other jurisdictions and sealed files matter.
        """
        rows = table(kind)
        statement = select(*(rows.c[name] for name in columns)).where(where(rows))
        self._writes.flush()
        return self._beyond(statement) if beyond else list(self._db.execute(statement))

    def hold(self, kind: type[Protected], where: Where) -> None:
        """Whoever writes on these files next waits: what rules judge of them holds.

        In the order of their ids, so that two who hold some of the same do not wait in a circle.
        """
        rows = table(kind)
        held = select(rows.c.id).where(where(rows)).order_by(rows.c.id)
        self._execute(held.with_for_update(of=rows, key_share=True))

    def cover(self, kind: type[Protected]) -> Mapping[str, Any] | None:
        """Plain columns of the path's own file as they stand now; for rules alone.

        None where the file is of another kind, or the wall did not have to look at it.
        """
        return self._cover if self._mark.scope is kind and self._cover else None

    def taken(self, kind: type[Protected], column: str, value: object) -> bool:
        """Whether a unique value is in use anywhere; reveals nothing of the row."""
        rows = table(kind)
        if any(row[column] == value for row in self._writes.rows.get(rows, ())):
            return True
        return bool(self._beyond(select(rows.c.id).where(rows.c[column] == value).limit(1)))
