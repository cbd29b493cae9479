"""Pure: what an event says of the values of a version, so that each can be shown by itself.

The commitment is SHA-256 over 0x02 and a hash for each field, in the order of their names: SHA-256
over 0x00, 16 bytes of salt and the canonical JSON of {name: value}. The salts come from the key of
the file, so that nobody can guess a small value, and that erasure of the key ends it. Whoever is
shown one field, its salt and the other hashes can check it, and learns no other value.
"""

from collections.abc import Mapping
from hashlib import sha256, shake_256
from typing import Any, NamedTuple
from uuid import UUID

from app.core.values import canonical

SALT = 16  # bytes


class Taken(NamedTuple):
    snapshot: bytes  # canonical JSON of the whole version
    commitment: str  # hexadecimal


class Opening(NamedTuple):
    """One field of a version, with what is needed to find it in the commitment."""

    place: int  # of its hash, from 0
    salt: bytes
    hashes: list[bytes]  # of all fields, in the order of their names


def taken(key: bytes, record_id: UUID, version: int, record: Mapping[str, Any]) -> Taken:
    """Of the version of a record; `key`, of its file, has 32 bytes."""
    fields = spelled(record)
    told = b"".join(hashes(salts(key, record_id, version, len(fields)), fields))
    whole = b"{" + b",".join([one[1:-1] for one in fields]) + b"}"
    return Taken(whole, sha256(b"\2" + told).hexdigest())


def opening(
    key: bytes, record_id: UUID, version: int, record: Mapping[str, Any], name: str
) -> Opening:
    """What shows one field of it, and nothing else. Raises KeyError if it has no such field."""
    fields, place = spelled(record), sorted(record).index(name) if name in record else -1
    if place < 0:
        raise KeyError(name)
    each = salts(key, record_id, version, len(fields))
    return Opening(place, each[place], hashes(each, fields))


def spelled(record: Mapping[str, Any]) -> list[bytes]:
    """The canonical JSON of each field, as an object of its own; names are those of columns."""
    return [b'{"%b":%b}' % (name.encode(), canonical(record[name])) for name in sorted(record)]


def salts(key: bytes, record_id: UUID, version: int, count: int) -> list[bytes]:
    """So many, of which none tells another."""
    many = shake_256(key + f"fields|{record_id}|{version}".encode()).digest(SALT * count)
    return [many[at : at + SALT] for at in range(0, len(many), SALT)]


def hashes(each: list[bytes], fields: list[bytes]) -> list[bytes]:
    pairs = zip(each, fields, strict=True)
    return [sha256(b"\0%b%b" % pair).digest() for pair in pairs]
