from datetime import date
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool

from app.registry.cases.schemas import CaseOut
from app.registry.operations.models import Arrival, Operation
from app.registry.operations.words import RELATIONS
from app.registry.people.schemas import Country, IdentifierIn, PersonIn
from app.safeguards.guard.shown import Day, In, Out, Page, words

Name = Annotated[str, words(2, 200)]
Kind = Literal["flight", "transfer", "overland", "self_return", "extradition", "other"]
Status = Literal["planned", "in_transit", "received", "closed"]
WORDS = tuple(RELATIONS)
Relation = Literal[WORDS]  # type: ignore[valid-type]


class OperationIn(In):
    id: UUID | None = None
    code: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
    name: Name
    kind: Kind = "flight"
    programme: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{1,40}$")]
    origin: Country | None = None
    arrives_on: Day
    status: Literal["planned", "in_transit"] = "planned"


class OperationChange(In):
    """JSON merge-patch; `received` comes of a group that arrives, not of a wish."""

    name: Name = ""
    kind: Kind = "flight"
    origin: Country | None = None
    arrives_on: Day = date.min
    status: Literal["planned", "in_transit", "closed"] = "planned"


class OperationOut(Out):
    of: ClassVar = Operation

    code: str
    name: str
    kind: str
    programme: str
    origin: str | None
    arrives_on: date
    status: Status


class MemberIn(PersonIn):
    """Somebody of the group; `relationship` is to the head of the group with the same label."""

    group: Annotated[str, words(1, 200)] | None = None
    relationship: Relation | None = None
    unaccompanied: StrictBool | None = None
    remarks: Annotated[str, words(1, 6000)] | None = None
    identifiers: list[IdentifierIn] = Field(default_factory=list, max_length=10)


class ManifestIn(In):
    """What goes with a file: it is tried first, and loaded when `dry_run` is false."""

    dry_run: bool = True
    lead_worker_id: UUID | None = None
    confirm_duplicates: bool = False


class ArrivalsIn(In):
    """A group: each member becomes a person with a case of their own, or nobody does."""

    members: Annotated[list[MemberIn], Field(min_length=1, max_length=500)]
    dry_run: StrictBool = False
    lead_worker_id: UUID | None = None
    confirm_duplicates: StrictBool = False


class ProblemOut(BaseModel):
    """`line` counts from 1 as a spreadsheet does; nothing that a cell holds is repeated."""

    line: int
    column: str | None
    code: str
    detail: str
    severity: Literal["error", "warning"]


class GroupOut(BaseModel):
    """One family group, by its lines; `children` are possibly under age on arrival."""

    lines: list[int]
    people: int
    children: int


class CountsOut(BaseModel):
    people: int
    cases: int
    households: int


class IntakeOut(Page[CaseOut]):
    """Of a dry run what would be made, of a real one the cases that were made, in `items`."""

    dry_run: bool
    loadable: bool
    lines: int
    problems: list[ProblemOut]
    groups: list[GroupOut]
    would_create: CountsOut


class ArrivalOut(Out):
    """What the list said of the family is null for who may not read that."""

    of: ClassVar = Arrival
    order: ClassVar = ("line", "id")

    operation_id: UUID
    person_id: UUID
    case_id: UUID
    line: int
    group_label: str | None
    relationship: str | None
    unaccompanied: bool | None
    remarks: str | None
    as_written: Annotated[
        list[dict[str, Any]] | None, Field(description="cells that were not understood")
    ]
