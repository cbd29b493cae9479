"""What may leave: bytes made under the guard for a declared schema, and nothing else."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Generic, TypeVar, get_args
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
    field_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from sqlalchemy import ColumnElement, Connection, FromClause

from app.core.texts import FAULTS, READABLE, fault_in
from app.safeguards.guard.protected import Protected

JSON = "application/json"


class UnshownAnswer(TypeError):
    """A handler's answer did not come from its unit of work."""


class In(BaseModel):
    """Base of every body: a field that nobody knows is a mistake, not a wish."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_max_length=20_000)

    @field_validator("*", mode="before")
    @classmethod
    def seen(cls, value: object) -> object:
        """What is read must be what is kept: in every text, and in lists and tables of texts."""
        for text in texts_of(value):
            if code := fault_in(text):
                raise PydanticCustomError(code, FAULTS[code])
        return value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """States the rule of `seen`, too."""
        found = handler(core)
        for one in handler.resolve_ref_schema(found)["properties"].values():
            state_readable(one)
        return found


def state_readable(schema: JsonSchemaValue) -> None:
    """Of a field and of what is within its list; a narrower pattern says it already."""
    for within in (*schema.get("anyOf", ()), schema.get("items")):
        if isinstance(within, dict):
            state_readable(within)
    if schema.get("type") == "string" and not schema.keys() & {"enum", "const", "format"}:
        schema.setdefault("pattern", READABLE)


def texts_of(value: object) -> Iterator[str]:
    """Of a field itself; objects within are bodies of their own."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (one for one in value if isinstance(one, str))
    elif isinstance(value, dict):
        yield from (one for pair in value.items() for one in pair if isinstance(one, str))


def written_out(value: object) -> object:
    """A number is no day, though it could be read as seconds since 1970; nor is a moment."""
    written = not isinstance(value, str) or re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value)
    if not written or isinstance(value, int | float):
        raise PydanticCustomError("date-parsing", "is not a date")
    return value


def counted(value: object) -> object:
    """A number is written as one; neither its digits in a text nor a yes are."""
    if isinstance(value, str | bool):
        raise PydanticCustomError("int-type", "is not a number")
    return value


COUNTED = BeforeValidator(counted)  # beside the bounds, which the interface then still tells
Date = Annotated[date, BeforeValidator(written_out)]
# A day that somebody states: far enough from both ends of the calendar to reckon with.
DAY = r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
Day = Annotated[
    Date,
    Field(ge=date(1900, 1, 1), le=date(2199, 12, 31)),
    WithJsonSchema({"type": "string", "format": "date", "pattern": DAY}),
]


class Kept:
    """Marks a field of a change that may be left out, but not emptied: null is no value of it."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(core)
        kept: JsonSchemaValue
        (kept,) = (one for one in found["anyOf"] if one.get("type") != "null")
        return kept


def words(least: int, most: int) -> StringConstraints:
    """Of a text that must say something: space around it is dropped before it is measured."""
    return StringConstraints(strip_whitespace=True, min_length=least, max_length=most)


def something_said(text: str) -> str:
    """Two letters or digits at least: signs that nobody sees name nobody and say nothing."""
    if sum(map(str.isalnum, text)) < 2:
        raise PydanticCustomError("says-nothing", "has no words")
    return text


SPOKEN = AfterValidator(something_said)


class Representation(BaseModel):
    """Base of every schema that shows protected rows; its fields are columns or Children."""

    of: ClassVar[type[Protected]]  # the kind of row that it shows
    order: ClassVar[tuple[str, ...]] = ("id",)  # of lists; unique, and not null

    id: UUID


@dataclass(frozen=True)
class Part:
    """Rows that belong to a summary of the row they point at, and are shown nowhere else by it."""

    of: type[Protected]
    column: str
    where: Callable[[FromClause], ColumnElement[bool]]


class Abridged(BaseModel):
    """Base of what names the summary that S shows instead."""

    summary: ClassVar[type[BaseModel] | None] = None
    summary_for: ClassVar[Mapping[str, type[BaseModel]]] = {}  # roles that have one of their own

    @classmethod
    def summaries(cls) -> list[type[BaseModel]]:
        return [*([cls.summary] if cls.summary else []), *cls.summary_for.values()]

    @classmethod
    def summary_named(cls, role: str) -> type[BaseModel] | None:
        """For this role, if it is shown one."""
        return cls.summary_for.get(role, cls.summary)


class Summary(Representation):
    """Base of what S shows of a record. It has neither version nor time of the last change:
    both would tell of changes to what it does not show."""

    parts: ClassVar[Mapping[str, Part]] = {}  # given to its validators under these names


class Out(Representation, Abridged):
    """The whole of a record, for who may read it."""

    summary: ClassVar[type[Summary] | None] = None
    summary_for: ClassVar[Mapping[str, type[Summary]]] = {}  # roles that have one of their own

    version: int
    created_at: datetime
    updated_at: datetime


class Picture(BaseModel):
    """Base of an answer that is drawn: its bytes are those of `media`, and no JSON."""

    media: ClassVar[str] = "image/svg+xml"


class ShownOnce(BaseModel):
    """Base of what is told once and never again: a repetition with the same key is refused."""


@dataclass(frozen=True)
class Children:
    """Marks a field that lists rows which point at this one; each is filtered like any other."""

    column: str


O = TypeVar("O", bound=BaseModel)  # noqa: E741


class Page(BaseModel, Generic[O]):
    items: list[O]
    next: str | None
    total: int | None = None


@dataclass
class Shown(Generic[O]):
    """An answer of this schema, already JSON."""

    body: bytes
    record_id: UUID | None = None
    etag: bool = False
    status: int | None = None  # where it is not the one that the route declares
    beside: bool = False  # what was made stands beside what the path names last, not below it
    rest: Callable[[Connection], "Shown[Any]"] | None = None  # of a stream: asks for what follows

    @property
    def tag(self) -> str:
        return f'"{sha256(self.body).hexdigest()[:32]}"'


@dataclass
class Written:
    """A record as it will be once the unit of work commits."""

    kind: type[Protected]
    values: Mapping[str, Any]
    id: UUID = field(init=False)

    def __post_init__(self) -> None:
        self.id = self.values["id"]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@cache
def children(out: type[BaseModel]) -> dict[str, tuple[Children, type[Representation]]]:
    return {
        name: (mark, first_of(get_args(info.annotation)[0]))
        for name, info in out.model_fields.items()
        for mark in info.metadata
        if isinstance(mark, Children)
    }


def shown_in(out: Any) -> Any:
    """The schema of a record: the answer's own, or that of its items."""
    items = getattr(out, "model_fields", {}).get("items")
    listed = get_args(items.annotation) if items and not hasattr(out, "of") else ()
    return listed[0] if listed else out


def first_of(items: Any) -> type[Representation]:
    """The schema itself, where its summary is named beside it."""
    return next(iter(get_args(items) or (items,)))  # type: ignore[no-any-return]
