from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from app.registry.people.models import Contact, Identifier, Person, PersonName
from app.safeguards.guard.shown import Children, In, Out

Line = Annotated[str, Field(min_length=1, max_length=300)]
Source = Annotated[str, Field(min_length=2, max_length=200)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 3166-1 alpha-3")]
Confidence = Literal["stated", "documented", "confirmed", "doubtful"]


class BirthIn(In):
    """`value` as far as it is known: YYYY-MM-DD, YYYY-MM, YYYY, or nothing."""

    value: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")] | None = None
    estimated: bool = False
    method: Literal["document", "self", "relative", "medical", "registrar"] | None = None
    original: Line | None = None


class NameIn(In):
    id: UUID | None = None
    type: Literal["legal", "birth", "preferred", "former", "transliterated"] = "legal"
    full: Line
    given: Line | None = None
    family: Line | None = None
    patronymic: Line | None = None
    script: Annotated[str, Field(pattern=r"^[A-Z][a-z]{3}$")]
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None
    source: Source
    confidence: Confidence = "stated"


class PersonIn(In):
    id: UUID | None = None
    names: Annotated[list[NameIn], Field(min_length=1, max_length=20)]
    sex: Literal[0, 1, 2, 9] = 0
    birth: BirthIn = BirthIn()
    nationality: Country | None = None


class PersonChange(In):
    display_name: Line = ""
    sex: Literal[0, 1, 2, 9] = 0
    nationality: Country | None = None


class NameOut(Out):
    of: ClassVar = PersonName

    type: str
    full: str
    given: str | None
    family: str | None
    patronymic: str | None
    script: str
    language: str | None
    source: str
    confidence: str


class PersonOut(Out):
    of: ClassVar = Person

    display_name: str
    sex: int
    birth_value: str | None
    birth_precision: str
    birth_earliest: date | None
    birth_latest: date | None
    birth_estimated: bool
    nationality: str | None
    names: Annotated[list[NameOut], Children("person_id")]


class IdentifierIn(In):
    id: UUID | None = None
    system: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{1,60}$")]
    value: Line
    source: Source
    confidence: Confidence = "stated"


class IdentifierOut(Out):
    of: ClassVar = Identifier

    system: str
    value: str
    source: str
    confidence: str


class ContactIn(In):
    id: UUID | None = None
    type: Literal["address", "phone", "email", "placement"]
    text: Line
    since: date | None = None
    source: Source


class ContactOut(Out):
    of: ClassVar = Contact

    type: str
    text: str
    since: date
    source: str
