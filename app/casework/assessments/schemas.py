from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool, StrictInt, ValidationInfo, model_validator
from pydantic.config import JsonDict

from app.casework.assessments.models import Assessment
from app.casework.assessments.scoring.catalogue import as_filed, catalogue
from app.casework.assessments.scoring.instrument import RESPONDENTS
from app.casework.assessments.scoring.words import in_words
from app.registry.cases.track_schemas import Text
from app.safeguards.guard.shown import Day, In, Kept, Out, Picture, Summary

if TYPE_CHECKING:
    Given = str
    Respondent = str
else:
    # Practice is data: which there are, too.
    Given = Literal[(*as_filed().instruments, *as_filed().modules)]
    Respondent = Literal[RESPONDENTS]
Status = Literal["draft", "submitted", "signed", "amended", "void"]
Item = Annotated[str, Field(pattern=r"^[A-Z0-9_]{1,40}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$")]
Fact = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")]
NAMED: JsonDict = {"additionalProperties": False}  # a pattern of names alone would allow others
Answers = Annotated[dict[Item, StrictInt | None], Field(max_length=100, json_schema_extra=NAMED)]
Facts = Annotated[dict[Fact, StrictBool | None], Field(max_length=20, json_schema_extra=NAMED)]


Positive = Annotated[
    bool | None,
    Field(
        description="by the cut-off or the rules that the `headline` of the instrument names; null "
        "where these cannot be told, and always, on whole forms too, where it names neither"
    ),
]


class AssessmentIn(In):
    """Answers by item number; null, or left out, is missing and never zero.

    `instrument`: of a module with forms for some ages (`cfm`) the form that fits is taken.
    `status`: a draft is kept for its author, item by item; else it is scored at once.
    `too_soon_reason`: why it is given again within the days that its questions ask of.
    """

    id: UUID | None = None
    instrument: Given
    version: Annotated[int | None, Field(ge=1, le=1000)] = None
    respondent: Respondent
    administered_on: Day
    language: Language
    answers: Answers = Field(default_factory=dict)
    facts: Facts = Field(default_factory=dict)
    status: Literal["draft", "submitted"] = "submitted"
    too_soon_reason: Text | None = None


class AssessmentChange(In):
    """Of a draft: items that are given are kept beside those that are there; null empties one."""

    respondent: Annotated[Respondent | None, Kept()] = None
    administered_on: Annotated[Day | None, Kept()] = None
    language: Annotated[Language | None, Kept()] = None
    answers: Annotated[Answers | None, Kept()] = None
    facts: Annotated[Facts | None, Kept()] = None
    too_soon_reason: Text | None = None


class AmendmentIn(In):
    """What was wrong, and why: all that is not given stays as it was."""

    id: UUID | None = None
    reason: Text
    respondent: Respondent | None = None
    administered_on: Day | None = None
    language: Language | None = None
    answers: Answers = Field(default_factory=dict)
    facts: Facts = Field(default_factory=dict)
    too_soon_reason: Text | None = None


class VoidIn(In):
    reason: Text


class Flag(BaseModel):
    """What must not wait for a score; `unknown`: its answer is missing, so somebody asks."""

    code: str
    kind: Literal["alert", "notice"]
    state: Literal["raised", "unknown"]


class Shift(BaseModel):
    scale: str
    name: str
    by: int | str
    direction: Literal["better", "worse", "same"]
    holds: bool


class Change(BaseModel):
    """Since the last one of the same version and respondent."""

    since_id: UUID
    since_on: date
    reliable: bool | None
    direction: Literal["better", "worse", "same"] | None
    shifts: list[Shift]


class Result(BaseModel):
    """What the server computed; whatever cannot be told is null, never zero and never low.

    A screen, not a diagnosis.
    """

    complete: bool
    missing: list[str]
    total: int | float | None
    subscales: dict[str, int | float | None]
    band: str | None
    bands: dict[str, dict[str, str | None]]
    positive: Positive
    cutoffs: dict[str, bool | None]
    outcomes: dict[str, str | None]
    flags: list[Flag]
    prorated: list[str]
    scoring_version: int
    change: Change | None
    screen_only: Literal[True] = True
    summary: Annotated[str, Field(description="in the language that Accept-Language prefers")]


class TrendPoint(BaseModel):
    """`change`: since the one before of the same respondent, instrument and version."""

    id: UUID
    administered_on: date
    respondent: Respondent
    instrument: str
    version: int
    total: int | float | None
    subscales: dict[str, int | float | None]
    band: str | None
    positive: Positive
    outcomes: dict[str, str | None]
    complete: bool
    prorated: list[str]
    change: Change | None


class TrendBand(BaseModel):
    respondent: Respondent
    instrument: str
    version: int
    band: str
    least: int
    most: int


class TrendGap(BaseModel):
    """Longer than the longest time after which it is to be given again.

    `until`: null where it goes on; `days` are then those to the day of the answer, or of `as_of`.
    It says that none was given, and not that somebody was to be asked: who has grown out of a form,
    or whose case is closed, has one, too.
    """

    respondent: Respondent
    since: date
    until: date | None
    days: int


class TrendOut(BaseModel):
    """What stands of one instrument, or of a module's forms, first given first.

    `least` and `most` of its headline.
    """

    recalled: ClassVar = True

    instrument: str
    name: str
    least: int | None
    most: int | None
    better: Literal["lower", "higher"] | None
    points: list[TrendPoint]
    bands: list[TrendBand]
    gaps: list[TrendGap]


class TrendPicture(Picture):
    """The same as SVG: with a title and a description, and told apart without colour."""

    recalled: ClassVar = True


class AssessmentSummary(Summary):
    """That there is one, and when: neither which nor what came of it."""

    of: ClassVar = Assessment
    order: ClassVar = ("administered_on", "id")

    administered_on: date
    created_at: datetime


class AssessmentOut(Out):
    of: ClassVar = Assessment
    order: ClassVar = ("administered_on", "id")
    summary: ClassVar = AssessmentSummary

    case_id: UUID
    author_id: UUID
    instrument: str
    instrument_version: int
    form_of: Annotated[
        str | None, Field(description="the module of which it is the form for some ages")
    ]
    respondent: Respondent
    administered_on: date
    language: str
    wording: Annotated[
        str | None, Field(description="SHA-256 of the text pack that was installed as it was begun")
    ]
    answers: dict[str, int | None]
    facts: dict[str, bool | None]
    status: Status
    result: Result | None
    too_soon_reason: str | None
    submitted_at: datetime | None
    signed_at: datetime | None
    amends_id: UUID | None
    amend_reason: str | None
    amended_by_id: UUID | None
    voided_by: UUID | None
    voided_at: datetime | None
    void_reason: str | None

    @model_validator(mode="before")
    @classmethod
    def worded(cls, row: Mapping[str, Any], info: ValidationInfo) -> Mapping[str, Any]:
        """A result is kept in codes; its words are the reader's."""
        if row.get("result") is None:
            return row
        shipped = catalogue().instruments[row["instrument"]][row["instrument_version"]]
        accepts = (info.context or {}).get("accepts")
        summary = in_words(shipped.instrument, row["respondent"], row["result"], accepts)
        return {**row, "result": {**row["result"], "summary": summary}}
