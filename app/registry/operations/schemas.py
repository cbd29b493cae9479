from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from app.registry.operations.models import Operation
from app.registry.people.schemas import PersonIn
from app.safeguards.guard.shown import In, Out


class OperationIn(In):
    id: UUID | None = None
    code: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
    name: Annotated[str, Field(min_length=2, max_length=200)]
    programme: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{1,40}$")]
    arrives_on: date


class OperationOut(Out):
    of: ClassVar = Operation

    code: str
    name: str
    programme: str
    arrives_on: date
    status: Literal["planned", "received"]


class ArrivalsIn(In):
    """A group: each member becomes a person with a case of their own, or nobody does."""

    members: Annotated[list[PersonIn], Field(min_length=1, max_length=500)]
    lead_worker_id: UUID | None = None
