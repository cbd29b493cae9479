"""Who may come in: password, client secret and refresh token (RFC 6749), each try an event."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import DBAPIError, OperationalError

from app.core.db import table
from app.core.errors import LOST, TooMany, Unavailable
from app.core.logs import told
from app.core.transactions import transaction
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.attempts import Attempt, Claim, Refused, no_client, unfit
from app.safeguards.guard.calls import House, on_record
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.protected import protected_kinds
from app.safeguards.guard.second_wall import BEYOND
from app.safeguards.guard.stated import is_as_said
from app.safeguards.identity import second_factor, sessions, throttle
from app.safeguards.identity.accounts import ALTERED, changed, credential, dormant, is_ours
from app.safeguards.identity.admitting import word_for_credential
from app.safeguards.identity.caller import Caller, named
from app.safeguards.identity.models import Credential, RecoveryCode, Session, Token
from app.safeguards.identity.passwords import verified

ROUTES = {"token.issue": "POST /v1/token", "token.revoke": "POST /v1/token/revoke"}
DORMANT = "dormant"
log = logging.getLogger("casework.guard")


def sign_in(house: House, attempt: Attempt) -> dict[str, Any]:
    with recorded(house, attempt):
        return answered(house, attempt)


def answered(house: House, attempt: Attempt) -> dict[str, Any]:
    grant = attempt.form.get("grant_type")
    if attempt.fault:
        raise decline(house, attempt, attempt.fault)
    if grant == "refresh_token":
        return with_refresh(house, attempt)
    if grant in CLAIMS:
        return with_password(house, attempt, CLAIMS[grant](house, attempt))
    error = "unsupported_grant_type" if grant else "invalid_request"
    raise decline(house, attempt, unfit("grant", error))


@contextmanager
def recorded(house: House, attempt: Attempt) -> Iterator[None]:
    """Whatever is decided within is committed by then, and gets its second record.

    What the database refuses, in whichever words, is told as OAuth tells it: try again.
    """
    try:
        yield
    except Refused:
        on_record(house, *attempt.made)
        raise
    except DBAPIError as failure:
        if not isinstance(failure, OperationalError):  # a defect of ours, or of the database
            log.error("sign-in failed", extra={"request_id": attempt.request_id, **told(failure)})
        raise Unavailable(LOST) from failure
    on_record(house, *attempt.made)


def of_person(house: House, attempt: Attempt) -> Claim:
    """A service client may come this way too: the same secret, the same throttle."""
    form = attempt.form
    username, password = form.get("username", ""), form.get("password", "")
    if not username or not password:
        raise decline(house, attempt, unfit("incomplete"))
    return Claim(username, password, lambda why: Refused("invalid_grant", why), False)


def of_client(house: House, attempt: Attempt) -> Claim:
    form = attempt.form
    who, what = attempt.basic or (form.get("client_id", ""), form.get("client_secret", ""))
    if not who or not what:
        raise decline(house, attempt, no_client("incomplete"))
    return Claim(who, what, no_client, True)


CLAIMS = {"password": of_person, "client_credentials": of_client}


def with_password(house: House, attempt: Attempt, claim: Claim) -> dict[str, Any]:
    at, username = attempt.at, claim.username.casefold()
    name = house.vault.blind_index("sign-in name", username)
    address = house.vault.blind_index("sign-in address", attempt.address)
    throttled: TooMany | None = None
    with transaction(house.engine) as db:
        try:
            throttle.admit(db, name, address, at)
        except TooMany as refusal:
            throttled = refusal
            record(db, house, attempt, None, "refused", "throttled")
        known = credential(db, username)
    if throttled:
        raise Refused(
            "temporarily_unavailable",
            "throttled",
            429,
            headers=throttled.headers,
            description=throttled.detail,
        )
    # Hashing takes milliseconds by design: no transaction is held meanwhile.
    fits, renewed = verified(claim.password, known.password_hash if known else None)
    with transaction(house.engine) as db:
        # A password that is set now waits, and ends the session of the one before.
        user = credential(db, username, locked=True)
        if user and known and user.password_hash != known.password_hash:
            fits = False  # changed meanwhile
        caller, answer = named(db, user.user_id) if user else None, None
        why: str | None = "credentials"
        if fits and user:
            # First of all: nothing is spent, and our word given for nothing, that is not ours.
            altered = caller is not None and is_altered(db, house, caller, user)
            why = ALTERED if altered else doubt(db, house, user, claim, attempt)
        throttle.note(db, name, address, at, why is None)
        if why is None and caller:
            if renewed:
                changed(db, house.vault.admitting, caller.id, password_hash=renewed)
            answer = let_in(db, house, attempt, caller, user, renewable=not claim.clients_only)
        else:
            record(db, house, attempt, caller, "refused", why)
    if answer is None:
        wrong = claim.wrong(why or "disabled")
        if why == DORMANT:  # told to who knows the password, and to nobody who guesses
            wrong.description = "not used for long, and locked: ask an administrator"
        if why == ALTERED:
            wrong.description = "changed outside of Casework, and closed: tell an administrator"
        raise wrong
    return answer


def is_altered(db: Connection, house: House, caller: Caller, known: Any = None) -> bool:
    """Whether somebody has made of this user, or of their unit, what no event of ours says.

    `known`: with what they came in, which must have our word.
    """
    BEYOND.state(db)
    kinds = {kind.record: kind for kind in protected_kinds()}
    told = ("user", caller.id), ("unit", caller.unit_id)
    standing = (is_as_said(db, house.vault, kinds[name], one) for name, one in told if one)
    if all(standing) and (known is None or is_ours(house.vault.admitting, known._asdict())):
        return False
    log.error("an account is not as its events say")
    return True


def let_in(
    db: Connection, house: House, attempt: Attempt, caller: Caller, user: Any, renewable: bool
) -> dict[str, Any]:
    """A client with a secret needs no refresh token (RFC 6749 §4.4.3)."""
    limited = user.one_time_until is not None
    whole = span(house) if limited else timedelta(hours=house.settings.session_hours)
    pair = sessions.start(
        db,
        house.vault.admitting,
        caller.id,
        attempt.at,
        span(house),
        whole,
        limited=limited,
        renewable=renewable and not limited,
    )
    record(db, house, attempt, replace(caller, session_id=pair.session_id), "signed-in", None)
    return shown(house, pair, caller)


def doubt(db: Connection, house: House, user: Any, claim: Claim, attempt: Attempt) -> str | None:
    """What still speaks against somebody whose password fits."""
    if claim.clients_only and user.kind != "client":
        return "not-a-client"
    if user.otp_secret and not second(db, house, user, attempt.form.get("otp", ""), attempt.at):
        return "second-factor"
    if dormant(db, user, attempt.at, house.settings.dormant_days):
        return DORMANT
    if user.one_time_until and not once(db, house, user, attempt.at):
        return "one-time-password"
    return None


def once(db: Connection, house: House, user: Any, at: datetime) -> bool:
    """A one-time password is spent by who uses it first."""
    kept, spent = table(Credential), {**user._asdict(), "one_time_until": at}
    values = {"one_time_until": at, "mac": word_for_credential(house.vault.admitting, spent)}
    mine = update(kept).where(kept.c.user_id == user.user_id, kept.c.one_time_until > at)
    mine = mine.where(kept.c.mac == user.mac)  # and nothing of it has changed meanwhile
    return bool(db.execute(mine.values(values)).rowcount)


def second(db: Connection, house: House, user: Any, otp: str, at: datetime) -> bool:
    kept, codes = table(Credential), table(RecoveryCode)
    counter = second_factor.accepted(
        house.vault, user.user_id, user.otp_secret, otp, user.otp_counter
    )
    if counter is not None:
        # The counter is moved only by who moves it first: two requests cannot share a code.
        newer = kept.c.otp_counter.is_(None) | (kept.c.otp_counter < counter)
        moved = update(kept).where(kept.c.user_id == user.user_id, newer)
        return bool(db.execute(moved.values(otp_counter=counter)).rowcount)
    used = update(codes).where(
        codes.c.digest == second_factor.code_digest(house.vault, user.user_id, otp),
        codes.c.user_id == user.user_id,
        codes.c.used_at.is_(None),
    )
    return bool(otp and db.execute(used.values(used_at=at)).rowcount)


def with_refresh(house: House, attempt: Attempt) -> dict[str, Any]:
    token = attempt.form.get("refresh_token", "")
    if not token:
        raise decline(house, attempt, unfit("incomplete"))
    with transaction(house.engine) as db:
        done = sessions.exchange(db, house.vault.admitting, token, attempt.at, span(house))
        caller = named(db, done.user_id) if done.user_id else None
        if done.pair and caller and not is_altered(db, house, caller):
            held = replace(caller, session_id=done.pair.session_id)
            record(db, house, attempt, held, "signed-in", None)
            return shown(house, done.pair, caller)
        why = done.why or (ALTERED if caller else "disabled")
        if done.pair:
            sessions.end(db, attempt.at, why, table(Session).c.id == done.pair.session_id)
        record(db, house, attempt, caller, "refused", why)
    raise Refused("invalid_grant", "refresh")


def revoke(house: House, attempt: Attempt) -> None:
    """RFC 7009: ends the session of an access or refresh token; an unknown one is no error."""
    action, tokens, kept = "token.revoke", table(Token), table(Session)
    token = attempt.form.get("token", "")
    if attempt.fault or not token:
        fault = attempt.fault or unfit("incomplete")
        with recorded(house, attempt):
            raise decline(house, attempt, fault, action)
    with recorded(house, attempt), transaction(house.engine) as db:
        owner = db.execute(
            select(kept.c.id, kept.c.user_id)
            .join(tokens, tokens.c.session_id == kept.c.id)
            .where(tokens.c.digest == sessions.digest_of(token))
        ).one_or_none()
        caller = named(db, owner.user_id) if owner else None
        if owner:
            sessions.end(db, attempt.at, "signed out", kept.c.id == owner.id)
        held = caller and owner and replace(caller, session_id=owner.id)
        record(db, house, attempt, held or None, "signed-out", None, action)


def span(house: House) -> timedelta:
    return timedelta(seconds=house.settings.access_token_seconds)


def shown(house: House, pair: sessions.Pair, caller: Caller) -> dict[str, Any]:
    return {
        "access_token": pair.access,
        "token_type": "Bearer",
        "expires_in": house.settings.access_token_seconds,
        **({"refresh_token": pair.refresh} if pair.refresh else {}),
        "scope": caller.role,
    }


def decline(
    house: House, attempt: Attempt, refusal: Refused, action: str = "token.issue"
) -> Refused:
    """Puts on record what was refused before anybody was looked for."""
    with transaction(house.engine) as db:
        record(db, house, attempt, None, "refused", refusal.why, action)
    return refusal


def record(
    db: Connection,
    house: House,
    attempt: Attempt,
    caller: Caller | None,
    outcome: str,
    why: str | None,
    action: str = "token.issue",
) -> None:
    route, key = ROUTES[action], house.vault.vouching
    circumstances = Circumstances(caller, action, route, attempt.request_id, attempt.at, key)
    db.execute(insert(table(AuditEvent)), [circumstances.event(outcome, code=why)])
    attempt.made.append(circumstances)
