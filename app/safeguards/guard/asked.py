"""What a request brings to its unit of work."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.statements import Cells
from app.core.values import moment


@dataclass
class Asked:
    """What the request brings besides its body."""

    file_id: UUID | None = None
    if_match: str | None = None
    must_match: bool = False  # PATCH
    writes: bool = False
    out: type[Any] | None = None  # the schema that the route answers with
    token: bytes = b""  # its digest
    proven: bool = True  # whether the token was looked at; else the wall does it, too
    seen: Cells | None = None  # what the wall showed last; the first write looks whether it does
    as_of: datetime | None = None  # rows are told as they were then
    rights_as_of: bool = False  # and who could have read them then
    accepts: str | None = None  # languages, as Accept-Language has them


def of_the_past(as_of: datetime | None, rights_as_of: bool) -> dict[str, Any]:
    """What an event says of who asked it, whether they were answered or refused."""
    moments = {"as_of": moment(as_of)} if as_of is not None else {}
    return {**moments, **({"rights_as_of": True} if rights_as_of else {})}
