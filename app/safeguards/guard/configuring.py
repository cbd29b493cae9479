"""What the installation is set to, on record whenever it starts otherwise than the last time.

The event names the settings and files that differ. What they say is kept as keyed hashes alone, so
that no secret is guessed from the database. Who edits the database can put an older fact back and
so keep a change untold: the log proves what was told, not that all was.
"""

import hmac
import json
from collections.abc import Mapping
from hashlib import sha256

from sqlalchemy import insert

from app.core.db import table
from app.core.installation import Fact, fact, move
from app.core.many import insert_all
from app.core.transactions import transaction
from app.core.values import canonical, new_id, now
from app.core.version import VERSION
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.calls import House, on_record
from app.safeguards.guard.circumstances import Circumstances

CONFIGURE = "configuration.change"
KNOWN = "configuration"  # the fact of the installation
OF_ONE_PROCESS = {"host", "port"}  # of several, each has its own


def note_configuration(house: House, files: Mapping[str, str]) -> list[str]:
    """The names that differ from the last time, all of them at first; with an event if any do.

    `files`: digests of what else the application was given to judge by.
    """
    said = house.settings.model_dump(mode="json", exclude=OF_ONE_PROCESS)
    told, key = {**said, **files, "version": VERSION}, house.vault.vouching
    marks = {n: hmac.digest(key, canonical([n, one]), sha256).hex()[:16] for n, one in told.items()}
    made = Circumstances(None, CONFIGURE, "command run", new_id(), now(), key)
    with transaction(house.engine) as db:
        insert_all(db, table(Fact), [{"name": KNOWN, "value": "{}"}], "left")
        known = fact(db, KNOWN)
        assert known is not None, "it has just been put there"
        before = json.loads(known)
        changed = sorted(n for n in {*marks, *before} if marks.get(n) != before.get(n))
        # Of several that start at once, one tells.
        if not changed or not move(db, KNOWN, known, canonical(marks).decode()):
            return []
        detail = {"changed": changed, "version": VERSION}
        db.execute(insert(table(AuditEvent)), [made.event("configured", detail=detail)])
    on_record(house, made)
    return changed
