"""Filters of the trail as types: a code that no policy knows is a mistake, not an empty list."""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from app.safeguards.access.policy import POLICY
from app.safeguards.guard.signing_in import ROUTES

DAY = r"(?:19|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}"  # far enough from both ends of the calendar
CLOCK = r"T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
WRITTEN = re.compile(f"{DAY}(?:{CLOCK})?")

if TYPE_CHECKING:
    KnownRecord = str
    KnownClass = str
    KnownAction = str
    KnownDeed = str
else:
    KnownRecord = Literal[tuple(POLICY.records)]
    KnownClass = Literal[tuple(POLICY.classes)]
    KnownAction = Literal[tuple(POLICY.verbs)]
    KnownDeed = Literal[(*POLICY.verbs, "self", *ROUTES)]  # of the trail, which has sign-ins, too


def moment(value: object) -> object:
    """A day stands for its beginning in UTC; a time of day without a zone stands for nothing."""
    if isinstance(value, str) and WRITTEN.fullmatch(value):
        try:
            found = datetime.fromisoformat(value)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except ValueError:
            pass
    raise PydanticCustomError("moment-parsing", "is neither a day nor a moment with its zone")


Moment = Annotated[
    datetime,
    BeforeValidator(moment),
    Field(description="a day (its beginning in UTC), or a moment with its zone"),
]
