from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    model_validator,
)

from app.casework.judgements.models import Judgement
from app.casework.judgements.rules import holds, tier
from app.registry.cases.track_schemas import Text
from app.registry.certificates.schemas import Code
from app.safeguards.guard.shown import SPOKEN, Day, In, Out, Summary, words

Words = Annotated[str, words(3, 10_000), SPOKEN]
Line = Annotated[str, words(2, 200), SPOKEN]
Rating = Literal["present", "absent", "unknown", "not_rated"]
Quality = Literal["good", "limited", "poor"]
Overall = Literal["low", "moderate", "high", "not_determinable"]
Tier = Literal["low", "moderate", "high", "unknown"]
Status = Literal["draft", "submitted", "dissented", "read", "superseded", "void"]
Opinion = Literal["agrees", "dissents"]
Lines = Annotated[list[Words], Field(max_length=50)]


class EvidenceIn(In):
    """What speaks for an indicator, and what against; `2.4` is the fourth of the second domain."""

    indicator: Annotated[str, Field(pattern=r"^[1-9][0-9]?\.[1-9][0-9]?$")]
    rating: Rating = "not_rated"
    for_: Annotated[Text | None, Field(alias="for")] = None
    against: Text | None = None

    model_config = ConfigDict(serialize_by_alias=True)


Evidence = Annotated[list[EvidenceIn], Field(max_length=100)]


class JudgementChange(In):
    """Of a draft: what is left out stays as it is."""

    tool_name: Line | None = None
    edition: Line | None = None
    assessed_on: Day | None = None
    valid_until: Day | None = None
    sources: Lines = Field(default_factory=list)
    evidence: Evidence = Field(default_factory=list)
    information_missing: Words | None = None
    quality: Quality | None = None
    scenarios: Lines = Field(default_factory=list)
    protective_factors: Lines = Field(default_factory=list)
    overall: Overall | None = None
    rationale: Words | None = None
    recommendations: Words | None = None


class JudgementIn(JudgementChange):
    """A draft; what it must not be without is asked when it is submitted.

    `tool_name`: for `other` alone. `valid_until`: the last day; 180 days on, if left out.
    """

    id: UUID | None = None
    tool: Code
    supersedes_id: UUID | None = None


class SecondReadingIn(In):
    """Who dissents says why."""

    agrees: StrictBool
    words: Words | None = None


class ConsensusIn(In):
    text: Words


class StatementIn(In):
    """What the person says of it, in their words."""

    text: Words


class VoidIn(In):
    reason: Text


class EvidenceOut(BaseModel):
    model_config = ConfigDict(serialize_by_alias=True)

    indicator: str
    rating: Rating
    for_: Annotated[str | None, Field(alias="for")]
    against: str | None


class StatementOut(BaseModel):
    text: str
    recorded_by: UUID
    recorded_at: datetime


def told(row: Mapping[str, Any], info: ValidationInfo) -> dict[str, Any]:
    """`tier` and `reassess_by` on the day of the answer, from the columns of a judgement."""
    today, until = (info.context or {})["at"].date(), row["valid_until"]
    reassess_by = until if holds(row["status"], until, today) else None
    shown = tier(row["status"], row["overall"], until, today)
    return {**row, "tier": shown, "reassess_by": reassess_by}


class JudgementSummary(Summary):
    """How high the risk is held to be today, and by when that is judged anew; null: it is due.

    `unknown` is no low risk: nothing holds, or nothing could be determined.
    """

    of: ClassVar = Judgement

    tier: Tier
    reassess_by: date | None

    @model_validator(mode="before")
    @classmethod
    def standing(cls, row: Mapping[str, Any], info: ValidationInfo) -> dict[str, Any]:
        return told(row, info)


class JudgementOut(Out):
    """`tier` is what holds today; `overall` what was judged then."""

    of: ClassVar = Judgement
    summary: ClassVar = JudgementSummary

    case_id: UUID
    author_id: UUID
    status: Status
    tier: Tier
    reassess_by: date | None
    tool: str
    tool_version: int
    tool_name: str | None
    edition: str | None
    assessed_on: date | None
    valid_until: date | None
    sources: list[str]
    evidence: list[EvidenceOut]
    information_missing: str | None
    quality: Quality | None
    scenarios: list[str]
    protective_factors: list[str]
    overall: Overall | None
    rationale: str | None
    recommendations: str | None
    submitted_at: datetime | None
    certificate_id: UUID | None
    second_reader_id: UUID | None
    second_certificate_id: UUID | None
    second_read_at: datetime | None
    second_opinion: Opinion | None
    second_words: str | None
    consensus: str | None
    statements: list[StatementOut]
    supersedes_id: UUID | None
    superseded_by_id: UUID | None
    voided_by: UUID | None
    void_reason: str | None

    @model_validator(mode="before")
    @classmethod
    def standing(cls, row: Mapping[str, Any], info: ValidationInfo) -> dict[str, Any]:
        return told(row, info)
