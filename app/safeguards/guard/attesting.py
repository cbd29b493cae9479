"""Puts on record what an operator's command does past the unit of work, before it does it."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert

from app.core.db import table
from app.core.transactions import transaction
from app.core.values import new_id, now
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.calls import House, on_record
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.identity.caller import Caller

COMMANDS = ("key.add", "key.rotate", "key.drop")  # what is told of and no policy has to allow


def attest(
    house: House, caller: Caller, action: str, command: str, outcome: str = "read", **more: Any
) -> UUID:
    """One event, and its id; once this returns it is committed."""
    key, route = house.vault.vouching, f"command {command}"
    made = Circumstances(caller, action, route, new_id(), now(), key)
    event = made.event(outcome, **more)
    with transaction(house.engine) as db:
        db.execute(insert(table(AuditEvent)), [event])
    on_record(house, made)
    event_id: UUID = event["id"]
    return event_id
