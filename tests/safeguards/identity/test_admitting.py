"""Who holds the database lets nobody in, in nobody's name: what they put there is not ours."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert, select, update

from app.core.db import table
from app.core.values import new_id, now
from app.registry.staff.models import Unit, User
from app.safeguards.identity.accounts import changed
from app.safeguards.identity.models import Credential, RecoveryCode, Session, Token
from app.safeguards.identity.passwords import hashed
from app.safeguards.identity.second_factor import code_digest
from app.safeguards.identity.sessions import digest_of
from tests.conftest import World
from tests.hiring import Hired, events, hire, send
from tests.looking import past_insistence, transaction

TOKENS, SESSIONS, CREDENTIALS = table(Token), table(Session), table(Credential)
USERS, UNITS = table(User), table(Unit)
OWN = "a password of their own"


def held(world: World, edit: Callable[[Connection], object], keys: bool = True) -> None:
    """By who holds the database, and no key of ours."""
    with past_insistence(world.house, keys=keys) as db:
        edit(db)


def session_of(db: Connection, token: str) -> UUID:
    found = select(TOKENS.c.session_id).where(TOKENS.c.digest == digest_of(token))
    return UUID(str(db.execute(found).scalar_one()))


def answers(world: World, token: str) -> int:
    return int(send(world, token, "GET", "/v1/me").status_code)


def test_a_token_that_was_put_there_is_nobodys(world: World) -> None:
    victim, mine = hire(world), hire(world)
    theirs = victim.pair()["access_token"]
    assert answers(world, theirs) == 200

    def edit(db: Connection) -> None:
        kept = db.execute(select(TOKENS).where(TOKENS.c.digest == digest_of(theirs))).one()
        for kind, token in (("access", "put there"), ("refresh", "put there, too")):
            row = {**kept._asdict(), "digest": digest_of(token), "kind": kind}
            db.execute(insert(TOKENS).values(row))

    held(world, edit)
    assert answers(world, "put there") == 401
    assert victim.refresh("put there, too").status_code == 400
    assert answers(world, theirs) == 200
    # What is lost of a token of one's own: it is of the kind that it was given as.
    pair = mine.pair()
    swapped = update(TOKENS).where(TOKENS.c.digest == digest_of(pair["refresh_token"]))
    held(world, lambda db: db.execute(swapped.values(kind="access")))
    assert answers(world, pair["refresh_token"]) == 401


@pytest.mark.parametrize("used_before", [False, True])
def test_a_session_of_ones_own_is_nobody_elses(world: World, used_before: bool) -> None:
    """By its user, or by another session; also where this process knows the token already."""
    victim, mine = hire(world), hire(world)
    theirs, pairs = victim.pair()["access_token"], [mine.pair() for _ in range(2)]
    for pair in pairs if used_before else []:
        assert answers(world, pair["access_token"]) == 200
    given, moved = (pair["access_token"] for pair in pairs)

    def edit(db: Connection) -> None:
        own = session_of(db, given)
        user = {"user_id": UUID(victim.id)}
        db.execute(update(SESSIONS).where(SESSIONS.c.id == own).values(user))
        there = {"session_id": session_of(db, theirs)}
        db.execute(update(TOKENS).where(TOKENS.c.digest == digest_of(moved)).values(there))

    held(world, edit)
    assert [answers(world, one) for one in (given, moved, theirs)] == [401, 401, 200]
    assert mine.refresh(pairs[0]["refresh_token"]).status_code == 400
    assert events(world, victim.id, "signed-in") == [None]


def put_off(token: str, by: timedelta) -> Callable[[Connection], object]:
    """The end of a token and of its session."""

    def edit(db: Connection) -> None:
        of = TOKENS.c.digest == digest_of(token)
        for rows, row in ((SESSIONS, SESSIONS.c.id == session_of(db, token)), (TOKENS, of)):
            until = db.execute(select(rows.c.expires_at).where(row)).scalar_one()
            db.execute(update(rows).where(row).values(expires_at=until + by))

    return edit


@pytest.mark.parametrize("used_before", [False, True])
def test_nobody_stays_longer_than_was_said(world: World, used_before: bool) -> None:
    mine = hire(world)
    pair = mine.pair()
    access, refresh = pair["access_token"], pair["refresh_token"]
    if used_before:
        assert answers(world, access) == answers(world, access) == 200
    for token in (access, refresh):
        held(world, put_off(token, timedelta(hours=1)))
    if used_before:  # what is remembered was found by our word, and is good until then
        kept = world.house.remembered.of(digest_of(access))
        assert kept
        assert kept.until
        assert world.house.expected(digest_of(access), kept.until) is None
        world.house.remembered.forget(digest_of(access))
    assert answers(world, access) == 401
    assert mine.refresh(refresh).status_code == 400


def test_who_is_to_set_a_password_first_is_let_in_for_no_more(world: World) -> None:
    one = hire(world)
    once = world.as_("administrator")("POST", f"/v1/users/{one.id}/reset-password", json=WHY)
    assert once.is_success, once.text
    world.agree(one.id)
    token = one.token(once.json()["password"]).json()["access_token"]
    assert answers(world, token) == 200
    assert send(world, token, "GET", "/v1/cases").status_code == 403
    here = select(TOKENS.c.session_id).where(TOKENS.c.digest == digest_of(token))
    whole = update(SESSIONS).where(SESSIONS.c.id.in_(here)).values(limited=False)
    held(world, lambda db: db.execute(whole))
    assert send(world, token, "GET", "/v1/cases").status_code == 401


def test_a_password_that_is_being_set_is_waited_for(world: World) -> None:
    """Else a sign-in by the one before would outlast it."""
    mine = hire(world)
    answers_of = list[int]()
    asked = Thread(target=lambda: answers_of.append(mine.token().status_code))
    with transaction(world.house.engine) as db:
        of = mine.id
        changed(db, world.house.vault.admitting, UUID(of), password_hash=hashed("another one"))
        asked.start()
        asked.join(1)  # far longer than it takes who does not wait
    asked.join()
    assert answers_of == [400]


def test_a_password_of_ones_own_opens_nobody_elses_account(world: World) -> None:
    victim, mine = hire(world), hire(world, password=OWN)
    kept = select(CREDENTIALS.c.password_hash).where(CREDENTIALS.c.user_id == UUID(mine.id))

    def give(values: Callable[[Connection], dict[str, Any]]) -> None:
        whose = update(CREDENTIALS).where(CREDENTIALS.c.user_id == UUID(victim.id))
        held(world, lambda db: db.execute(whose.values(values(db))))

    give(lambda db: {"password_hash": hashed(OWN)})
    refused(victim.token(OWN))
    row = select(CREDENTIALS.c.password_hash, CREDENTIALS.c.mac).where(
        CREDENTIALS.c.user_id == UUID(mine.id)
    )
    give(lambda db: dict(db.execute(row).one()._asdict()))
    refused(victim.token(OWN))
    assert events(world, victim.id, "refused") == ["altered", "altered"]
    # Nor does the application give its word for it, when something else is changed.
    reset = world.as_("administrator")("POST", f"/v1/users/{victim.id}/reset-password", json=WHY)
    assert (reset.status_code, reset.json()["code"]) == (409, "altered")
    with transaction(world.house.engine) as db:
        assert db.execute(kept).scalar_one()
    assert mine.token(OWN).status_code == 200


WHY = {"reason": "forgotten"}


def refused(answer: Any) -> None:
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"
    assert "changed outside of Casework" in answer.json()["error_description"]


def test_a_second_factor_is_not_taken_away_nor_a_code_put_there(world: World) -> None:
    victim = hire(world)
    token = victim.pair()["access_token"]
    body = {"password": victim.password}
    made = send(world, token, "POST", "/v1/me/second-factor", json=body).json()
    from passlib.totp import TOTP  # noqa: PLC0415

    otp = TOTP(key=made["secret"]).generate().token
    done = send(world, token, "POST", "/v1/me/second-factor/confirm", json={"otp": otp})
    assert done.is_success, done.text
    code = made["recovery_codes"][0]
    assert victim.token(otp=code).status_code == 200
    user = UUID(victim.id)

    def put(db: Connection) -> None:
        from hashlib import sha256  # noqa: PLC0415

        plain = sha256(user.bytes + b"put there").digest()
        db.execute(insert(table(RecoveryCode)).values(digest=plain, user_id=user))

    held(world, put)
    assert victim.token(otp="put there").status_code == 400
    ours = code_digest(world.house.vault, user, made["recovery_codes"][1])
    codes = table(RecoveryCode)
    with transaction(world.house.engine) as db:
        assert db.execute(select(codes).where(codes.c.digest == ours)).one()
    without = update(CREDENTIALS).where(CREDENTIALS.c.user_id == user)
    held(world, lambda db: db.execute(without.values(otp_secret=None)))
    refused(victim.token())


EDITS: dict[str, Callable[[Hired], Any]] = {
    "role": lambda one: (USERS, one.id, {"role": "data_protection_officer"}),
    "name": lambda one: (USERS, one.id, {"display_name": "Another"}),
    "unit": lambda one: (UNITS, None, {"jurisdiction": "rb"}),
}


@pytest.mark.parametrize("what", EDITS)
def test_what_no_event_says_of_a_user_lets_nobody_in(fresh: World, what: str) -> None:
    one = hire(fresh)
    pair = one.pair()
    rows, row_id, values = EDITS[what](one)
    with transaction(fresh.house.engine) as db:
        unit = select(USERS.c.unit_id).where(USERS.c.id == UUID(one.id))
        row_id = UUID(row_id) if row_id else db.execute(unit).scalar_one()
    held(fresh, lambda db: db.execute(update(rows).where(rows.c.id == row_id).values(values)))
    refused(one.token())
    assert one.refresh(pair["refresh_token"]).status_code == 400
    assert events(fresh, one.id, "refused") == ["altered", "altered"]
    assert answers(fresh, pair["access_token"]) == 401  # the session is over with it


def test_somebody_who_was_put_there_is_nobody(fresh: World) -> None:
    one = hire(fresh)

    def edit(db: Connection) -> None:
        row = db.execute(select(USERS).where(USERS.c.id == UUID(one.id))).one()._asdict()
        row |= {"id": new_id(), "username": "put-there", "created_at": now()}
        db.execute(insert(USERS).values(row))
        kept = db.execute(select(CREDENTIALS).where(CREDENTIALS.c.user_id == UUID(one.id)))
        copied = {**kept.one()._asdict(), "user_id": row["id"]}
        db.execute(insert(CREDENTIALS).values(copied))

    held(fresh, edit, keys=False)
    refused(Hired(fresh, "", "put-there").token())
