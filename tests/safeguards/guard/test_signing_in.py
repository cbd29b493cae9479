"""Who may come in, and what each try leaves on record."""

from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from app.core.db import table
from app.core.errors import Unavailable
from app.registry.staff.models import User
from app.safeguards.audit.models import AuditEvent
from app.safeguards.audit.vouching import vouched
from app.safeguards.guard import signing_in
from app.safeguards.guard.attempts import Attempt, Claim, Refused, no_client, unfit
from app.safeguards.guard.signing_in import (
    doubt,
    let_in,
    of_client,
    of_person,
    once,
    revoke,
    second,
    sign_in,
    with_password,
    with_refresh,
)
from app.safeguards.identity import accounts, second_factor, sessions
from app.safeguards.identity.caller import Caller
from app.safeguards.identity.models import (
    Credential,
    RecoveryCode,
    Session,
    SignInAttempt,
    Token,
)
from tests.safeguards.guard.test_account import (
    AT,
    CLIENT,
    HERE,
    KEY,
    ME,
    MINUTE,
    OTHER,
    SECOND,
    THEIRS,
    THERE,
    UNIT,
    kept,
    signed_in,
)
from tests.safeguards.guard.test_account import db as db

REQUEST = UUID(int=5)
CALLER = Caller(ME, "worker", "social_worker", UNIT, "ra")
SPAN, DAY = timedelta(seconds=600), timedelta(hours=8)
MINE = sessions.Holder(HERE, ME, limited=False)


def attempt(fault: Any = None, basic: Any = None, **form: str) -> Attempt:
    return Attempt(form, REQUEST, "::1", basic, fault, AT)


class Vault:
    """Names what it hashes, so that it can be read."""

    vouching = b"v" * 32
    admitting = b"k" * 32

    @staticmethod
    def blind_index(purpose: str, value: str) -> bytes:
        return f"{purpose}: {value}".encode()


NAME, ADDRESS = b"sign-in name: worker", b"sign-in address: ::1"


@pytest.fixture
def house() -> Any:
    hours = {"access_token_seconds": 600, "session_hours": 8, "dormant_days": 30}
    return SimpleNamespace(
        engine="engine", vault=Vault(), settings=SimpleNamespace(**hours), sink=None
    )


class Hashes:
    """A password fits its plain hash; an old one is made anew. What was tried, and meanwhile."""

    def __init__(self) -> None:
        self.tried: list[Any] = []
        self.meanwhile: Any = lambda: None

    def verified(self, given: str, known: str | None) -> tuple[bool, str | None]:
        self.tried.append((given, known))
        self.meanwhile()
        old = known == f"old hash of {given}"
        return old or known == f"hash of {given}", f"hash of {given}" if old else None


@pytest.fixture(autouse=True)
def hashes(db: Connection, monkeypatch: pytest.MonkeyPatch) -> Hashes:
    @contextmanager
    def transaction(engine: Any) -> Iterator[Connection]:
        assert engine == "engine"
        with db.begin_nested():
            yield db

    found = Hashes()
    monkeypatch.setattr(signing_in, "transaction", transaction)
    monkeypatch.setattr(signing_in, "verified", found.verified)
    monkeypatch.setattr(signing_in, "is_altered", lambda *_: False)
    monkeypatch.setattr(signing_in, "word_for_credential", lambda key, row: b"ours")
    monkeypatch.setattr(accounts, "is_ours", lambda key, row: (key, row["mac"]) == (KEY, b"ours"))
    monkeypatch.setattr(accounts, "word_for_credential", lambda key, row: b"ours")
    return found


def events(db: Connection) -> list[tuple[Any, ...]]:
    """Of each, as they were written: action, outcome, code, by whom, and in which session."""
    rows = db.execute(select(table(AuditEvent)).order_by(table(AuditEvent).c.id)).all()
    assert all((row.request_id, row.created_at) == (REQUEST, AT) for row in rows)
    assert all(vouched(Vault.vouching, dict(row._mapping)) for row in rows)
    assert {(row.action, row.route) for row in rows} <= {
        ("token.issue", "POST /v1/token"),
        ("token.revoke", "POST /v1/token/revoke"),
    }
    return [(row.action, row.outcome, row.code, row.actor_id, row.session_id) for row in rows]


def tries(db: Connection) -> list[tuple[Any, ...]]:
    rows = db.execute(select(table(SignInAttempt))).all()
    return [(row.name, row.address, row.created_at, row.succeeded) for row in rows]


def refused(work: Any, *asked: Any) -> Refused:
    with pytest.raises(Refused) as found:
        work(*asked)
    return found.value


def told(one: Refused) -> tuple[Any, ...]:
    return one.error, one.why, one.status, one.headers, one.description


ISSUE, REVOKE = "token.issue", "token.revoke"

# --- which way ------------------------------------------------------------------------------------


def test_each_grant_has_its_way(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    claims = {"password": lambda *asked: ("claim", *asked)}
    monkeypatch.setattr(signing_in, "CLAIMS", claims)
    monkeypatch.setattr(signing_in, "with_password", lambda *asked: ("password", *asked))
    monkeypatch.setattr(signing_in, "with_refresh", lambda *asked: ("refresh", *asked))
    person, refresh = attempt(grant_type="password"), attempt(grant_type="refresh_token")
    claim = ("claim", house, person)
    found: Any = sign_in(house, person)
    assert found == ("password", house, person, claim)
    found = sign_in(house, refresh)
    assert found == ("refresh", house, refresh)


def test_a_person_and_a_client_have_their_own_grants(house: Any) -> None:
    for grant, refusal in (
        ("password", unfit("incomplete")),
        ("client_credentials", no_client("incomplete")),
    ):
        assert told(refused(sign_in, house, attempt(grant_type=grant))) == told(refusal)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "magic"}, "unsupported_grant_type"),
    ],
)
def test_another_grant_is_refused(
    house: Any, db: Connection, form: dict[str, str], error: str
) -> None:
    found = refused(sign_in, house, attempt(**form))
    assert told(found) == told(unfit("grant", error))
    assert events(db) == [(ISSUE, "refused", "grant", None, None)]


def test_a_faulty_form_is_refused_before_all_else(house: Any, db: Connection) -> None:
    fault = unfit("query")
    assert refused(sign_in, house, attempt(fault=fault, grant_type="password")) is fault
    assert events(db) == [(ISSUE, "refused", "query", None, None)]


def test_what_is_decided_is_in_the_second_record_once_it_is_committed(
    house: Any, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = list[Any]()

    def on_record(of: Any, *made: Any) -> None:
        assert of is house
        recorded.append([(one["id"], one["outcome"]) for each in made for one in each.made])

    monkeypatch.setattr(signing_in, "on_record", on_record)
    refused(sign_in, house, attempt(grant_type="magic"))
    sign_in(house, attempt(grant_type="password", username="worker", password="worker"))
    rows = db.execute(select(table(AuditEvent)).order_by(table(AuditEvent).c.id)).all()
    assert recorded == [[(row.id, row.outcome)] for row in rows]
    assert [row.outcome for row in rows] == ["refused", "signed-in"]


@pytest.mark.parametrize("kind", [OperationalError, ProgrammingError, IntegrityError, DBAPIError])
def test_what_the_database_refuses_is_told_as_its_fault(
    house: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: Any
) -> None:
    """Also where it says so in words that nobody foresaw; those are for the log."""

    def lost(*_: Any) -> Any:
        raise kind("", None, Exception())

    monkeypatch.setattr(signing_in, "with_refresh", lost)
    with pytest.raises(Unavailable, match=r"^the database did not answer; try again$"):
        sign_in(house, attempt(grant_type="refresh_token"))
    monkeypatch.setattr(signing_in, "transaction", lost)
    with pytest.raises(Unavailable):
        revoke(house, attempt(token="one"))
    logged = [one.__dict__ for one in caplog.records if one.msg == "sign-in failed"]
    assert len(logged) == (0 if kind is OperationalError else 2)
    for one in logged:
        told = one["name"], one["request_id"], one["failure"]
        assert told == ("casework.guard", REQUEST, kind.__name__)


def test_a_person_gives_name_and_password(house: Any, db: Connection) -> None:
    claim = of_person(house, attempt(username="a", password="b"))
    assert (claim.username, claim.password, claim.clients_only) == ("a", "b", False)
    assert told(claim.wrong("why")) == told(Refused("invalid_grant", "why"))
    for form in ({"username": "a"}, {"password": "b"}, {"username": "", "password": "b"}):
        assert told(refused(of_person, house, attempt(**form))) == told(unfit("incomplete"))
    assert events(db) == [(ISSUE, "refused", "incomplete", None, None)] * 3


def test_a_client_gives_its_secret_in_the_header_or_the_form(house: Any, db: Connection) -> None:
    for given in (
        attempt(basic=("a", "b"), client_id="c", client_secret="d"),
        attempt(client_id="a", client_secret="b"),
    ):
        claim = of_client(house, given)
        assert (claim.username, claim.password, claim.clients_only) == ("a", "b", True)
        assert told(claim.wrong("why")) == told(no_client("why"))
    for bad in (attempt(client_id="a"), attempt(client_secret="b"), attempt(basic=("a", ""))):
        assert told(refused(of_client, house, bad)) == told(no_client("incomplete"))
    assert events(db) == [(ISSUE, "refused", "incomplete", None, None)] * 3


# --- by password ----------------------------------------------------------------------------------


def claim(name: str = "worker", password: str = "worker", clients_only: bool = False) -> Claim:
    return Claim(name, password, lambda why: Refused("wrong", why), clients_only)


def session_of(db: Connection, user_id: UUID = ME) -> Any:
    rows = table(Session)
    return db.execute(select(rows).where(rows.c.user_id == user_id)).one()


def tokens_of(db: Connection, answer: dict[str, Any]) -> dict[str, Any]:
    """Until when each token of an answer is good, by its kind."""
    kinds = {"access": answer["access_token"], "refresh": answer.get("refresh_token")}
    digests = {sessions.digest_of(text): kind for kind, text in kinds.items() if text}
    rows = db.execute(select(table(Token))).all()
    assert all(digests[row.digest] == row.kind for row in rows)
    return {row.kind: row.expires_at for row in rows}


def test_who_knows_the_password_is_let_in(house: Any, db: Connection, hashes: Hashes) -> None:
    answer = with_password(house, attempt(), claim("WorKer"))
    session = session_of(db)
    assert (session.created_at, session.expires_at, session.limited) == (AT, AT + DAY, False)
    assert tokens_of(db, answer) == {"access": AT + SPAN, "refresh": AT + DAY}
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 600)
    assert answer["scope"] == "social_worker"
    assert answer.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert events(db) == [(ISSUE, "signed-in", None, ME, session.id)]
    assert tries(db) == [(NAME, ADDRESS, AT, True)]
    assert hashes.tried == [("worker", "hash of worker")]
    assert kept(db)["password_hash"] == "hash of worker"


@pytest.mark.parametrize(
    ("name", "known", "actor"), [("worker", "hash of worker", ME), ("nobody", None, None)]
)
def test_who_does_not_is_refused_in_the_same_words(
    house: Any, db: Connection, hashes: Hashes, name: str, known: Any, actor: Any
) -> None:
    found = refused(with_password, house, attempt(), claim(name, "wrong"))
    assert told(found) == ("wrong", "credentials", 400, {}, None)
    assert hashes.tried == [("wrong", known)]
    assert events(db) == [(ISSUE, "refused", "credentials", actor, None)]
    assert tries(db) == [(b"sign-in name: " + name.encode(), ADDRESS, AT, False)]
    assert db.execute(select(table(Session))).all() == []


def test_who_tried_too_often_is_told_to_wait_and_not_looked_at(
    house: Any, db: Connection, hashes: Hashes
) -> None:
    row = {"name": NAME, "address": ADDRESS, "succeeded": False, "created_at": AT - SECOND}
    for number in range(10):
        db.execute(insert(table(SignInAttempt)).values(**row, id=UUID(int=number)))
    found = refused(with_password, house, attempt(), claim())
    assert told(found) == (
        *("temporarily_unavailable", "throttled", 429, {"Retry-After": "900"}),
        "wait before the next try",
    )
    assert hashes.tried == []
    assert events(db) == [(ISSUE, "refused", "throttled", None, None)]
    assert len(tries(db)) == 10


def test_a_hash_of_another_cost_is_made_anew(house: Any, db: Connection) -> None:
    names = {ME: "worker", OTHER: "other"}
    for user_id, name in names.items():
        mine = table(Credential).c.user_id == user_id
        changed = update(table(Credential)).where(mine)
        db.execute(changed.values(password_hash=f"old hash of {name}"))
    with_password(house, attempt(), claim())
    assert kept(db)["password_hash"] == "hash of worker"
    assert kept(db, OTHER)["password_hash"] == "old hash of other"


def test_what_changes_while_it_is_hashed_counts(house: Any, db: Connection, hashes: Hashes) -> None:
    mine = update(table(Credential)).where(table(Credential).c.user_id == ME)
    hashes.meanwhile = lambda: db.execute(mine.values(password_hash="another"))
    assert refused(with_password, house, attempt(), claim()).why == "credentials"
    db.execute(mine.values(password_hash="hash of worker"))
    me = update(table(User)).where(table(User).c.id == ME)
    hashes.meanwhile = lambda: db.execute(me.values(disabled_at=AT))
    assert refused(with_password, house, attempt(), claim()).why == "credentials"
    assert events(db) == [
        (ISSUE, "refused", "credentials", ME, None),
        (ISSUE, "refused", "credentials", None, None),
    ]


def test_who_was_not_there_at_first_is_not_let_in(
    house: Any, db: Connection, hashes: Hashes
) -> None:
    me = update(table(User)).where(table(User).c.id == ME)
    db.execute(me.values(disabled_at=AT))
    hashes.meanwhile = lambda: db.execute(me.values(disabled_at=None))
    assert refused(with_password, house, attempt(), claim()).why == "credentials"


@pytest.mark.parametrize("why", ["some", "dormant", None])
def test_whatever_doubt_there_is_keeps_them_out(
    house: Any, db: Connection, monkeypatch: pytest.MonkeyPatch, why: str | None
) -> None:
    asked = attempt()

    def doubt(*given: Any) -> str | None:
        assert given[:2] == (db, house)
        assert given[3:] == (one, asked)
        assert given[2].user_id == ME
        return why

    one = claim()
    monkeypatch.setattr(signing_in, "doubt", doubt)
    if why is None:  # no doubt, and yet nobody
        monkeypatch.setattr(signing_in, "named", lambda *_: None)
    found = refused(with_password, house, asked, one)
    locked = "not used for long, and locked: ask an administrator" if why == "dormant" else None
    assert told(found) == ("wrong", why or "disabled", 400, {}, locked)
    assert events(db) == [(ISSUE, "refused", why, ME if why else None, None)]
    assert [one[3] for one in tries(db)] == [why is None]


def test_a_client_is_let_in_without_a_refresh_token(house: Any, db: Connection) -> None:
    answer = with_password(house, attempt(), claim("client", "client", clients_only=True))
    assert "refresh_token" not in answer
    assert tokens_of(db, answer) == {"access": AT + SPAN}
    assert session_of(db, CLIENT).expires_at == AT + DAY


def test_a_one_time_password_lets_in_for_a_while_and_to_set_another(
    house: Any, db: Connection
) -> None:
    user = SimpleNamespace(one_time_until=AT)
    answer = let_in(db, house, attempt(), CALLER, user, renewable=True)
    session = session_of(db)
    assert (session.expires_at, session.limited) == (AT + SPAN, True)
    assert tokens_of(db, answer) == {"access": AT + SPAN}
    assert events(db) == [(ISSUE, "signed-in", None, ME, session.id)]


Known = namedtuple("Known", ["user_id", "otp_secret", "mac"])

# --- doubts ---------------------------------------------------------------------------------------


class Doubts:
    """A user, and what each question about them is answered."""

    def __init__(self, house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house = house
        self.user = SimpleNamespace(kind="client", otp_secret=b"secret", one_time_until=AT)
        self.says = {"second": True, "dormant": False, "once": True}
        self.asked: list[Any] = []
        for name in self.says:
            monkeypatch.setattr(signing_in, name, self.answer(name))

    def answer(self, name: str) -> Any:
        def told(*asked: Any) -> bool:
            self.asked.append((name, *asked))
            return self.says[name]

        return told

    def raised(self, clients_only: bool = True, **form: str) -> str | None:
        db: Any = "db"
        return doubt(db, self.house, self.user, claim("a", "b", clients_only), attempt(**form))


def test_who_raises_no_doubt_is_asked_all_of_it(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = Doubts(house, monkeypatch)
    assert some.raised(otp="code") is None
    assert some.asked == [
        ("second", "db", house, some.user, "code", AT),
        ("dormant", "db", some.user, AT, 30),
        ("once", "db", house, some.user, AT),
    ]
    some.asked.clear()
    some.raised()
    assert some.asked[0] == ("second", "db", house, some.user, "", AT)
    some.asked.clear()
    some.user.otp_secret = some.user.one_time_until = None
    assert some.raised() is None
    assert [one[0] for one in some.asked] == ["dormant"]


def test_each_doubt_has_its_name(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    some = Doubts(house, monkeypatch)
    some.says["once"] = False
    assert some.raised() == "one-time-password"
    some.says["dormant"] = True
    assert some.raised() == "dormant"
    some.says["second"] = False
    assert some.raised() == "second-factor"
    some.user.kind = "person"
    assert some.raised() == "not-a-client"
    assert some.raised(clients_only=False) == "second-factor"
    some.user.otp_secret = None
    assert some.raised(clients_only=False) == "dormant"
    some.says["dormant"] = False
    some.user.one_time_until = None
    assert some.raised(clients_only=False) is None


def test_a_one_time_password_is_spent_by_who_uses_it_first(
    house: Any, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = Known(ME, None, b"ours")
    db.execute(update(table(Credential)).values(one_time_until=AT + SECOND))
    given = list[Any]()

    def word_for_credential(*asked: Any) -> bytes:
        given.append(asked)
        return b"ours"

    monkeypatch.setattr(signing_in, "word_for_credential", word_for_credential)
    assert once(db, house, user, AT) is True
    said = {"user_id": ME, "otp_secret": None, "mac": b"ours", "one_time_until": AT}
    assert given == [(KEY, said)]
    assert kept(db)["one_time_until"] == AT
    assert kept(db, OTHER)["one_time_until"] == AT + SECOND
    assert once(db, house, user, AT) is False
    db.execute(update(table(Credential)).values(one_time_until=AT + SECOND))
    assert once(db, house, user._replace(mac=b"as it was"), AT) is False  # changed meanwhile


def test_a_code_of_the_second_factor_is_spent_by_who_uses_it_first(
    house: Any, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def accepted(*asked: Any) -> int | None:
        assert asked == (house.vault, ME, b"secret", "code", 3)
        return 7

    monkeypatch.setattr(second_factor, "accepted", accepted)
    user = SimpleNamespace(user_id=ME, otp_secret=b"secret", otp_counter=3)
    rows = update(table(Credential))
    for before, fits in ((None, True), (6, True), (7, False), (8, False)):
        db.execute(rows.values(otp_counter=before))
        assert second(db, house, user, "code", AT) is fits
        assert kept(db)["otp_counter"] == (7 if fits else before)
        assert kept(db, OTHER)["otp_counter"] == before


def test_a_recovery_code_is_good_once_and_for_its_owner(
    house: Any, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_factor, "accepted", lambda *_: None)
    codes = {(ME, "mine"): None, (ME, "other"): None, (ME, ""): None, (ME, "used"): AT - SECOND}
    for (user_id, code), used_at in codes.items():
        row = {"user_id": user_id, "digest": second_factor.code_digest(house.vault, ME, code)}
        db.execute(insert(table(RecoveryCode)).values(**row, used_at=used_at))
    theirs = {"user_id": OTHER, "digest": second_factor.code_digest(house.vault, ME, "theirs")}
    db.execute(insert(table(RecoveryCode)).values(**theirs))
    user = SimpleNamespace(user_id=ME, otp_secret=b"secret", otp_counter=None)
    tried = ("mine", "mine", "", "used", "theirs", "none")
    fits = [second(db, house, user, code, AT) for code in tried]
    assert fits == [True, False, False, False, False, False]
    used = {row.digest: row.used_at for row in db.execute(select(table(RecoveryCode))).all()}
    at = {code: used[second_factor.code_digest(house.vault, ME, code)] for _, code in codes}
    assert at == {"mine": AT, "other": None, "": None, "used": AT - SECOND}


# --- accounts that somebody has altered -----------------------------------------------------------

IS_ALTERED = signing_in.is_altered


@pytest.mark.parametrize("wrong", [None, "user", "unit", "word"])
def test_an_account_is_as_its_events_say_with_its_unit_and_our_word(
    house: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, wrong: str | None
) -> None:
    asked, db = list[Any](), object()

    def is_as_said(of: Any, vault: Any, kind: Any, one: UUID) -> bool:
        asked.append((of, vault, kind.record, one))
        return bool(kind.record != wrong)

    kinds = [SimpleNamespace(record=one) for one in ("unit", "case", "user")]
    monkeypatch.setattr(signing_in, "protected_kinds", lambda: kinds)
    monkeypatch.setattr(signing_in, "is_as_said", is_as_said)
    monkeypatch.setattr(signing_in, "BEYOND", SimpleNamespace(state=asked.append))
    row = {"mac": b"none" if wrong == "word" else b"ours"}
    monkeypatch.setattr(
        signing_in, "is_ours", lambda key, known: (key, known) == (KEY, {"mac": b"ours"})
    )
    known = SimpleNamespace(_asdict=lambda: row)
    at: Any = db
    assert IS_ALTERED(at, house, CALLER, known) is (wrong is not None)
    assert asked[:2] == [db, (db, house.vault, "user", ME)]  # past the walls, first of all
    assert asked[2:] == ([] if wrong == "user" else [(db, house.vault, "unit", UNIT)])
    told = [one.message for one in caplog.records]
    assert told == (["an account is not as its events say"] if wrong else [])
    if wrong == "word":  # a token is renewed without one
        assert IS_ALTERED(at, house, CALLER) is False


def test_who_belongs_to_no_unit_is_held_to_none(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, db = list[Any](), cast(Any, "db")

    def is_as_said(*given: Any) -> bool:
        asked.append(given[3])
        return True

    kinds = [SimpleNamespace(record=one) for one in ("unit", "user")]
    monkeypatch.setattr(signing_in, "protected_kinds", lambda: kinds)
    monkeypatch.setattr(signing_in, "is_as_said", is_as_said)
    monkeypatch.setattr(signing_in, "BEYOND", SimpleNamespace(state=lambda _: None))
    assert IS_ALTERED(db, house, replace(CALLER, unit_id=None)) is False
    assert asked == [ME]


def test_an_altered_account_is_told_so_and_has_no_session(
    house: Any, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_in, "is_altered", lambda *_: True)
    by = attempt(grant_type="password", username="worker", password="worker")
    found = refused(sign_in, house, by)
    assert found.description == "changed outside of Casework, and closed: tell an administrator"
    assert events(db) == [(ISSUE, "refused", "altered", ME, None)]
    signed_in(db, HERE, expires_at=AT + DAY)
    first = sessions.issue(db, KEY, MINE, AT - MINUTE, SPAN, AT + DAY)
    refused(with_refresh, house, attempt(refresh_token=first.refresh or ""))
    assert session_of(db).ended_why == "altered"
    assert events(db)[1:] == [(ISSUE, "refused", "altered", ME, None)]


# --- by refresh token -----------------------------------------------------------------------------


def test_a_refresh_token_is_exchanged(house: Any, db: Connection) -> None:
    signed_in(db, THEIRS, OTHER)
    signed_in(db, HERE, expires_at=AT + DAY)
    first = sessions.issue(db, KEY, MINE, AT - MINUTE, SPAN, AT + DAY)
    answer = with_refresh(house, attempt(refresh_token=first.refresh or ""))
    assert answer["scope"] == "social_worker"
    assert answer["refresh_token"] != first.refresh
    rows = table(Token)
    held = select(rows.c.expires_at).where(
        rows.c.digest == sessions.digest_of(answer["access_token"])
    )
    assert db.execute(held).scalar_one() == AT + SPAN
    assert events(db) == [(ISSUE, "signed-in", None, ME, HERE)]


PAIR = sessions.Pair(HERE, "access", "refresh")


@pytest.mark.parametrize(
    ("done", "code", "actor"),
    [
        (sessions.Exchange("why", ME), "why", ME),
        (sessions.Exchange("why"), "why", None),
        (sessions.Exchange(None, CLIENT, PAIR), "disabled", None),
    ],
)
def test_what_is_not_exchanged_is_on_record(
    house: Any,
    db: Connection,
    monkeypatch: pytest.MonkeyPatch,
    done: sessions.Exchange,
    code: str,
    actor: UUID | None,
) -> None:
    def exchange(*asked: Any) -> sessions.Exchange:
        assert asked == (db, KEY, "token", AT, SPAN)
        return done

    monkeypatch.setattr(sessions, "exchange", exchange)
    db.execute(update(table(User)).where(table(User).c.id == CLIENT).values(disabled_at=AT))
    found = refused(with_refresh, house, attempt(refresh_token="token"))
    assert told(found) == told(Refused("invalid_grant", "refresh"))
    assert events(db) == [(ISSUE, "refused", code, actor, None)]


def test_a_refresh_without_a_token_is_incomplete(house: Any, db: Connection) -> None:
    for form in ({}, {"refresh_token": ""}):
        assert told(refused(with_refresh, house, attempt(**form))) == told(unfit("incomplete"))
    assert events(db) == [(ISSUE, "refused", "incomplete", None, None)] * 2


# --- out again ------------------------------------------------------------------------------------


def test_a_token_ends_its_session_and_no_other(house: Any, db: Connection) -> None:
    for session_id, user_id in ((HERE, ME), (THERE, ME), (THEIRS, OTHER)):
        signed_in(db, session_id, user_id)
    sessions.issue(db, KEY, replace(MINE, session_id=THERE), AT, SPAN, AT + DAY)
    pair = sessions.issue(db, KEY, MINE, AT, SPAN, AT + DAY)
    revoke(house, attempt(token=pair.access))
    rows = {row.id: (row.ended_at, row.ended_why) for row in db.execute(select(table(Session)))}
    still = (None, None)
    assert rows == {HERE: (AT, "signed out"), THERE: still, THEIRS: still}
    assert events(db) == [(REVOKE, "signed-out", None, ME, HERE)]


def test_a_token_of_nobody_is_no_error(house: Any, db: Connection) -> None:
    signed_in(db, HERE)
    revoke(house, attempt(token="nobody's"))
    assert events(db) == [(REVOKE, "signed-out", None, None, None)]
    assert session_of(db).ended_at is None
    pair = sessions.issue(db, KEY, MINE, AT, SPAN, AT + DAY)
    db.execute(update(table(User)).where(table(User).c.id == ME).values(disabled_at=AT))
    revoke(house, attempt(token=pair.access))
    assert events(db)[1] == (REVOKE, "signed-out", None, None, None)
    assert session_of(db).ended_at == AT


def test_what_is_no_revocation_is_refused(house: Any, db: Connection) -> None:
    fault = unfit("repeated")
    assert refused(revoke, house, attempt(fault=fault, token="token")) is fault
    for form in ({}, {"token": ""}):
        assert told(refused(revoke, house, attempt(**form))) == told(unfit("incomplete"))
    codes = ["repeated", "incomplete", "incomplete"]
    assert events(db) == [(REVOKE, "refused", code, None, None) for code in codes]


def test_what_is_shown_of_a_pair(house: Any) -> None:
    told = {"access_token": "access", "token_type": "Bearer", "expires_in": 600}
    caller = replace(CALLER, role="auditor")
    assert signing_in.shown(house, PAIR, caller) == {
        **told,
        "refresh_token": "refresh",
        "scope": "auditor",
    }
    bare = replace(PAIR, refresh=None)
    assert signing_in.shown(house, bare, caller) == {**told, "scope": "auditor"}
