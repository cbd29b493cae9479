"""The token endpoint (RFC 6749, RFC 7009) and what users do with their own account."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from app.registry.staff.models import User
from app.registry.staff.schemas import UserOut
from app.safeguards.guard.account import Account
from app.safeguards.guard.mark import ForSelf
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import In, Shown
from app.safeguards.guard.signing_in import Attempt, Refused, revoke, sign_in
from app.safeguards.guard.unit_of_work import UnitOfWork

public = APIRouter(tags=["sign-in"])
router = GuardedRouter(tags=["sign-in"])
FORM: dict[str, Any] = {
    "x-action": "public",
    "x-public-because": "nobody has a token before signing in",
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                }
            }
        },
    },
}


class TokenOut(BaseModel):
    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    scope: str


async def attempted(request: Request) -> Attempt:
    form = await request.form(max_fields=10, max_files=0)
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    address = request.client.host if request.client else ""
    return Attempt(fields, request.state.request_id, address)


@public.post("/token", response_model=TokenOut, openapi_extra=FORM)
async def token(request: Request) -> Response:
    state = request.app.state
    try:
        answer = await state.lanes.run(sign_in, state.house, await attempted(request))
    except Refused as refused:
        return JSONResponse({"error": refused.error}, refused.status)
    return JSONResponse(answer)


@public.post("/token/revoke", openapi_extra=FORM)
async def revoke_token(request: Request) -> Response:
    state = request.app.state
    await state.lanes.run(revoke, state.house, await attempted(request))
    return Response(status_code=200)


class SessionOut(BaseModel):
    id: UUID
    created_at: str
    expires_at: str
    current: bool


class SessionsOut(BaseModel):
    items: list[SessionOut]
    next: None = None


class EndedOut(BaseModel):
    ended: int


class PasswordIn(In):
    current: Annotated[str, Field(max_length=1000)]
    password: Annotated[str, Field(max_length=1000)]


class SecondFactorOut(BaseModel):
    """Shown this once: neither is kept in a form that could be shown again."""

    secret: str
    uri: str
    recovery_codes: list[str]


@router.get("/me")
def read_me(work: Annotated[UnitOfWork, ForSelf()]) -> Shown[UserOut]:
    return work.own(UserOut, User)


@router.get("/me/sessions")
def list_sessions(work: Annotated[UnitOfWork, ForSelf()]) -> Shown[SessionsOut]:
    return work.tell(SessionsOut, items=Account(work).open_sessions())


@router.post("/me/sessions/end")
def sign_out_everywhere(work: Annotated[UnitOfWork, ForSelf()]) -> Shown[EndedOut]:
    return work.tell(EndedOut, ended=Account(work).end_sessions())


@router.post("/me/password")
def change_password(given: PasswordIn, work: Annotated[UnitOfWork, ForSelf()]) -> Shown[EndedOut]:
    Account(work).change_password(given.current, given.password)
    return work.tell(EndedOut, ended=1)


@router.post("/me/second-factor")
def enrol_second_factor(work: Annotated[UnitOfWork, ForSelf()]) -> Shown[SecondFactorOut]:
    return work.tell(SecondFactorOut, **Account(work).enrol())
