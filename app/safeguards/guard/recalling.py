"""What a file said at a moment: rows that are in sight today, each as its revision was then.

Rights are of today. The one predicate has found the row; of its revision is told what the class
that it had then lets this role read. What was not on record yet is not there.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Column, ColumnElement, Select, func, select

from app.core.db import table
from app.core.errors import FieldFault, Invalid
from app.core.problems import UNFIT
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.models import Revision
from app.safeguards.guard.agreed import of_the_past
from app.safeguards.guard.protected import Protected
from app.safeguards.guard.reaching import Reaching
from app.safeguards.guard.summaries import WHOLE, classes, classes_whole
from app.safeguards.guard.writing import open_revision
from app.safeguards.vault.sealed import is_sealed

MOST = 5_000  # rows of one kind that are looked at for an answer of the past
SOME = 500  # ids in one statement
Row = dict[str, Any]
Reader = Callable[[Any], Any]
READERS: Mapping[type, Reader] = {
    UUID: UUID,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    bytes: bytes.fromhex,
}


class Recalling(Reaching):
    """Rows are those of now, or, where a moment is asked for, of then."""

    def _rows(self, kind: type[Protected], statement: Any) -> list[Row]:
        rows, then = super()._rows(kind, statement), self._asked.as_of
        return rows if then is None else self._recalled(kind, rows, then)

    def _recalled(self, kind: type[Protected], rows: list[Row], then: datetime) -> list[Row]:
        """Those of them that were on record then, as they were, in the order given."""
        versions = self._versions_then(kind, {row["id"]: row["version"] for row in rows}, then)
        found = []
        for row in rows:
            if row["id"] not in versions:
                continue
            of, columns = versions[row["id"]]
            unsaid = kind.told_from and columns[kind.told_from] is None
            if unsaid and row["author_id"] != self.actor.id:
                continue
            if (whole := self._form(kind, row, of)) is not None:
                found.append({**row, **columns, WHOLE: whole})
        return found

    def was_said(self, kind: type[Protected], record_id: UUID, version: int) -> bool:
        """Whether this version is there for others than its author, to whom a draft belongs."""
        said = select(table(Revision).c.version).where(*revision(kind, record_id, version))
        return self._execute(said).first() is not None

    def _versions_then(
        self, kind: type[Protected], versions: Mapping[UUID, int], then: datetime
    ) -> dict[UUID, tuple[str, Row]]:
        """The class and the columns that each of these records had, if it was there.

        `versions`: how many there are of each. Raises LookupError where one is not kept: another
        would be told in its place.
        """
        found = {}
        for some in in_parts([*versions]):
            there = {one.record_id: one.versions for one in self._execute(versions_kept(some))}
            if any(there.get(one, 0) < versions[one] for one in some):
                raise LookupError(f"a version of a {kind.record} is not kept")
            kept = list(self._execute(revisions_then(some, then)))
            self._keys.open({one.file_id for one in kept})
            for one in kept:
                key = self._keys.of(one.file_id)
                said = open_revision(key, one.record_id, one.version, one.snapshot)
                found[one.record_id] = one.record_class, columns_then(kind, orjson.loads(said))
        return found

    def _form(self, kind: type[Protected], row: Row, then: str) -> bool | None:
        """Whether a row is told whole of when it was of this class, or in summary; None: neither.

        In summary where it is told so today, or where its class was one of which the role has S.
        """
        role, record = self.actor.role, kind.record
        if then not in classes(of_the_past(role, record)):
            return None
        if then in classes_whole(role, record) and self._reads(kind, row, then):
            return bool(row.get(WHOLE, True))
        return False if then in classes(POLICY.in_summary(role, record)) else None

    def _reads(self, kind: type[Protected], row: Row, then: str) -> bool:
        """By a docket or a condition a case opens class by class: what opens the row today may not
        open what it was."""
        today = row.get("record_class", kind.record_class)
        return today == then or self.reaches_class(then, f"{kind.record}.read")


def revision(
    kind: type[Protected], record_id: UUID, version: int | None
) -> Iterator[ColumnElement[bool]]:
    """The last one, or that of a version; none from before it was said."""
    rows, kept = table(kind), table(Revision)
    latest = select(rows.c.version).where(rows.c.id == record_id).scalar_subquery()
    yield kept.c.record_id == record_id
    yield kept.c.record == kind.record
    yield kept.c.version == (latest if version is None else version)
    if kind.told_from:
        said = select(rows.c[kind.told_from]).where(rows.c.id == record_id)
        yield kept.c.created_at >= said.scalar_subquery()


def too_many(parameter: str, most: int) -> Invalid:
    """There are more rows of one kind to be looked at for it."""
    fault = FieldFault(f"query.{parameter}", "too-many", f"there are more than {most} of them")
    return Invalid(UNFIT, errors=[fault])


def revisions_then(record_ids: Collection[UUID], moment: datetime) -> Select[Any]:
    """The last revision of each of these records that was made by then."""
    kept, older = table(Revision), table(Revision).alias("older")
    last = select(func.max(older.c.version)).where(
        older.c.record_id == kept.c.record_id, older.c.created_at <= moment
    )
    names = "record_id", "version", "record_class", "file_id", "snapshot"
    return select(*(kept.c[name] for name in names)).where(
        kept.c.record_id.in_(record_ids), kept.c.version == last.scalar_subquery()
    )


def versions_kept(record_ids: Collection[UUID]) -> Select[Any]:
    """How many revisions there are of each of these records."""
    kept = table(Revision)
    count = func.count(kept.c.version.distinct()).label("versions")
    found = select(kept.c.record_id, count).where(kept.c.record_id.in_(record_ids))
    return found.group_by(kept.c.record_id)


def in_parts(record_ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    return [record_ids[start : start + SOME] for start in range(0, len(record_ids), SOME)]


def columns_then(kind: type[Protected], said: Mapping[str, Any]) -> Row:
    """Each column as its table would hold it; what the revision does not say is nothing."""
    return {
        name: None if said.get(name) is None else read(said[name])
        for name, read in readers(kind).items()
    }


@cache
def readers(kind: type[Protected]) -> dict[str, Reader]:
    return {str(column.name): reader(column) for column in table(kind).c}


def reader(column: Column[Any]) -> Reader:
    """Of what JSON made of its values; a sealed column holds JSON anyway."""
    return as_it_is if is_sealed(column) else READERS.get(column.type.python_type, as_it_is)


def as_it_is(value: Any) -> Any:
    return value


def chosen_then(row: Row, chosen: Mapping[str, Any], whole: bool) -> bool:
    """Whether a row had these values. `whole`: a summary must not be found by what it hides."""
    return (not whole or row[WHOLE]) and all(row[n] == value for n, value in chosen.items())
