from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from app.registry.cases.track_schemas import Text
from app.registry.certificates.models import Certificate
from app.safeguards.guard.shown import Day, In, Out, words

Code = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_]{1,40}$", description="of a tool or instrument: `vera2r`"),
]


class CertificateIn(In):
    """`expires_on` is the last day that it covers."""

    id: UUID | None = None
    code: Code
    number: Annotated[str, words(1, 200)]
    issued_on: Day
    expires_on: Day


class CertificateWithdrawalIn(In):
    """`withdrawn_on`: the first day that it does not cover any more; today, if left out."""

    withdrawn_on: Day | None = None
    reason: Text


class CertificateOut(Out):
    of: ClassVar = Certificate

    user_id: UUID
    code: str
    number: str
    issued_on: date
    expires_on: date
    recorded_by: UUID
    withdrawn_on: date | None
    withdrawn_by: UUID | None
    withdrawal: str | None
