"""What users do with their own account, whatever their role."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.paging import Paged
from app.registry.staff.models import User
from app.registry.staff.schemas import UserOut
from app.safeguards.guard.account import Account
from app.safeguards.guard.mark import ForSelf
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import In, Page, Shown, ShownOnce
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/me", tags=["sign-in"])
Secret = Annotated[str, Field(max_length=1000)]


class SessionOut(BaseModel):
    id: UUID
    created_at: str
    expires_at: str
    current: bool


class EndedOut(BaseModel):
    ended: int


class PasswordIn(In):
    current: Secret
    password: Secret


class EnrolIn(In):
    password: Secret


class ConfirmIn(In):
    otp: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class SecondFactorOut(ShownOnce):
    """Shown this once: neither is kept in a form that could be shown again."""

    secret: str
    uri: str
    recovery_codes: list[str]


class InForceOut(BaseModel):
    second_factor: bool


@router.get("")
def read_me(work: Annotated[UnitOfWork, ForSelf()]) -> Shown[UserOut]:
    return work.own(UserOut, User)


@router.get("/sessions")
def list_sessions(work: Annotated[UnitOfWork, ForSelf()], page: Paged) -> Shown[Page[SessionOut]]:
    return work.tell_some(SessionOut, page, Account(work).open_sessions(), "id")


@router.post("/sessions/end")
def sign_out_everywhere(work: Annotated[UnitOfWork, ForSelf()]) -> Shown[EndedOut]:
    return work.tell(EndedOut, ended=Account(work).end_sessions())


@router.post("/password")
def change_password(given: PasswordIn, work: Annotated[UnitOfWork, ForSelf()]) -> Shown[EndedOut]:
    return work.tell(EndedOut, ended=Account(work).change_password(given.current, given.password))


@router.get("/second-factor")
def read_second_factor(work: Annotated[UnitOfWork, ForSelf()]) -> Shown[InForceOut]:
    return work.tell(InForceOut, second_factor=Account(work).has_second_factor())


@router.post("/second-factor")
def enrol_second_factor(
    given: EnrolIn, work: Annotated[UnitOfWork, ForSelf()]
) -> Shown[SecondFactorOut]:
    return work.tell(SecondFactorOut, **Account(work).enrol(given.password))


@router.post("/second-factor/confirm")
def confirm_second_factor(
    given: ConfirmIn, work: Annotated[UnitOfWork, ForSelf()]
) -> Shown[InForceOut]:
    Account(work).confirm(given.otp)
    return work.tell(InForceOut, second_factor=True)
