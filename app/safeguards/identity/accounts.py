"""What is on record of an account that somebody would sign in to."""

import re
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from app.core.db import table
from app.safeguards.identity.caller import staff
from app.safeguards.identity.models import Credential, Session

USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,62}")


def credential(db: Connection, username: str) -> Any:
    """Of who is agreed and not disabled, and nobody else."""
    users, _ = staff()
    kept = table(Credential)
    if not USERNAME.fullmatch(username):
        return None  # nobody's, and not every database takes every character
    return db.execute(
        select(kept, users.c.kind, users.c.created_at.label("hired_at"), users.c.unlocked_at)
        .join(users, users.c.id == kept.c.user_id)
        .where(
            users.c.username == username,
            users.c.disabled_at.is_(None),
            users.c.pending.is_(False),
        )
    ).one_or_none()


def dormant(db: Connection, user: Any, at: datetime, days: int) -> bool:
    """Whether nobody has signed in for so long; a session lasts a day at most."""
    kept = table(Session)
    last = db.execute(
        select(func.max(kept.c.created_at)).where(kept.c.user_id == user.user_id)
    ).scalar_one()
    used = max(one for one in (user.hired_at, user.unlocked_at, last) if one is not None)
    return bool(at - used >= timedelta(days=days))
