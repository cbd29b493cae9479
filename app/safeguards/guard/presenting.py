"""Rows as an answer shows them: children nested, columns withheld, in the schema for the caller."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.core.db import table
from app.core.values import spelled
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.agreed import left_of, partly
from app.safeguards.guard.columns import names_withheld
from app.safeguards.guard.protected import (
    visible,
)
from app.safeguards.guard.readers import Readers
from app.safeguards.guard.shown import Representation, Summary, children
from app.safeguards.guard.summaries import (
    WHOLE,
    classes,
    in_sight,
    summary_of,
    told_whole,
)

Row = dict[str, Any]


class Presenting(Readers):
    """Turns rows into the bytes of a schema."""

    def _present(self, out: type[Representation], rows: list[Row]) -> list[Any]:
        """In the order given, each in the schema in which the caller is shown it."""
        schemas = [self._schema(out, row) for row in rows]
        for schema in dict.fromkeys(schemas):
            self._nest(
                schema, [row for row, own in zip(rows, schemas, strict=True) if own is schema]
            )
        return [self._plain(own, row) for row, own in zip(rows, schemas, strict=True)]

    def _schema(self, out: type[Representation], row: Mapping[str, Any]) -> type[Representation]:
        role = self.actor.role
        summary = summary_of(out, role)
        if summary is None:
            return out
        whole = row[WHOLE] if WHOLE in row else self._whole(out, row)
        return out if whole else summary

    def _version_told(self, out: type[Representation], row: Mapping[str, Any]) -> int | None:
        """None of a summary: it would tell of changes to what that leaves out."""
        brief = issubclass(self._schema(out, row), Summary)
        return None if brief else row["version"]

    def _whole(self, out: type[Representation], row: Mapping[str, Any]) -> bool:
        """Of a row that was just written, or is to be; what is closed to its author was theirs."""
        kind, role = out.of, self.actor.role
        own = row.get("record_class") or kind.record_class
        whole, brief = self._reading(kind), POLICY.in_summary(role, kind.record)
        if own not in classes(brief) or own not in classes(whole):
            return own not in classes(brief)
        rows = table(kind)
        reached = told_whole(kind, rows, self.actor, self._when)
        found = self._execute(select(rows.c.id).where(rows.c.id == row["id"], reached))
        return found.first() is not None

    def _nest(self, out: type[Representation], rows: list[Row]) -> None:
        for name, (mark, child) in children(out).items():
            below = table(child.of)
            grants = in_sight(child, self.actor.role)
            statement = self._marked(child, visible(child.of, self.actor, grants, self._when))
            statement = statement.order_by(*(below.c[one] for one in child.order))
            self._gather(name, child.of, mark.column, statement, rows)
        for name, part in (out.parts if issubclass(out, Summary) else {}).items():
            below, grants = table(part.of), POLICY.parts(self.actor.role, part.of.record)
            statement = visible(part.of, self.actor, grants, self._when).where(part.where(below))
            self._gather(name, part.of, part.column, statement.order_by(below.c.id), rows)

    def _gather(self, name: str, kind: Any, column: str, statement: Any, rows: list[Row]) -> None:
        here = statement.where(table(kind).c[column].in_([row["id"] for row in rows]))
        found = self._rows(kind, here) if rows else []
        self._subjects |= {row[kind.file] for row in found}
        for row in rows:
            row[name] = [one for one in found if one[column] == row["id"]]

    def _plain(self, out: type[Representation], row: Row) -> Any:
        told = self._told(out, row)
        return self._left(out, row, told) if partly(self.actor.role) else told

    def _left(self, out: type[Representation], row: Row, told: Row) -> Row:
        """What the agreements with the caller name of it, and of the rows nested in it."""
        for name, (_, child) in children(out).items():
            below = zip(row[name], told[name], strict=True)
            told[name] = [self._left(self._schema(child, one), one, own) for one, own in below]
        return left_of(out, self.actor.role, row, told)

    def _told(self, out: type[Representation], row: Row) -> Row:
        readable = POLICY.in_columns(self.actor.role)
        if hidden := names_withheld(out.of, readable):
            row = {**row, **hidden}
        for name, (_, child) in children(out).items():
            row = {**row, name: [self._told(self._schema(child, one), one) for one in row[name]]}
        circumstances = {
            "at": self.at,
            "jurisdiction": self.actor.jurisdiction,
            "accepts": self._asked.accepts,
        }
        return out.model_validate(row, context=circumstances).model_dump()

    def _bytes(self, out: type[Representation], row: Row) -> bytes:
        return spelled(self._present(out, [row])[0])
