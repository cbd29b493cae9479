"""The vault of a database: which master key wraps now, and the one secret that outlasts them."""

import os

from sqlalchemy import Connection, select

from app.core.db import table
from app.core.installation import MASTER_KEY, ROOT, Fact, fact, state
from app.core.key_file import UnsafeKey
from app.core.settings import Settings
from app.safeguards.vault.keys import Vault, vault_of
from app.safeguards.vault.ledger import Ledger
from app.safeguards.vault.master import KeyCommand, KeyFile, Ring, Source
from app.safeguards.vault.sealing import Unopened

PLACE = f"installation|{ROOT}|value"
FACTS = table(Fact)


def source_of(settings: Settings) -> Source:
    if settings.master_key_command is not None:
        return KeyCommand(settings.master_key_words, settings.master_key_seconds)
    return KeyFile(settings.master_key_path)


def open_vault(db: Connection, source: Source, ledger: Ledger) -> Vault:
    """Of this database, which gets its secret when it is opened first.

    Raises UnsafeKey where a master key is missing with which something in it is wrapped.
    """
    told = fact(db, MASTER_KEY)
    ring = Ring(source, lost=told is not None)
    if told is None:
        state(db, MASTER_KEY, ring.newest)
        secret = os.urandom(32)
        state(db, ROOT, ring.wrap(ring.newest, secret, PLACE).hex())
        return vault_of(ring, secret, ledger)
    if missing := [one for one in told.split() if one not in ring.keys]:
        raise UnsafeKey(
            f"{source}: not the key that this database was written with; {missing[0]} is missing"
        )
    return vault_of(ring, open_root(db, ring), ledger)


def open_root(db: Connection, ring: Ring) -> bytes:
    """32 bytes. Raises UnsafeKey where they do not open."""
    try:
        return ring.unwrap(bytes.fromhex(fact(db, ROOT) or ""), PLACE)
    except (Unopened, ValueError):
        raise UnsafeKey(f"{ring.source} does not open the secret of this database") from None


def wraps_now(db: Connection) -> str:
    """The id of the master key that wraps, until the end of this transaction: a rotation waits."""
    found = select(FACTS.c.value).where(FACTS.c.name == MASTER_KEY).with_for_update(read=True)
    told: str = db.execute(found).scalar_one()
    return told.split()[0]
