"""Rows as an answer shows them: children nested, columns withheld, in the declared schema."""

from typing import Any

from app.core.db import table
from app.core.values import spelled
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.columns import names_withheld
from app.safeguards.guard.ground import Ground
from app.safeguards.guard.protected import (
    visible,
)
from app.safeguards.guard.shown import Out, children


class Presenting(Ground):
    """Turns rows into the bytes of a schema."""

    def _nest(self, out: type[Out], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for name, (mark, child) in children(out).items():
            kind = child.of
            below, parents = table(kind), [row["id"] for row in rows]
            statement = (
                visible(kind, self.actor, self._reading(kind), self._when)
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
        if hidden := names_withheld(out.of, readable):
            row = {**row, **hidden}
        for name, (_, child) in children(out).items():
            row = {**row, name: [self._plain(child, one) for one in row.get(name, ())]}
        circumstances = {"at": self.at, "jurisdiction": self.actor.jurisdiction}
        return out.model_validate(row, context=circumstances).model_dump()

    def _bytes(self, out: type[Out], row: dict[str, Any]) -> bytes:
        (nested,) = self._nest(out, [row])
        return spelled(self._plain(out, nested))
