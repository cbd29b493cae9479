from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    StrictBool,
    ValidationInfo,
    computed_field,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.registry.people.births import Calendar, Method, Precision
from app.registry.people.countries import alpha3
from app.registry.people.identifiers import warnings
from app.registry.people.kinship import INVERSE
from app.registry.people.models import Contact, Identifier, Person, PersonName, Relationship
from app.registry.people.names import CLASS_OF_TYPE, LONGEST
from app.registry.people.standing import standing
from app.registry.people.summaries import (
    ContactSummary,
    IdentifierSummary,
    PersonSummary,
    PupilSummary,
    RelationshipSummary,
)
from app.safeguards.guard.shown import Children, Date, Day, In, Kept, Out, words


def a_country(code: str) -> str:
    if alpha3(code) != code:
        raise PydanticCustomError("unknown-country", "is no code of ISO 3166-1 alpha-3")
    return code


Line = Annotated[str, Field(min_length=1, max_length=LONGEST)]  # as written, space and all
Words = Annotated[str, words(1, LONGEST)]
Source = Annotated[str, words(2, 200)]
Reason = Annotated[str, words(3, 2000)]
Country = Annotated[
    str,
    Field(pattern=r"^[A-Z]{3}$", description="ISO 3166-1 alpha-3"),
    AfterValidator(a_country),
]
Confidence = Literal["stated", "documented", "confirmed", "doubtful"]
NAME_TYPES, KINSHIPS = tuple(CLASS_OF_TYPE), tuple(INVERSE)
NameType = Literal[NAME_TYPES]  # type: ignore[valid-type]
Kinship = Literal[KINSHIPS]  # type: ignore[valid-type]
Sex = Annotated[Literal[0, 1, 2, 9], Field(description="ISO 5218")]
NationalityStatus = Literal["stated", "documented", "undetermined", "stateless_risk"]


class BirthIn(In):
    """As far as it is known: `value` as YYYY-MM-DD, YYYY-MM, YYYY or in words that lists use
    (`12.03.1437H`, `около 2016`, `1980s`); without it, what `original` says; or only bounds."""

    value: Line | None = None
    estimated: StrictBool = False
    calendar: Calendar = "gregorian"
    method: Method | None = None
    original: Line | None = None
    earliest: Date | None = None
    latest: Date | None = None
    source: Source | None = None


class BirthClaimIn(BirthIn):
    """Takes the place of the whole claim before it, which stays in the revisions."""

    source: Source


class NameIn(In):
    """The script is found from the letters where the source does not state it."""

    id: UUID | None = None
    type: NameType = "legal"
    full: Line
    given: Line | None = None
    family: Line | None = None
    patronymic: Line | None = None
    generation_suffix: Line | None = None
    script: Annotated[str, Field(pattern=r"^[A-Z][a-z]{3}$", description="ISO 15924")] | None = None
    language: (
        Annotated[
            str,
            Field(
                pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35, description="BCP 47"
            ),
        ]
        | None
    ) = None
    source: Source
    confidence: Confidence = "stated"
    since: Day | None = None
    until: Day | None = None


class PersonIn(In):
    """The first name that is no alias is the one shown in lists."""

    id: UUID | None = None
    names: Annotated[list[NameIn], Field(min_length=1, max_length=20)]
    sex: Sex = 0
    birth: BirthIn = BirthIn()
    nationality: Country | None = None
    nationality_status: NationalityStatus | None = None


class PersonChange(In):
    """JSON merge-patch; another birth is another claim, with its source and the reason."""

    display_name: Line = ""
    sex: Sex = 0
    birth: Annotated[BirthClaimIn | None, Kept()] = None
    nationality: Country | None = None
    nationality_status: NationalityStatus = "undetermined"
    reason: Reason = ""


class NameOut(Out):
    of: ClassVar = PersonName

    type: str
    full: str
    given: str | None
    family: str | None
    patronymic: str | None
    generation_suffix: str | None
    script: str
    language: str | None
    source: str
    confidence: str
    since: date | None
    until: date | None


class BirthOut(BaseModel):
    """`earliest` and `latest` are Gregorian days, both included; null where nothing is known."""

    value: str | None
    precision: Precision
    earliest: date | None
    latest: date | None
    estimated: bool
    method: str | None
    calendar: Calendar
    algorithm: str | None
    placeholder: bool
    original: str | None
    source: str
    reason: str | None


class AgeOut(BaseModel):
    """Completed years today, where the person's file is kept."""

    lowest: int
    highest: int | None


class PersonOut(Out):
    """`child`: possibly under age today, so to be treated as a child."""

    of: ClassVar = Person
    summary: ClassVar = PersonSummary
    summary_for: ClassVar = {"educator": PupilSummary}

    display_name: str
    sex: int
    birth: BirthOut
    age: AgeOut
    child: bool
    nationality: str | None
    nationality_status: str
    names: Annotated[list[NameOut], Children("person_id")]

    @model_validator(mode="before")
    @classmethod
    def grouped(cls, row: Mapping[str, Any], info: ValidationInfo) -> dict[str, Any]:
        """The columns of the birth as one claim, and what it says about age."""
        birth = {
            name.removeprefix("birth_"): value
            for name, value in row.items()
            if name.startswith("birth_")
        }
        return {**row, "birth": birth, **standing(birth, info.context or {})}


class IdentifierIn(In):
    id: UUID | None = None
    system: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{1,60}$")]
    value: Line
    country: Country | None = None
    issued_on: Day | None = None
    expires_on: Day | None = None
    source: Source
    confidence: Confidence = "stated"


class IdentifierOut(Out):
    of: ClassVar = Identifier
    summary: ClassVar = IdentifierSummary

    system: str
    value: str
    country: str | None
    issued_on: date | None
    expires_on: date | None
    source: str
    confidence: str

    @computed_field(description="codes of what looks wrong with the number; none refuses it")
    def warnings(self) -> list[str]:
        return list(warnings(self.system, self.value))


class ContactIn(In):
    """`guardian`: how to reach who cares for a child, for a school, too."""

    id: UUID | None = None
    type: Literal["address", "phone", "email", "placement", "guardian"]
    text: Words
    since: Day | None = None
    source: Source


class ContactOut(Out):
    of: ClassVar = Contact
    summary: ClassVar = ContactSummary

    type: str
    text: str
    since: date
    source: str


class RelationshipIn(In):
    """The person of the path is `type` of the other."""

    id: UUID | None = None
    other_id: UUID
    type: Kinship
    since: Day | None = None
    until: Day | None = None
    proof: Annotated[
        Literal["none", "stated", "document", "dna_reference"],
        Field(description="of a DNA test only the laboratory's reference, never the profile"),
    ] = "none"
    proof_reference: Words | None = None
    source: Source
    confidence: Confidence = "stated"


class RelationshipOut(Out):
    """`person_id` is `type` of `other_id`, who is `inverse` of `person_id`."""

    of: ClassVar = Relationship
    summary: ClassVar = RelationshipSummary

    person_id: UUID
    other_id: UUID
    type: str
    since: date | None
    until: date | None
    proof: str
    proof_reference: str | None
    source: str
    confidence: str

    @computed_field
    def inverse(self) -> str:
        return INVERSE[self.type]


class DuplicateOut(BaseModel):
    """Somebody within the caller's reach who may be the same person; a named human decides."""

    person_id: UUID
    display_name: str
    similarity: float


class DuplicatesOut(BaseModel):
    """`complete` is false where more people could be meant than were compared."""

    items: list[DuplicateOut]
    next: None = None
    complete: bool
