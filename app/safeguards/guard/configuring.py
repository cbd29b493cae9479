"""What the installation is set to, on record at each start.

The event names the settings and files that differ from the last start, as far as a fact in the
database tells, and has one keyed hash of them all. Who edits the database can put an older fact
back; then two starts that follow each other in the log have different hashes, and the later one
names nothing. Of each setting a keyed hash alone is kept, so that no secret is guessed from it.
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
from app.safeguards.audit.sink import UnsafeSink
from app.safeguards.guard.calls import House, on_record
from app.safeguards.guard.circumstances import Circumstances

CONFIGURE = "configuration.start"
KNOWN = "configuration"  # the fact of the installation
OF_ONE_PROCESS = {"host", "port"}  # of several, each has its own


class OtherRecord(UnsafeSink):
    """A command would leave out the second record that the service keeps."""


def note_configuration(house: House, files: Mapping[str, str]) -> list[str]:
    """The names that differ from the last start, all of them at first; with the event of this one.

    `files`: digests of what else the application was given to judge by.
    """
    marks, key = marks_of(house, files), house.vault.vouching
    made = Circumstances(None, CONFIGURE, "command run", new_id(), now(), key)
    with transaction(house.engine) as db:
        insert_all(db, table(Fact), [{"name": KNOWN, "value": "{}"}], "left")
        known = fact(db, KNOWN)
        assert known is not None, "it has just been put there"
        before = json.loads(known)
        changed = sorted(n for n in {*marks, *before} if marks.get(n) != before.get(n))
        if changed:  # of several that start at once, one moves it
            move(db, KNOWN, known, canonical(marks).decode())
        detail = {"changed": changed, "version": VERSION, "marks": mark(key, "all", marks)}
        db.execute(insert(table(AuditEvent)), [made.event("configured", detail=detail)])
    on_record(house, made)
    return changed


def require_the_record(house: House) -> None:
    """Raise OtherRecord where the service last started with another second record, or with one."""
    said = house.settings.sink
    with transaction(house.engine) as db:
        known = json.loads(fact(db, KNOWN) or "{}").get("sink")
    if known not in (None, mark(house.vault.vouching, "sink", said)):
        raise OtherRecord("CASEWORK_SINK: not that of the service, which started with another one")


def marks_of(house: House, files: Mapping[str, str]) -> dict[str, str]:
    said = house.settings.model_dump(mode="json", exclude=OF_ONE_PROCESS)
    told = {**said, **files, "version": VERSION}
    return {name: mark(house.vault.vouching, name, one) for name, one in told.items()}


def mark(key: bytes, name: str, said: object) -> str:
    return hmac.digest(key, canonical([name, said]), sha256).hex()[:16]
