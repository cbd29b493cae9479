"""Slows guessing without letting a stranger lock a duty officer out.

Failures count for a name *at an address*: whoever guesses closes that door for himself alone.
Guessing from many addresses closes it to addresses the user never came from; those known to have
succeeded stay open.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, insert, select

from app.core.db import table
from app.core.errors import TooMany
from app.core.values import new_id
from app.safeguards.identity.models import SignInAttempt

WINDOW = timedelta(minutes=15)
AT_ADDRESS = 10  # failures for one name at one address
EVERYWHERE = 50  # failures for one name at all addresses
KNOWN_FOR = timedelta(days=90)


def admit(db: Connection, name: bytes, address: bytes, at: datetime) -> None:
    """TooMany where this name, hashed as the address is, was guessed at too often of late."""
    tried = table(SignInAttempt).c
    failed = and_(tried.name == name, tried.created_at > at - WINDOW, tried.succeeded.is_(False))
    here = db.execute(select(func.count()).where(failed, tried.address == address)).scalar_one()
    refusal = TooMany("wait before the next try", headers={"Retry-After": "900"})
    if here >= AT_ADDRESS:
        raise refusal
    if db.execute(select(func.count()).where(failed)).scalar_one() < EVERYWHERE:
        return
    known = and_(
        tried.name == name,
        tried.address == address,
        tried.succeeded.is_(True),
        tried.created_at > at - KNOWN_FOR,
    )
    if not db.execute(select(func.count()).where(known)).scalar_one():
        raise refusal


def note(db: Connection, name: bytes, address: bytes, at: datetime, succeeded: bool) -> None:
    """How one try ended; `admit` counts it from now on."""
    row = {"id": new_id(), "created_at": at, "name": name, "address": address}
    db.execute(insert(table(SignInAttempt)).values(**row, succeeded=succeeded))
