"""What is on record of an account that somebody would sign in to."""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, update

from app.core.db import table
from app.core.errors import Conflict
from app.safeguards.identity.admitting import word_for_credential
from app.safeguards.identity.caller import staff
from app.safeguards.identity.models import Credential, Session

ALTERED = "altered"  # past the application
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}")


def credential(db: Connection, username: str, locked: bool = False) -> Any:
    """Of who is agreed and not disabled, and nobody else.

    `locked`: nobody changes it until the transaction ends.
    """
    users, _ = staff()
    kept = table(Credential)
    if not USERNAME.fullmatch(username):
        return None  # nobody's, and not every database takes every character
    found = (
        select(kept, users.c.kind, users.c.created_at.label("hired_at"), users.c.unlocked_at)
        .join(users, users.c.id == kept.c.user_id)
        .where(
            users.c.username == username,
            users.c.disabled_at.is_(None),
            users.c.pending.is_(False),
        )
    )
    return db.execute(found.with_for_update(of=kept) if locked else found).one_or_none()


def first(db: Connection, key: bytes, user_id: UUID, password_hash: str) -> None:
    """What a new account is entered with. `key`: of the application's word."""
    row = {"user_id": user_id, "password_hash": password_hash}
    word = word_for_credential(key, {**row, "one_time_until": None, "otp_secret": None})
    db.execute(insert(table(Credential)).values(**row, mac=word))


def changed(db: Connection, key: bytes, user_id: UUID, **values: Any) -> None:
    """Raises Conflict where somebody else has changed it: our word is not given for that."""
    kept = table(Credential)
    mine = kept.c.user_id == user_id
    row = db.execute(select(kept).where(mine).with_for_update()).one()._asdict()
    if not is_ours(key, row):
        raise Conflict("this account was altered; disable it, and make another", code=ALTERED)
    word = word_for_credential(key, {**row, **values})
    db.execute(update(kept).where(mine).values(**values, mac=word))


def is_ours(key: bytes, row: Mapping[str, Any]) -> bool:
    return hmac.compare_digest(word_for_credential(key, row), row["mac"])


def dormant(db: Connection, user: Any, at: datetime, days: int) -> bool:
    """Whether nobody has signed in for so long; a session lasts a day at most."""
    kept = table(Session)
    last = db.execute(
        select(func.max(kept.c.created_at)).where(kept.c.user_id == user.user_id)
    ).scalar_one()
    used = max(one for one in (user.hired_at, user.unlocked_at, last) if one is not None)
    return bool(at - used >= timedelta(days=days))
