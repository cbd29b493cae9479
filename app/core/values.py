"""The clock, new identifiers, and the one spelling of values that hashes and JSON share."""

import os
import time
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID, SafeUUID

import orjson


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then chance; sorts by age.

    Within the millisecond, too: 12 bits say how far it has come (§6.2, method 3).
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    when = milliseconds << 16 | 7 << 12 | (rest << 12) // 1_000_000
    chance = int.from_bytes(os.urandom(8)) & ~(3 << 62)
    return uuid_of(when << 64 | 2 << 62 | chance)


def uuid_of(number: int) -> UUID:
    """As UUID(int=number), of 128 bits by construction, in a third of the time."""
    made = object.__new__(UUID)
    set_int(made, number)
    set_safe(made, UNKNOWN)
    return made


# Past its refusal to be changed, and past all that looks at what it is made of.
slots: Any = vars(UUID)
set_int, set_safe, UNKNOWN = slots["int"].__set__, slots["is_safe"].__set__, SafeUUID.unknown


@lru_cache(maxsize=256)  # one unit of work spells its own moment many times
def moment(value: datetime) -> str:
    """RFC 3339 in UTC with six decimals, so that text order is time order."""
    if value.tzinfo is None:
        raise ValueError("a moment without a time zone")
    text = value.astimezone(UTC).isoformat(timespec="microseconds")
    return text[:-6] + "Z"  # instead of +00:00; several times as fast as strftime


def plain(value: Any) -> Any:
    """What JSON shows for a value of a column."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value


def spelled(value: Any) -> bytes:
    """JSON as answers have it, names in the order given."""
    return orjson.dumps(value, default=plain, option=orjson.OPT_PASSTHROUGH_DATETIME)


SPELLING = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME  # datetimes as `moment` has it


def canonical(value: Any) -> bytes:
    """One text for one value: sorted keys, no spaces, no escapes beyond what JSON demands."""
    return orjson.dumps(value, default=plain, option=SPELLING)
