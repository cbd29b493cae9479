from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from app.registry.staff.models import Unit, User
from app.safeguards.access.policy import ROLES
from app.safeguards.guard.shown import In, Out

Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,62}$")]
Role = Literal[ROLES]  # type: ignore[valid-type]


class UnitIn(In):
    id: UUID | None = None
    code: Code
    name: Annotated[str, Field(min_length=1, max_length=200)]
    jurisdiction: Code


class UnitOut(Out):
    of: ClassVar = Unit

    code: str
    name: str
    jurisdiction: str


class UserIn(In):
    id: UUID | None = None
    username: Code
    display_name: Annotated[str, Field(min_length=1, max_length=200)]
    role: Role
    unit_id: UUID | None = None
    password: str
    kind: Literal["person", "client"] = "person"


class UserChange(In):
    display_name: Annotated[str, Field(min_length=1, max_length=200)] = ""
    role: Role | None = None
    unit_id: UUID | None = None
    disabled: bool | None = None
    reason: Annotated[str, Field(min_length=3, max_length=500)]


class UserOut(Out):
    of: ClassVar = User

    username: str
    display_name: str
    role: str
    unit_id: UUID | None
    disabled_at: datetime | None
