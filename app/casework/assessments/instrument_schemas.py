"""Instruments as they are told: as their files say it, and what this deployment adds."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel

from app.casework.assessments.scoring.instrument import Better, Kind


def in_order(named: Any) -> Any:
    """What a file keeps by name, and each of which says its name."""
    return list(named.values()) if isinstance(named, Mapping) else named


def as_written(rule: Any) -> Any:
    return getattr(rule, "text", rule)


Each = BeforeValidator(in_order)
Rule = Annotated[str, BeforeValidator(as_written), Field(examples=["item_9 >= 1"])]
Span = tuple[int, int]  # least and most


CONFIRMED = (
    "whether it is a primary source, of who made the figure or holds the rights, or a copy of one; "
    "false: others print it so, or it is common use or a proposal"
)


class Told(BaseModel):
    """Reads the attributes of what a file was read into."""

    model_config = ConfigDict(from_attributes=True)


class Sourced(Told):
    source: list[str] = Field(description="codes of `sources`")


class SourceOut(Told):
    cite: str
    confirmed: bool = Field(description=CONFIRMED)


class AgesOut(Told):
    """By the age in completed years of the person who is assessed."""

    kind: str
    youngest: int
    oldest: int | None


class RespondentOut(AgesOut, Sourced):
    pass


class LicenceOut(Sourced):
    holder: str
    terms: str
    electronic: bool
    attestation: bool
    certificate: bool


class TimingOut(Sourced):
    recall_days: int
    retest_days: Span


class ItemOut(Sourced):
    number: str
    values: list[int]
    respondents: list[str]
    optional: bool = Field(description="left out, it is not missed")


class SkipOut(Sourced):
    """After this answer some items are not asked, and count as if answered thus.

    On the form of these respondents alone: on another's, what is missing is missing.
    """

    item: str
    answer: int
    fills: dict[str, int]
    respondents: list[str]


class ProratingOut(Told):
    """So many items may be missing; the mean of the others stands in for them."""

    missing: int
    decimals: int


class PercentOut(Told):
    of: int
    decimals: int


class ExtraOut(Told):
    points: int
    when: Rule


class ScaleOut(Sourced):
    """A sum of items, or of other scales. Without `prorate`, one that is missing leaves no value.

    `ranges`: by respondent, the least and the most it can come to.
    """

    name: str
    items: list[str]
    of: list[str]
    reverse: Annotated[list[str], BeforeValidator(sorted)]
    recode: list[int]
    prorate: ProratingOut | None
    zero_when: Rule | None
    percent: PercentOut | None
    extra: ExtraOut | None
    cap: int | None
    better: Better
    ranges: dict[str, Span]


class CountOut(Sourced):
    """How many of these items are answered with so much or more."""

    name: str
    least: dict[str, int]
    whole: bool


class StepOut(BaseModel):
    name: str
    least: int
    most: int


def steps(found: Any) -> Any:
    return [
        {"name": one[0], "least": one[1][0], "most": one[1][1]} if isinstance(one, tuple) else one
        for one in found
    ]


class BandsOut(Sourced):
    set: str
    scale: str
    respondents: list[str]
    steps: Annotated[list[StepOut], BeforeValidator(steps)]


class CutoffOut(Sourced):
    name: str
    when: Rule


class RuleOut(BaseModel):
    gives: str
    when: Rule


def rules(found: Any) -> Any:
    return [{"gives": one[0], "when": one[1]} if isinstance(one, tuple) else one for one in found]


class OutcomeOut(Sourced):
    """The first rule that holds. `needs_all`: none while a scored item is missing."""

    name: str
    rules: Annotated[list[RuleOut], BeforeValidator(rules)]
    otherwise: str
    needs_all: bool


class CriticalOut(Sourced):
    """What does not wait for a score. `ask`: where it cannot be told, somebody has to ask."""

    code: str
    kind: Kind
    when: Rule
    ask: bool


class ChangeOut(Sourced):
    """A difference between two results that is more than chance, or that counts in life."""

    scale: str
    name: str
    least: int
    to_at_most: int | None


class HeadlineOut(Told):
    """Which of all that is computed is told first."""

    scale: str | None
    bands: str | None
    cutoff: str | None
    outcome: str | None


class TextsOut(Told):
    """The wording that is installed here: by item, and by item and answer."""

    language: str
    validation: Literal["official", "adapted", "translated"]
    source: str
    instructions: str | None
    items: dict[str, str]
    labels: dict[str, dict[str, str]]
    digest: Annotated[str, Field(description="SHA-256 of its file: `wording` of an assessment")]


class AnswersOut(BaseModel):
    """Whether answers are taken now, and if not, why."""

    taken: bool
    code: Literal["licence-not-attested"] | None
    detail: str | None


class ListedOut(Told):
    """`form_of`: the module of which this is the form for some ages."""

    code: str
    name: str
    title: str
    form_of: str | None
    versions: list[int]
    current: int
    respondents: Annotated[list[AgesOut], Each]
    languages: list[str] = Field(description="BCP 47, in which its wording is installed")
    answers: AnswersOut


class InstrumentOut(Told):
    """`answers_schema`: by respondent, JSON Schema 2020-12 of `answers` of an assessment."""

    code: str
    name: str
    form_of: str | None
    version: int
    scoring_version: int
    digest: str = Field(description="SHA-256 of its sealed file")
    title: str
    record_classes: list[str]
    milestones: list[str]
    sources: dict[str, SourceOut]
    respondents: Annotated[list[RespondentOut], Each]
    licence: LicenceOut
    timing: TimingOut
    facts: dict[str, str] = Field(description="what the score needs to know beside the answers")
    items: Annotated[list[ItemOut], Each]
    skips: list[SkipOut]
    scales: Annotated[list[ScaleOut], Each]
    counts: Annotated[list[CountOut], Each]
    bands: list[BandsOut]
    cutoffs: list[CutoffOut]
    outcomes: list[OutcomeOut]
    critical: list[CriticalOut]
    changes: list[ChangeOut]
    headline: HeadlineOut
    answers: AnswersOut
    languages: list[str]
    texts: TextsOut | None
    answers_schema: dict[str, dict[str, Any]]


class FormOut(Told):
    code: str
    version: int
    respondents: Annotated[list[AgesOut], Each]


class ModuleOut(BaseModel):
    """No instrument: which of its forms is given, the age says."""

    code: str
    version: int
    forms: list[FormOut]


class DefinitionOut(RootModel[InstrumentOut | ModuleOut]):
    """An instrument, or the forms of a module."""


class ResourceOut(RootModel[dict[str, Any]]):
    """A resource of FHIR R4 (4.0.1)."""

    recalled: ClassVar = True
