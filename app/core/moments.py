"""Moments as queries say them: a day, or a time of day with its zone."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from app.core.values import now

DAY = r"(?:19|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}"  # far enough from both ends of the calendar
CLOCK = r"T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
WRITTEN = re.compile(f"{DAY}(?:{CLOCK})?")


def moment(value: object) -> object:
    """A day stands for its beginning in UTC; a time of day without a zone stands for nothing."""
    if isinstance(value, str) and WRITTEN.fullmatch(value):
        try:
            found = datetime.fromisoformat(value)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except ValueError:
            pass
    raise PydanticCustomError("moment-parsing", "is neither a day nor a moment with its zone")


def not_ahead(value: datetime) -> datetime:
    if value > now():
        raise PydanticCustomError("future", "lies in the future")
    return value


TEXT = "a day (its beginning in UTC), or a moment with its zone"
Moment = Annotated[datetime, BeforeValidator(moment), Field(description=TEXT)]
Past = Annotated[
    datetime,
    BeforeValidator(moment),
    AfterValidator(not_ahead),
    Field(description=f"{TEXT}: tells what was on record then, by the rights of today"),
]
