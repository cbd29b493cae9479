"""Puts on record what an operator's command reads past the unit of work, before it reads."""

from typing import Any

from sqlalchemy import insert

from app.core.db import table
from app.core.transactions import transaction
from app.core.values import new_id, now
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.calls import House, on_record
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.identity.caller import Caller


def attest(house: House, caller: Caller, action: str, command: str, **more: Any) -> None:
    """One event of reading; once this returns it is committed."""
    key, route = house.vault.vouching, f"command {command}"
    made = Circumstances(caller, action, route, new_id(), now(), key)
    with transaction(house.engine) as db:
        db.execute(insert(table(AuditEvent)), [made.event("read", **more)])
    on_record(house, made)
