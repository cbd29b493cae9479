"""What the installation is set to, on record whenever it starts otherwise than the last time.

The event names the settings and files that differ. What they say is kept as keyed hashes alone, so
that no secret is guessed from the database, and nobody who restores an old one hides a change.
"""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256

from sqlalchemy import insert, update

from app.core.db import table
from app.core.installation import Fact, fact, state
from app.core.transactions import transaction
from app.core.values import canonical, new_id, now
from app.core.version import VERSION
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.calls import House, on_record
from app.safeguards.guard.circumstances import Circumstances

CONFIGURE = "configuration.change"
KNOWN = "configuration"  # the fact of the installation


def note_configuration(house: House, files: Mapping[str, str]) -> list[str]:
    """The names that differ from the last time, all of them at first; with an event if any do.

    `files`: digests of what else the application was given to judge by.
    """
    told = {**house.settings.model_dump(mode="json"), **files, "version": VERSION}
    key = house.vault.vouching
    marks = {n: hmac.digest(key, canonical([n, one]), sha256).hex()[:16] for n, one in told.items()}
    made = Circumstances(None, CONFIGURE, "command run", new_id(), now(), key)
    facts = table(Fact)
    with transaction(house.engine) as db:
        known = fact(db, KNOWN)
        before = json.loads(known) if known else {}
        changed = sorted(n for n in {*marks, *before} if marks.get(n) != before.get(n))
        if not changed:
            return []
        detail = {"changed": changed, "version": VERSION}
        db.execute(insert(table(AuditEvent)), [made.event("configured", detail=detail)])
        value = canonical(marks).decode()
        if known is None:
            state(db, KNOWN, value)
        else:
            db.execute(update(facts).where(facts.c.name == KNOWN).values(value=value))
    on_record(house, made)
    return changed
