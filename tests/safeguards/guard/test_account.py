"""What lets one user in, and nobody else: each verb on a few rows of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, insert, select, update

from app.core.db import Base, table
from app.core.errors import Conflict, Forbidden, Invalid, TooMany
from app.registry.staff.models import Unit, User
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard import account
from app.safeguards.guard.account import Account
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.identity import accounts, second_factor
from app.safeguards.identity.caller import Caller
from app.safeguards.identity.models import (
    Credential,
    RecoveryCode,
    Session,
    SignInAttempt,
    Token,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ME, OTHER, CLIENT, UNIT = (UUID(int=one) for one in (1, 2, 3, 6))
HERE, THERE, PAST, OVER, THEIRS = (UUID(int=one) for one in (11, 12, 13, 14, 15))
NAMES = {ME: "worker", OTHER: "other", CLIENT: "client"}
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def people(db: Connection) -> None:
    """Three accounts, whose password is the name of who has it."""
    own = {"last_event_id": OTHER, "version": 1, "updated_at": AT}
    place = {"id": UNIT, "code": "u", "name": "u", "jurisdiction": "ra", "created_at": AT}
    db.execute(insert(table(Unit)).values(**own, **place))
    for user_id, name in NAMES.items():
        row: dict[str, Any] = {"id": user_id, "username": name, "display_name": f"The {name}"}
        row |= {"kind": "client" if user_id is CLIENT else "person", "role": "social_worker"}
        row |= {"unit_id": UNIT, "created_at": AT, "pending": False}
        db.execute(insert(table(User)).values(**own, **row))
        kept = {"user_id": user_id, "password_hash": f"hash of {name}", "mac": b"ours"}
        db.execute(insert(table(Credential)).values(**kept))


@pytest.fixture
def db() -> Iterator[Connection]:
    kinds = (User, Unit, Session, Token, Credential, RecoveryCode, SignInAttempt, AuditEvent)
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine, [table(one) for one in kinds])
    with engine.connect() as db:
        people(db)
        yield db


def signed_in(db: Connection, session_id: UUID, user_id: UUID = ME, **more: Any) -> None:
    row = {"id": session_id, "user_id": user_id, "created_at": AT - MINUTE}
    row = {**row, "expires_at": AT + SECOND, "limited": False, **more}
    db.execute(insert(table(Session)).values(**row))


@pytest.fixture
def several(db: Connection) -> Connection:
    """Sessions of theirs that are open, in another place, over, and ended; and of somebody else."""
    signed_in(db, THERE)
    signed_in(db, HERE)
    signed_in(db, PAST, ended_at=AT - SECOND, ended_why="before")
    signed_in(db, OVER, expires_at=AT)
    signed_in(db, THEIRS, OTHER)
    return db


@pytest.fixture(autouse=True)
def plainly(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Hashes that can be read, and secrets that tell how they were made; what was examined."""
    examined: list[Any] = []

    def examine(password: str, names: list[str]) -> None:
        examined.append((password, names))

    secrets = SimpleNamespace(token_urlsafe="urlsafe {}".format, token_hex="hex {}".format)
    monkeypatch.setattr(account, "hashed", "hash of {}".format)
    monkeypatch.setattr(account, "examine", examine)
    monkeypatch.setattr(account, "secrets", secrets)
    monkeypatch.setattr(accounts, "is_ours", lambda key, row: (key, row["mac"]) == (KEY, b"ours"))
    monkeypatch.setattr(accounts, "word_for_credential", lambda key, row: b"ours")
    monkeypatch.setattr(
        account, "verified", lambda given, known: (known == f"hash of {given}", None)
    )
    return examined


KEY = b"k" * 32
VAULT = SimpleNamespace(admitting=KEY)


def of(db: Connection, user_id: UUID | None = None, session_id: UUID | None = HERE) -> Account:
    actor = Caller(ME, "worker", "social_worker", UNIT, "ra", session_id)
    work: Any = SimpleNamespace(_db=db, actor=actor, at=AT, _vault=VAULT)
    return Account(work, user_id)


def kept(db: Connection, user_id: UUID = ME) -> dict[str, Any]:
    rows = table(Credential)
    row = db.execute(select(rows).where(rows.c.user_id == user_id)).one()._asdict()
    assert row.pop("mac") == b"ours"
    return row


AS_IT_WAS = {
    **{"user_id": OTHER, "password_hash": "hash of other", "one_time_until": None},
    **{"otp_pending": None, "otp_secret": None, "otp_counter": None},
}


def whys(db: Connection) -> dict[UUID, Any]:
    """Of each session that is ended: why, and whether just now."""
    rows = db.execute(select(table(Session))).all()
    return {row.id: (row.ended_why, row.ended_at == AT) for row in rows if row.ended_at}


BEFORE = {PAST: ("before", False)}


def ended(why: str, *sessions: UUID) -> dict[UUID, Any]:
    return BEFORE | {one: (why, True) for one in sessions}


# --- sessions -------------------------------------------------------------------------------------


def test_an_account_is_the_callers_or_that_of_who_is_named(db: Connection) -> None:
    assert of(db).user_id == ME
    assert of(db, OTHER).user_id == OTHER


def test_open_sessions_are_those_that_are_good_now(several: Connection) -> None:
    told = of(several).open_sessions()
    expected = {"created_at": AT - MINUTE, "expires_at": AT + SECOND}
    assert told == [
        {"id": HERE, **expected, "current": True},
        {"id": THERE, **expected, "current": False},
    ]
    assert [one["current"] for one in of(several, OTHER).open_sessions()] == [False]


def test_all_sessions_are_ended_at_once(several: Connection) -> None:
    assert of(several).end_sessions() == 3
    assert whys(several) == ended("signed out everywhere", HERE, THERE, OVER)
    assert of(several, OTHER).end_sessions("why") == 1
    assert whys(several)[THEIRS] == ("why", True)


def test_who_has_a_session_proved_who_they_are_at_its_start(several: Connection) -> None:
    assert of(several).signed_in_at() == AT - MINUTE
    assert of(several, session_id=None).signed_in_at() is None


# --- passwords ------------------------------------------------------------------------------------


def test_a_first_password_is_examined_and_kept_as_its_hash(
    db: Connection, plainly: list[Any]
) -> None:
    db.execute(table(Credential).delete().where(table(Credential).c.user_id == ME))
    of(db).create("new")
    assert plainly == [("new", ["worker", "The worker"])]
    assert kept(db) == {**AS_IT_WAS, "user_id": ME, "password_hash": "hash of new"}
    assert kept(db, OTHER) == AS_IT_WAS


def test_a_client_has_a_secret_of_256_bits(several: Connection) -> None:
    several.execute(table(Credential).delete().where(table(Credential).c.user_id == ME))
    assert of(several).create_client() == "urlsafe 32"
    assert kept(several) == {**AS_IT_WAS, "user_id": ME, "password_hash": "hash of urlsafe 32"}
    assert whys(several) == BEFORE
    several.execute(update(table(Credential)).values(password_hash="old"))
    assert of(several).rotate_secret() == "urlsafe 32"
    assert kept(several)["password_hash"] == "hash of urlsafe 32"
    assert kept(several, OTHER)["password_hash"] == "old"
    assert whys(several) == ended("secret rotated", HERE, THERE, OVER)


def test_a_changed_password_ends_every_session(several: Connection, plainly: list[Any]) -> None:
    several.execute(update(table(Credential)).values(one_time_until=AT))
    assert of(several).change_password("worker", "new") == 3
    assert plainly == [("new", ["worker", "The worker"])]
    own = kept(several)
    assert (own["password_hash"], own["one_time_until"]) == ("hash of new", None)
    assert kept(several, OTHER)["one_time_until"] == AT
    assert whys(several) == ended("password changed", HERE, THERE, OVER)


def test_a_password_is_changed_by_who_knows_it_and_to_another(
    several: Connection, plainly: list[Any]
) -> None:
    with pytest.raises(Forbidden) as refused:
        of(several).change_password("wrong", "new")
    assert (refused.value.code, plainly) == ("wrong-password", [])
    with pytest.raises(Invalid) as unfit:
        of(several).change_password("worker", "worker")
    faults = [(one.pointer, one.code, one.detail) for one in unfit.value.errors]
    assert faults == [("/password", "unchanged", "is the current one")]
    assert plainly == [("worker", ["worker", "The worker"])]
    assert kept(several)["password_hash"] == "hash of worker"
    assert whys(several) == BEFORE


def test_a_reset_password_is_good_for_a_day(several: Connection) -> None:
    password = of(several).reset_password()
    assert password == "hex 3-hex 3-hex 3-hex 3"
    own = kept(several)
    day = timedelta(hours=24)
    assert (own["password_hash"], own["one_time_until"]) == (f"hash of {password}", AT + day)
    assert kept(several, OTHER) == AS_IT_WAS
    assert whys(several) == ended("password reset", HERE, THERE, OVER)


WINDOW = timedelta(minutes=15)


def refusals(db: Connection, number: int, code: str = "wrong-password", **more: Any) -> None:
    caller = Caller(ME, "worker", "social_worker", UNIT, "ra", HERE)
    told = Circumstances(caller, "self", "POST /route", OTHER, AT - WINDOW + SECOND)
    for _ in range(number):
        row = told.event("refused", code=code) | more
        db.execute(insert(table(AuditEvent)).values(row))


def test_who_was_wrong_too_often_waits(db: Connection) -> None:
    refusals(db, 4)
    refusals(db, 3, created_at=AT - WINDOW)
    refusals(db, 3, actor_id=OTHER)
    refusals(db, 3, code="wrong-code")
    refusals(db, 3, outcome="read")
    of(db).prove("worker")
    refusals(db, 1)
    with pytest.raises(TooMany) as refused:
        of(db).prove("worker")
    assert refused.value.headers == {"Retry-After": "900"}
    of(db).allow_another("wrong-code")
    refusals(db, 2, code="wrong-code")
    with pytest.raises(TooMany):
        of(db).allow_another("wrong-code")


def test_wrong_ones_are_counted_before_any_is_tried(db: Connection) -> None:
    refusals(db, 5)
    with pytest.raises(TooMany):
        of(db).prove("wrong")
    of(db, OTHER).prove("other")


# --- second factor --------------------------------------------------------------------------------


@pytest.fixture
def factor(db: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second factor whose only code is `right`; its secret is wrapped in plain words."""

    def accepted(vault: Any, user_id: UUID, secret: bytes, code: str, last: Any) -> int | None:
        assert (vault, user_id, secret, last) == (VAULT, ME, b"pending", None)
        return 7 if code == "right" else None

    def wrapped(vault: Any, key_id: str, user_id: UUID, secret: str) -> bytes:
        assert (vault, key_id, user_id) == (VAULT, "key that wraps", ME)
        return f"wrapped {secret}".encode()

    monkeypatch.setattr(second_factor, "accepted", accepted)
    monkeypatch.setattr(second_factor, "wrapped", wrapped)
    monkeypatch.setattr(account, "wraps_now", {db: "key that wraps"}.__getitem__)
    monkeypatch.setattr(second_factor, "new_secret", lambda: "secret")
    monkeypatch.setattr(second_factor, "recovery_codes", lambda: ["one", "two"])

    def code_digest(vault: Any, of: UUID, code: str) -> bytes:
        assert vault is VAULT
        return f"{of.int} {code}".encode()

    monkeypatch.setattr(second_factor, "code_digest", code_digest)
    monkeypatch.setattr(second_factor, "address", "uri of {} for {}".format)


def recovery(db: Connection) -> set[Any]:
    return {(row.user_id, row.digest) for row in db.execute(select(table(RecoveryCode))).all()}


def with_codes(db: Connection) -> None:
    for user_id in (ME, OTHER):
        row = {"user_id": user_id, "digest": b"old of %d" % user_id.int}
        db.execute(insert(table(RecoveryCode)).values(**row))


THEIR_CODE = (OTHER, b"old of 2")


@pytest.mark.usefixtures("factor")
def test_a_second_factor_is_told_once_and_waits_for_its_first_code(db: Connection) -> None:
    with_codes(db)
    db.execute(update(table(Credential)).values(otp_pending=b"before"))
    told = of(db).enrol("worker")
    uri = "uri of secret for worker"
    assert told == {"secret": "secret", "uri": uri, "recovery_codes": ["one", "two"]}
    own = kept(db)
    assert (own["otp_pending"], own["otp_secret"]) == (b"wrapped secret", None)
    assert kept(db, OTHER)["otp_pending"] == b"before"
    assert recovery(db) == {THEIR_CODE, (ME, b"1 one"), (ME, b"1 two")}


@pytest.mark.usefixtures("factor")
def test_a_second_factor_is_added_by_who_has_none_and_knows_the_password(db: Connection) -> None:
    with_codes(db)
    with pytest.raises(Forbidden):
        of(db).enrol("wrong")
    mine = table(Credential).c.user_id == ME
    db.execute(update(table(Credential)).where(mine).values(otp_secret=b"secret"))
    assert of(db).has_second_factor() is True
    assert of(db, OTHER).has_second_factor() is False
    with pytest.raises(Conflict) as refused:
        of(db).enrol("worker")
    assert refused.value.code == "enrolled"
    assert kept(db)["otp_pending"] is None
    assert recovery(db) == {THEIR_CODE, (ME, b"old of 1")}


@pytest.mark.usefixtures("factor")
def test_a_first_code_puts_it_in_force(db: Connection) -> None:
    db.execute(update(table(Credential)).values(otp_pending=b"pending"))
    of(db).confirm("right")
    own, theirs = kept(db), kept(db, OTHER)
    names = ("otp_pending", "otp_secret", "otp_counter")
    assert [own[name] for name in names] == [None, b"pending", 7]
    assert [theirs[name] for name in names] == [b"pending", None, None]


@pytest.mark.usefixtures("factor")
def test_only_a_right_code_does_and_only_where_one_is_waited_for(db: Connection) -> None:
    with pytest.raises(Conflict) as none:
        of(db).confirm("right")
    assert none.value.code == "not-enrolled"
    db.execute(update(table(Credential)).values(otp_pending=b"pending"))
    with pytest.raises(Forbidden) as wrong:
        of(db).confirm("wrong")
    assert wrong.value.code == "wrong-code"
    assert kept(db)["otp_secret"] is None
    refusals(db, 5, code="wrong-code")
    with pytest.raises(TooMany):
        of(db).confirm("right")


def test_a_reset_second_factor_is_gone_with_its_codes_and_sessions(several: Connection) -> None:
    with_codes(several)
    whole = {"otp_secret": b"secret", "otp_pending": b"pending", "otp_counter": 7}
    several.execute(update(table(Credential)).values(**whole))
    of(several).reset_second_factor()
    assert {name: kept(several)[name] for name in whole} == dict.fromkeys(whole)
    assert {name: kept(several, OTHER)[name] for name in whole} == whole
    assert recovery(several) == {THEIR_CODE}
    assert whys(several) == ended("second factor reset", HERE, THERE, OVER)
