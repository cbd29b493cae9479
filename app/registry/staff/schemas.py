from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool

from app.registry.staff.models import Unit, User
from app.safeguards.access.policy import ROLES
from app.safeguards.guard.shown import In, Out, ShownOnce, words

Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,62}$")]
Role = Literal[ROLES]  # type: ignore[valid-type]
Name = Annotated[str, words(1, 200)]
Reason = Annotated[str, words(3, 500)]


class UnitIn(In):
    id: UUID | None = None
    code: Code
    name: Name
    jurisdiction: Code


class UnitOut(Out):
    of: ClassVar = Unit

    code: str
    name: str
    jurisdiction: str


class UserIn(In):
    id: UUID | None = None
    username: Code
    display_name: Name
    role: Role
    unit_id: UUID | None = None
    password: Annotated[str, Field(max_length=1000)]


class UserChange(In):
    display_name: Name = ""
    disabled: StrictBool | None = None
    reason: Reason


class ReasonIn(In):
    reason: Reason


class UserOut(Out):
    of: ClassVar = User

    username: str
    display_name: str
    kind: Literal["person", "client"]
    role: str
    unit_id: UUID | None
    supervisor_id: UUID | None
    pending: bool = Field(description="nobody signs in by it before another has agreed")
    disabled_at: datetime | None
    unlocked_at: datetime | None
    credentials_reset_at: datetime | None


class OneTimeOut(ShownOnce):
    """Shown this once; the user sets another at the first sign-in, and until then does no more."""

    id: UUID
    password: str
    good_for_seconds: int


class ClientIn(In):
    id: UUID | None = None
    client_id: Code
    display_name: Name
    unit_id: UUID


class ClientOut(Out):
    of: ClassVar = User

    username: str = Field(description="the client_id of the token endpoint")
    display_name: str
    role: str
    unit_id: UUID | None
    disabled_at: datetime | None
    credentials_reset_at: datetime | None


class ClientSecretOut(ShownOnce):
    """The secret is shown this once."""

    id: UUID
    version: int
    created_at: str
    updated_at: str
    client_id: str
    client_secret: str
    display_name: str
    role: str
    unit_id: UUID | None


class ReachOut(BaseModel):
    record_class: str
    reach: str
    rights: str


class RoleOut(BaseModel):
    code: str
    title: str
    titles: dict[str, str]
    reaches: list[ReachOut]


class GrantOut(ReachOut):
    role: str


class ActionOut(BaseModel):
    action: str
    record_classes: list[str]
    needs: str = Field(description="any one of these rights, in any of these classes")


class PolicyOut(BaseModel):
    digest: str
    rights: dict[str, str]
    items: list[GrantOut]
    never: dict[str, list[str]]
    actions: list[ActionOut]
    next: None = None
