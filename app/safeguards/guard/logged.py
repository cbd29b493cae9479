"""The verbs that read the signed log: what was signed last, and that an event is in it."""

import json
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select

from app.core.db import table
from app.core.errors import Conflict, NotFound
from app.core.values import moment
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.chain import LOGGED, entry
from app.safeguards.audit.forms import written_bytes
from app.safeguards.audit.log_keys import published_keys
from app.safeguards.audit.merkle import EMPTY
from app.safeguards.audit.models import AuditEvent
from app.safeguards.audit.notes import read_note
from app.safeguards.audit.proofs import Proof
from app.safeguards.audit.stored_log import head_of, index_of, reader
from app.safeguards.audit.tiles import inclusion
from app.safeguards.guard.shown import Shown
from app.safeguards.guard.trail import Trail

B = TypeVar("B", bound=BaseModel)


class Logged(Trail):
    def checkpoint(self, out: type[B]) -> Shown[B]:
        """Name, size and root of the log as it was signed last, with the note itself."""
        head, keys = head_of(self._db), published_keys(self._db)
        self._shown |= {"record": "log", "count": head.size if head else 0}
        told: dict[str, Any] = {"size": 0, "root": written_bytes(EMPTY), "keys": keys}
        if head and head.signed_at:
            told |= {"size": head.size, "root": written_bytes(head.root), "note": head.note}
            told["witnessed"] = head.witnessed
            told["signed_at"] = moment(head.signed_at)
            told["origin"] = head.note.partition("\n")[0]
        return Shown(out.model_validate(told).model_dump_json().encode())

    def proof(self, out: type[B], event_id: UUID) -> Shown[B]:
        """That one event, of those that the caller may read whole, is in the log, and what it says.

        Raises NotFound, or Conflict while it is on its way into the log.
        """
        events = table(AuditEvent)
        columns = [events.c[name] for name in LOGGED]
        whole = POLICY.grants(self.actor.role, "event.read")
        this = select(*columns).where(events.c.id == event_id, self._events_within(whole))
        found = self._execute(this).first()
        if found is None:
            raise NotFound()
        self._shown |= {"record": "event", "record_id": event_id, "count": 1}
        index, head = index_of(self._db, event_id), head_of(self._db)
        if index is None or head is None:
            headers = {"Retry-After": "1"}
            raise Conflict("the log does not have it yet", code="not-logged-yet", headers=headers)
        size, signed = head.given_away()
        if index >= size:
            size, signed = head.size, head.note
        hashes, note = inclusion(reader(self._db), index, size), read_note(signed.encode())
        told = {
            "event_id": event_id,
            "index": index,
            "size": size,
            "entry": json.loads(entry(dict(found._mapping))),
            "proof": Proof(index, tuple(hashes), note).written().decode(),
        }
        return Shown(out.model_validate(told).model_dump_json().encode())
