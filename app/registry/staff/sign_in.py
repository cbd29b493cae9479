"""The token endpoint (RFC 6749) and its counterpart (RFC 7009), in the words of OAuth."""

import base64
import binascii
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from app.core.errors import Unavailable
from app.safeguards.guard.attempts import Attempt, Refused, no_client, unfit
from app.safeguards.guard.signing_in import revoke, sign_in

public = APIRouter(tags=["sign-in"])
FIELDS = 12
NO_CACHE = {"Cache-Control": "no-store", "Pragma": "no-cache"}  # RFC 6749 §5.1


def form_of(**fields: str) -> dict[str, Any]:
    return {
        "x-action": "public",
        "x-public-because": "nobody has a token before signing in",
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            name: {"type": "string", "description": text}
                            for name, text in fields.items()
                        },
                        "required": [next(iter(fields))],
                    }
                }
            },
        },
    }


class TokenOut(BaseModel):
    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str | None = None
    scope: str


class TokenErrorOut(BaseModel):
    error: str
    error_description: str | None = None


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": TokenErrorOut, "description": text}
    for status, text in {
        400: "refused (RFC 6749 §5.2)",
        401: "no such client, or another secret",
        429: "too many tries for this name at this address",
        503: "too many sign-ins at once",
    }.items()
}


async def attempted(request: Request) -> Attempt:
    """What the form says, or its fault: parameters come once, and never in the URL."""
    fields: dict[str, str] = {}
    fault: Refused | None = unfit("query") if request.url.query else None
    try:
        pairs = parse_qsl(
            (await request.body()).decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=FIELDS,
        )
        fields = dict(pairs)
        if len(fields) != len(pairs):
            fault = unfit("repeated")
    except ValueError:
        fault = unfit("form")
    basic = None
    if header := request.headers.get("authorization"):
        basic = basic_of(header)
        if basic is None:
            fault = no_client("authorization")
        elif "client_secret" in fields:
            fault = unfit("authenticates twice")
    address = request.client.host if request.client else ""
    return Attempt(fields, request.state.request_id, address, basic, fault)


def basic_of(header: str) -> tuple[str, str] | None:
    """Client id and secret, each URL-encoded before they are joined (RFC 6749 §2.3.1)."""
    scheme, _, value = header.partition(" ")
    try:
        text = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    who, found, what = text.partition(":")
    return (unquote_plus(who), unquote_plus(what)) if found and scheme.lower() == "basic" else None


async def settled(request: Request, verb: Callable[..., dict[str, Any] | None]) -> Response:
    state, attempt = request.app.state, await attempted(request)
    try:
        answer = await state.doors.run(verb, state.house, attempt)
    except Refused as refused:
        text = {"error_description": refused.description} if refused.description else {}
        body = {"error": refused.error, **text}
        return JSONResponse(body, refused.status, {**NO_CACHE, **refused.headers})
    except Unavailable as busy:
        body = {"error": "temporarily_unavailable", "error_description": busy.detail}
        return JSONResponse(body, busy.status, {**NO_CACHE, **busy.headers})
    return JSONResponse(answer, headers=NO_CACHE) if answer else Response(headers=NO_CACHE)


@public.post(
    "/token",
    response_model=TokenOut,
    responses=RESPONSES,
    openapi_extra=form_of(
        grant_type="password, refresh_token or client_credentials",
        username="for password",
        password="for password",  # noqa: S106
        otp="for password, where a second factor is in use: its code, or a recovery code",
        refresh_token="for refresh_token: good once",  # noqa: S106
        client_id="for client_credentials, unless in a Basic Authorization header",
        client_secret="for client_credentials",  # noqa: S106
    ),
)
async def token(request: Request) -> Response:
    return await settled(request, sign_in)


@public.post(
    "/token/revoke",
    responses=RESPONSES,
    openapi_extra=form_of(token="an access or refresh token"),  # noqa: S106
)
async def revoke_token(request: Request) -> Response:
    return await settled(request, revoke)
