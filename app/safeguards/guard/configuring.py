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

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, insert

from app.core.db import table
from app.core.installation import Fact, fact, move
from app.core.many import insert_all
from app.core.settings import Settings
from app.core.transactions import transaction
from app.core.values import canonical, new_id, now
from app.core.version import VERSION
from app.safeguards.audit.models import AuditEvent
from app.safeguards.audit.sink import UnsafeSink, real_place
from app.safeguards.guard.calls import House, on_record
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.vault.keys import Vault

CONFIGURE = "configuration.start"
KNOWN = "configuration"  # the fact of the installation
OF_ONE_PROCESS = {"host", "port"}  # of several, each has its own
SCHEMA = "schema"  # beside the settings: the shape of the database
SINK = "sink"  # the setting by which commands are held to the second record of the service


class OtherRecord(UnsafeSink):
    """A command would leave out the second record that the service keeps."""


def note_configuration(house: House, files: Mapping[str, str]) -> list[str]:
    """The names that differ from the last start, all of them at first; with the event of this one.

    `files`: digests of what else the application was given to judge by.
    """
    key = house.vault.vouching
    made = Circumstances(None, CONFIGURE, "command run", new_id(), now(), key)
    with transaction(house.engine) as db:
        marks = marks_of(house, {**files, SCHEMA: shape(db)})
        insert_all(db, table(Fact), [{"name": KNOWN, "value": "{}"}], "left")
        known = fact(db, KNOWN, held=True)  # who starts at the same time comes after
        assert known is not None, "it has just been put there"
        before = json.loads(known)
        changed = sorted(n for n in {*marks, *before} if marks.get(n) != before.get(n))
        if changed:
            move(db, KNOWN, known, canonical(marks).decode())
        detail = {"changed": changed, "version": VERSION, "marks": mark(key, "all", marks)}
        db.execute(insert(table(AuditEvent)), [made.event("configured", detail=detail)])
    on_record(house, made)
    return changed


def record_begun(engine: Engine, vault: Vault, settings: Settings) -> bool:
    """Whether a service has started with this second record; of none no service has started yet.

    Raises OtherRecord where the one that started last keeps another one, or keeps one at all.
    """
    with transaction(engine) as db:
        known = json.loads(fact(db, KNOWN) or "{}").get(SINK)
    if known not in (None, mark(vault.vouching, SINK, real_place(settings.sink))):
        raise OtherRecord("CASEWORK_SINK: not that of the service, which started with another one")
    return known is not None


def shape(db: Connection) -> list[str]:
    """The migrations by which the database has its shape."""
    return sorted(MigrationContext.configure(db).get_current_heads())


def marks_of(house: House, files: Mapping[str, object]) -> dict[str, str]:
    said = house.settings.model_dump(mode="json", exclude=OF_ONE_PROCESS)
    told = {**said, SINK: real_place(house.settings.sink), **files, "version": VERSION}
    return {name: mark(house.vault.vouching, name, one) for name, one in told.items()}


def mark(key: bytes, name: str, said: object) -> str:
    return hmac.digest(key, canonical([name, said]), sha256).hex()[:16]
