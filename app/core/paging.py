"""Keyset pages: a cursor says where the last page ended, and nobody else can make one."""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends, Query

from app.core.errors import FieldFault, Invalid
from app.core.values import plain

MOST = 200
CURSOR = r"^[A-Za-z0-9_-]{20,2000}$"


@dataclass(frozen=True)
class Paging:
    """How much of a list, and after which place."""

    limit: int = 50
    cursor: str | None = None
    count: bool = False


def paging(
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    cursor: Annotated[str | None, Query(pattern=CURSOR)] = None,
    count: Annotated[bool, Query(description="also count, up to a cap")] = False,
) -> Paging:
    return Paging(limit, cursor, count)


Paged = Annotated[Paging, Depends(paging)]


def scope(*of: object, chosen: Mapping[str, Any]) -> str:
    """What ties a cursor to one list, one caller and what was chosen of it."""
    said = json.dumps(chosen, default=plain, sort_keys=True)
    return "|".join([*map(str, of), said])


def seal(key: bytes, scope: str, place: Sequence[Any]) -> str:
    body = json.dumps(list(place), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(mac(key, scope, body) + body).rstrip(b"=").decode()


def unseal(key: bytes, scope: str, cursor: str) -> list[Any]:
    """The place that `seal` was given; Invalid for a cursor of another list, or of nobody's."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        found, body = raw[:16], raw[16:]
        if hmac.compare_digest(found, mac(key, scope, body)):
            place: list[Any] = json.loads(body)
            return place
    except ValueError:
        pass
    fault = FieldFault("query.cursor", "cursor", "not a cursor of this list")
    raise Invalid(fault.detail, errors=[fault])


def mac(key: bytes, scope: str, body: bytes) -> bytes:
    return hmac.digest(key, scope.encode() + b"\0" + body, sha256)[:16]
