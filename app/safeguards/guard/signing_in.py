"""POST /v1/token: password, refresh and client credentials (RFC 6749), each try an event."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select, update

from app.core.db import table
from app.core.engine import transaction
from app.core.errors import Problem
from app.core.values import now
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.carrying import House
from app.safeguards.guard.writing import Circumstances
from app.safeguards.identity import second_factor, sessions, throttle
from app.safeguards.identity.caller import Caller, named, staff
from app.safeguards.identity.models import Credential, RecoveryCode, Session, Token
from app.safeguards.identity.passwords import verified

ROUTE = "POST /v1/token"


class Refused(Exception):
    """An error as OAuth 2 prescribes; the same for an unknown user and a wrong password."""

    def __init__(self, error: str, why: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.why, self.status = error, why, status


@dataclass(frozen=True)
class Attempt:
    form: Mapping[str, str]
    request_id: UUID
    address: str


def sign_in(house: House, attempt: Attempt) -> dict[str, Any]:
    grant = attempt.form.get("grant_type")
    if grant == "password":
        return with_password(house, attempt, "username", "password")
    if grant == "client_credentials":
        return with_password(house, attempt, "client_id", "client_secret")
    if grant == "refresh_token":
        return with_refresh(house, attempt)
    raise Refused("unsupported_grant_type", "grant")


def with_password(house: House, attempt: Attempt, who: str, what: str) -> dict[str, Any]:
    username, password = attempt.form.get(who, ""), attempt.form.get(what, "")
    if not username or not password:
        raise Refused("invalid_request", "incomplete")
    at = now()
    name = house.vault.blind_index("sign-in name", username.casefold())
    address = house.vault.blind_index("sign-in address", attempt.address)
    with transaction(house.engine) as db:
        throttled: Problem | None = None
        try:
            throttle.admit(db, name, address, at)
        except Problem as refusal:
            throttled = refusal
            record(db, attempt, None, at, "refused", "throttled")
        user = credential(db, username)
    if throttled:
        raise throttled
    # Hashing takes milliseconds by design: no transaction is held meanwhile.
    fits, renewed = verified(password, user.password_hash if user else None)
    with transaction(house.engine) as db:
        problem: Refused | None = None if fits and user else Refused("invalid_grant", "credentials")
        if not problem and (user.kind == "client") != (who == "client_id"):
            problem = Refused("invalid_grant", "credentials")
        if not problem and user.otp_secret:
            problem = second(db, house, user, attempt.form.get("otp", ""), at)
        throttle.note(db, name, address, at, problem is None)
        caller = named(db, user.user_id) if user else None
        if problem or caller is None:
            record(db, attempt, caller, at, "refused", problem.why if problem else "disabled")
            answer = None
        else:
            if renewed:
                kept = table(Credential)
                db.execute(
                    update(kept).where(kept.c.user_id == caller.id).values(password_hash=renewed)
                )
            life = timedelta(hours=house.settings.session_hours)
            pair = sessions.start(db, caller.id, at, span(house), life)
            record(db, attempt, caller, at, "signed-in", None)
            answer = shown(house, pair, caller)
    if answer is None:
        raise problem or Refused("invalid_grant", "credentials")
    return answer


def second(db: Connection, house: House, user: Any, otp: str, at: datetime) -> Refused | None:
    counter = second_factor.accepted(
        house.vault, user.user_id, user.otp_secret, otp, user.otp_counter
    )
    kept, codes = table(Credential), table(RecoveryCode)
    if counter is not None:
        # The counter is moved only by who moves it first: two requests cannot share a code.
        newer = kept.c.otp_counter.is_(None) | (kept.c.otp_counter < counter)
        moved = update(kept).where(kept.c.user_id == user.user_id, newer)
        if db.execute(moved.values(otp_counter=counter)).rowcount:
            return None
    else:
        used = update(codes).where(
            codes.c.digest == second_factor.code_digest(user.user_id, otp),
            codes.c.user_id == user.user_id,
            codes.c.used_at.is_(None),
        )
        if otp and db.execute(used.values(used_at=at)).rowcount:
            return None
    return Refused("invalid_grant", "second-factor")


def with_refresh(house: House, attempt: Attempt) -> dict[str, Any]:
    at = now()
    with transaction(house.engine) as db:
        user_id, pair = sessions.exchange(
            db, attempt.form.get("refresh_token", ""), at, span(house)
        )
        caller = named(db, user_id) if user_id else None
        good = pair is not None and caller is not None
        why = None if good else "refresh"
        record(db, attempt, caller, at, "signed-in" if good else "refused", why)
        answer = shown(house, pair, caller) if pair and caller else None
    if answer is None:
        raise Refused("invalid_grant", "refresh")
    return answer


def revoke(house: House, attempt: Attempt) -> None:
    """RFC 7009: ends the session of an access or refresh token; an unknown one is no error."""
    at, tokens = now(), table(Token)
    with transaction(house.engine) as db:
        digest = sessions.digest_of(attempt.form.get("token", ""))
        owner = select(tokens.c.session_id).where(tokens.c.digest == digest).scalar_subquery()
        sessions.end(db, at, "signed out", table(Session).c.id == owner)
        record(db, attempt, None, at, "signed-out", None, "token.revoke")


def credential(db: Connection, username: str) -> Any:
    users, _ = staff()
    kept = table(Credential)
    return db.execute(
        select(kept, users.c.kind)
        .join(users, users.c.id == kept.c.user_id)
        .where(users.c.username == username, users.c.disabled_at.is_(None))
    ).one_or_none()


def span(house: House) -> timedelta:
    return timedelta(seconds=house.settings.access_token_seconds)


def shown(house: House, pair: sessions.Pair, caller: Caller) -> dict[str, Any]:
    return {
        "access_token": pair.access,
        "token_type": "Bearer",
        "expires_in": house.settings.access_token_seconds,
        "refresh_token": pair.refresh,
        "scope": caller.role,
    }


def record(
    db: Connection,
    attempt: Attempt,
    caller: Caller | None,
    at: datetime,
    outcome: str,
    why: str | None,
    action: str = "token.issue",
) -> None:
    route = ROUTE if action == "token.issue" else "POST /v1/token/revoke"
    event = Circumstances(caller, action, route, attempt.request_id, at).event(outcome, code=why)
    db.execute(insert(table(AuditEvent)), [event])
