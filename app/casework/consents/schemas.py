from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field, ValidationInfo, model_validator

from app.casework.consents.models import Consent
from app.registry.cases.track_schemas import Text
from app.safeguards.guard.shown import Day, In, Out, words

Basis = Literal["consent", "legal_obligation", "vital_interest", "public_task", "court_order"]
Scope = Literal[
    "sharing",
    "disclosure",
    "assessment",
    "treatment",
    "education",
    "livelihood",
    "media",
    "research",
]
Giver = Literal["self", "parent", "guardian", "court", "none"]
Assent = Literal["given", "refused", "not_asked"]
Name = Annotated[str, words(2, 200)]


class ConsentIn(In):
    """`giver` is `none` where the basis is not consent; then `text` names the norm."""

    id: UUID | None = None
    basis: Basis = "consent"
    scope: Scope
    agreement_id: UUID | None = None
    status: Literal["given", "refused"] = "given"
    giver: Giver
    giver_name: Name | None = None
    assent: Assent | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None
    interpreter: Name | None = None
    form: Literal["written", "oral", "sign"] = "written"
    text: Text
    given_on: Day | None = None
    expires_on: Day | None = None


class WithdrawalIn(In):
    by: Literal["self", "parent", "guardian", "court", "programme"]
    reason: Text


class ConsentOut(Out):
    """`expired` from the day of `expires_on` on."""

    of: ClassVar = Consent

    case_id: UUID
    basis: Basis
    scope: Scope
    agreement_id: UUID | None
    status: Literal["given", "refused", "withdrawn", "expired"]
    giver: Giver
    giver_name: str | None
    assent: Assent | None
    language: str | None
    interpreter: str | None
    form: str
    text: str
    given_on: date
    expires_on: date | None
    recorded_by: UUID
    withdrawn_on: date | None
    withdrawn_by: str | None
    withdrawal: str | None

    @model_validator(mode="before")
    @classmethod
    def as_of_today(cls, row: Mapping[str, Any], info: ValidationInfo) -> Mapping[str, Any]:
        """On the day of the answer."""
        until, today = row["expires_on"], (info.context or {})["at"].date()
        over = row["status"] == "given" and until is not None and until <= today
        return {**row, "status": "expired"} if over else row
