"""An answer that is given again, to who repeats a request: only while all of it is in reach."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.db import table
from app.core.errors import NotFound
from app.safeguards.access.policy import POLICY, either
from app.safeguards.guard.presenting import Presenting
from app.safeguards.guard.protected import Protected
from app.safeguards.guard.shown import Representation, Summary, children, shown_in

WHOLLY = "version"  # no summary has one, so what has one was told whole


class Replaying(Presenting):
    def _again(self, kind: type[Protected] | None, body: bytes) -> None:
        """Before an answer is given again: its records must be within reach still, or 404.

        By what the caller may read of them, or by the action itself: who may say, and read in no
        form, is told what they said. The wall lets in by any class: that it did is not enough.
        """
        if kind is None:
            return
        role, action = self.actor.role, self._mark.action
        sight, whole = POLICY.in_sight(role, kind.record), self._reading(kind)
        said = POLICY.unread(role, action) if action.startswith(f"{kind.record}.") else {}
        told = json.loads(body)
        for one in [told] if "id" in told else told["items"]:
            seen = either(whole if WHOLLY in one else sight, said)
            row = self._one(kind, UUID(one["id"]), seen)
            self._again_within(shown_in(self._asked.out), one)
            version = row["version"] if WHOLLY in one else None
            self._note(kind, [row], record_id=row["id"], version=version)

    def _again_within(self, out: Any, told: Mapping[str, Any]) -> None:
        """What was told within a record is still in sight as it was told, or nothing is again."""
        if not (isinstance(out, type) and issubclass(out, Representation)):
            return
        for name, (_, child) in children(out).items():
            below = {UUID(one["id"]): one for one in told.get(name, ())}
            rows = table(child.of)
            seen = self._visible(child.of, anywhere=True, out=child).where(rows.c.id.in_(below))
            found = self._rows(child.of, seen)
            for row in found:
                brief = issubclass(self._schema(child, row), Summary)
                if brief and WHOLLY in below[row["id"]]:
                    raise NotFound()
            if len(found) < len(below):
                raise NotFound()
