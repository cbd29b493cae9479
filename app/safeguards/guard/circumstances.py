"""What every event of one request or command has in common, and the event itself."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.values import new_id
from app.safeguards.access.offices import why
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.vouching import word
from app.safeguards.identity.caller import Caller


@dataclass
class Circumstances:
    """What every event of one unit of work has in common."""

    caller: Caller | None
    action: str
    route: str
    request_id: UUID
    at: datetime
    vouching: bytes = b""  # the key of our word for events; without it nobody's word is given
    summary: bool = False  # whether S opens the action, too
    grants: list[dict[str, Any]] = field(default_factory=list)  # held by name, see `granted`
    made: list[dict[str, Any]] = field(default_factory=list)  # all events, for their second record

    def event(self, outcome: str, **more: Any) -> dict[str, Any]:
        """A row of audit_events: names and identifiers, never values."""
        role = self.caller.role if self.caller else None
        event = {
            "id": new_id(),
            "created_at": self.at,
            "actor_id": self.caller and self.caller.id,
            "role": role,
            "session_id": self.caller and self.caller.session_id,
            "action": self.action,
            "route": self.route,
            "outcome": outcome,
            "request_id": self.request_id,
            "policy": POLICY.digest[:16],
            **why(role, self.action, self.summary),
            **dict.fromkeys(("code", "file_id", "asked_id", "record_class", "record", "record_id")),
            **dict.fromkeys(("record_version", "chain", "seq", "hash")),
            "detail": {},
            **more,
        }
        if self.grants:
            event["detail"] = {**event["detail"], "grants": self.grants}
        if outcome == "refused":
            event["relation"] = None
        event["mac"] = word(self.vouching, event) if self.vouching else None
        self.made.append(event)
        return event
