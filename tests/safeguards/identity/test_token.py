"""The token endpoint: OAuth's shapes, one answer for every doubt, and what it leaves on record."""

import base64
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.core.db import Base, table
from app.core.errors import Unavailable
from app.core.values import now
from app.registry.staff.models import User
from app.safeguards.guard import signing_in
from app.safeguards.identity import passwords
from app.safeguards.identity.accounts import changed
from app.safeguards.identity.models import Credential
from tests.conftest import World
from tests.hiring import PASSWORD, change, events, hire, send, unit_of
from tests.looking import rewritten, transaction


def post(world: World, **form: str) -> Any:
    return world.client.post("/v1/token", data=form)


def refused(answer: Any, status: int, error: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert set(answer.json()) <= {"error", "error_description"}
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert PASSWORD not in answer.text


def test_what_a_sign_in_answers(world: World) -> None:
    answer = hire(world).token()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert body["scope"] == "social_worker"


def test_a_name_is_found_however_it_is_written(world: World) -> None:
    one = hire(world)
    form = {"grant_type": "password", "username": one.username.upper(), "password": PASSWORD}
    assert post(world, **form).status_code == 200


def test_the_same_bytes_for_every_doubt(world: World) -> None:
    one, gone = hire(world), hire(world)
    assert gone.change(disabled=True).status_code == 200
    answers = [
        one.token("wrong wrong wrong wrong"),
        gone.token(),
        post(world, grant_type="password", username="nobody-here", password=PASSWORD),
        post(world, grant_type="password", username="n\0body", password=PASSWORD),
        post(world, grant_type="password", username="нет такого", password="п" * 5000),
    ]
    for answer in answers:
        refused(answer, 400, "invalid_grant")
        assert answer.content == answers[0].content
        own = {"x-request-id", "date"}
        kept = [{k: v for k, v in a.headers.items() if k not in own} for a in (answer, answers[0])]
        assert kept[0] == kept[1]
    assert events(world, one.id, "refused") == ["credentials"]


def test_an_unknown_user_costs_as_many_hashes_as_a_known_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, work = hire(world), []
    plain = passwords.in_turn

    def counted(step: Any, *args: Any) -> Any:
        work.append(step)
        return plain(step, *args)

    monkeypatch.setattr(passwords, "in_turn", counted)
    spent = []
    for username in (one.username, "nobody-at-all", "NO\0BODY"):
        work.clear()
        post(world, grant_type="password", username=username, password="wrong")
        spent.append([*work])
    assert spent == [[passwords.CONTEXT.verify_and_update]] * 3


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "invalid_request"),
        ({"grant_type": "password", "username": "a"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "no-such-token"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "x"}, "unsupported_grant_type"),
        ({"grant_type": "implicit"}, "unsupported_grant_type"),
        ({f"field{n}": "x" for n in range(20)}, "invalid_request"),
    ],
)
def test_errors_of_the_request(world: World, form: dict[str, str], error: str) -> None:
    answer = post(world, **form)
    refused(answer, 400, error)
    # Whoever wrote a client is told what is wrong with the form, and nobody which name is wrong.
    assert ("error_description" in answer.json()) == (error != "invalid_grant")


@pytest.mark.parametrize(
    "raw",
    [
        b"grant_type=password&username=a&username=b&password=x",
        b"grant_type=password&username=%ff&password=x",
        b"\xff\xfe",
    ],
)
def test_forms_that_say_two_things_or_none(world: World, raw: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = world.client.post("/v1/token", content=raw, headers=headers)
    refused(answer, 400, "invalid_request")


def test_credentials_in_the_url_are_refused(world: World) -> None:
    one = hire(world)
    form = {"grant_type": "password", "username": one.username, "password": PASSWORD}
    refused(world.client.post("/v1/token", params=form), 400, "invalid_request")
    refused(world.client.post("/v1/token?x=1", data=form), 400, "invalid_request")
    refused(world.client.post("/v1/token/revoke"), 400, "invalid_request")


# --- service clients -----------------------------------------------------------------------------


def engage(world: World, name: str) -> tuple[str, str, str]:
    """Id, client id and secret of a new service client."""
    body = {"client_id": name, "display_name": "A partner", "unit_id": unit_of(world)}
    made = world.as_("administrator")("POST", "/v1/clients", json=body)
    assert made.status_code == 201, made.text
    return made.json()["id"], name, made.json()["client_secret"]


def basic(who: str, what: str, scheme: str = "Basic") -> dict[str, str]:
    return {"Authorization": f"{scheme} {base64.b64encode(f'{who}:{what}'.encode()).decode()}"}


def test_a_client_comes_in_by_its_secret(world: World) -> None:
    _, who, secret = engage(world, "engaged-1")
    form = {"grant_type": "client_credentials"}
    posted = post(world, **form, client_id=who, client_secret=secret)
    headed = world.client.post("/v1/token", data=form, headers=basic(who, secret))
    for answer in (posted, headed):
        assert answer.status_code == 200, answer.text
        assert set(answer.json()) == {"access_token", "token_type", "expires_in", "scope"}
        me = send(world, answer.json()["access_token"], "GET", "/v1/me").json()
        assert (me["username"], me["kind"], me["role"]) == (who, "client", "partner")


def test_invalid_client_is_401_with_a_challenge(world: World) -> None:
    _, who, secret = engage(world, "engaged-2")
    form = {"grant_type": "client_credentials"}
    person = hire(world)
    answers = [
        post(world, **form),
        post(world, **form, client_id=who, client_secret="wrong"),
        post(world, **form, client_id="nobody", client_secret=secret),
        post(world, **form, client_id=person.username, client_secret=PASSWORD),
        world.client.post("/v1/token", data=form, headers=basic(who, "wrong")),
        world.client.post("/v1/token", data=form, headers=basic(who, secret, "Digest")),
        world.client.post("/v1/token", data=form, headers={"Authorization": "Basic !"}),
    ]
    for answer in answers:
        refused(answer, 401, "invalid_client")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    twice = {**form, "client_id": who, "client_secret": secret}
    both = world.client.post("/v1/token", data=twice, headers=basic(who, secret))
    refused(both, 400, "invalid_request")


def test_another_secret_ends_what_the_old_one_let_in(world: World) -> None:
    client_id, who, secret = engage(world, "engaged-3")
    form = {"grant_type": "client_credentials", "client_id": who}
    token = post(world, **form, client_secret=secret).json()["access_token"]
    admin, path = world.as_("administrator"), f"/v1/clients/{client_id}"
    answer = admin("POST", f"{path}/rotate-secret", json={"reason": "the old one was mailed"})
    assert answer.status_code == 200, answer.text
    fresh = answer.json()["client_secret"]
    assert fresh != secret
    assert send(world, token, "GET", "/v1/me").status_code == 401
    for either in (secret, fresh):
        refused(post(world, **form, client_secret=either), 401, "invalid_client")
    assert world.agree(client_id).status_code == 200
    refused(post(world, **form, client_secret=secret), 401, "invalid_client")
    assert post(world, **form, client_secret=fresh).status_code == 200
    person = hire(world)
    for verb, more in (("GET", ""), ("POST", "/rotate-secret")):
        body = {"json": {"reason": "not a client"}} if verb == "POST" else {}
        other = admin(verb, f"/v1/clients/{person.id}{more}", **body)
        assert other.status_code == 404
    listed = admin("GET", "/v1/clients?limit=200").json()["items"]
    assert person.username not in {one["username"] for one in listed}
    assert who in {one["username"] for one in listed}
    assert secret not in str(listed)


# --- renewal of hashes ---------------------------------------------------------------------------


def test_an_old_hash_is_renewed_when_its_owner_signs_in(world: World, in_life: None) -> None:
    one, kept = hire(world), table(Credential)
    mine = kept.c.user_id == UUID(one.id)
    cheap = passwords.CONTEXT.copy(argon2__time_cost=1, argon2__memory_cost=8192)
    old = cheap.hash(PASSWORD)

    def stored() -> str:
        with transaction(world.house.engine) as db:
            return str(db.execute(select(kept.c.password_hash).where(mine)).scalar_one())

    with transaction(world.house.engine) as db:
        key = world.house.vault.admitting
        changed(db, key, UUID(one.id), password_hash=old)
    one.token("wrong wrong wrong wrong")
    assert stored() == old
    one.pair()
    renewed = stored()
    assert "m=19456,t=2,p=1" in renewed
    one.pair()
    assert stored() == renewed


def test_a_password_changed_meanwhile_lets_nobody_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, kept = hire(world), table(Credential)
    plain = passwords.verified

    def slow(password: str, known: str | None) -> tuple[bool, str | None]:
        with transaction(world.house.engine) as db:
            mine = update(kept).where(kept.c.user_id == UUID(one.id))
            db.execute(mine.values(password_hash="changed"))
        return plain(password, known)

    monkeypatch.setattr("app.safeguards.guard.signing_in.verified", slow)
    refused(one.token(), 400, "invalid_grant")


def test_busy_is_told_in_the_words_of_oauth(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> None:
        raise Unavailable("too many sign-ins at once", code="busy")

    monkeypatch.setattr("app.safeguards.guard.signing_in.verified", busy)
    answer = hire(world).token()
    refused(answer, 503, "temporarily_unavailable")
    assert answer.headers["Retry-After"] == "1"


# --- at rest -------------------------------------------------------------------------------------


def test_no_token_password_or_secret_is_kept_in_any_table(world: World) -> None:
    one = hire(world)
    pair = one.pair()
    _, _, secret = engage(world, "engaged-4")
    fresh = one.refresh(pair["refresh_token"]).json()
    told = one.send(
        fresh["access_token"], "POST", "/v1/me/second-factor", json={"password": PASSWORD}
    ).json()
    secrets = {pair["access_token"], pair["refresh_token"], secret, PASSWORD, told["secret"]}
    secrets |= {fresh["access_token"], fresh["refresh_token"], *told["recovery_codes"]}
    searched = 0
    with transaction(world.house.engine) as db:
        for rows in Base.metadata.sorted_tables:
            for row in db.execute(select(rows)):
                searched += 1
                text = "|".join(
                    value.decode("latin-1") if isinstance(value, bytes) else str(value)
                    for value in row
                )
                assert not [one for one in secrets if one in text], rows.name
    assert searched > 1000


# --- the very next request -----------------------------------------------------------------------


def test_a_user_who_is_disabled_is_out_at_the_next_request(world: World) -> None:
    one = hire(world)
    pair = one.pair()
    access, refresh = pair["access_token"], pair["refresh_token"]
    assert one.send(access, "GET", "/v1/me").status_code == 200
    assert one.change(disabled=True).status_code == 200
    assert one.send(access, "GET", "/v1/me").status_code == 401
    refused(one.refresh(refresh), 400, "invalid_grant")
    refused(one.token(), 400, "invalid_grant")
    assert one.change(disabled=False).status_code == 200
    assert one.send(access, "GET", "/v1/me").status_code == 401  # not even then
    assert one.token().status_code == 200


def test_a_disabled_user_is_out_even_if_a_session_was_left_open(world: World) -> None:
    one, rows = hire(world), table(User)
    pair = one.pair()
    with transaction(world.house.engine) as db:
        rewritten(db, User, rows.c.id == UUID(one.id), disabled_at=now())
    assert one.send(pair["access_token"], "GET", "/v1/me").status_code == 401
    refused(one.refresh(pair["refresh_token"]), 400, "invalid_grant")
    assert events(world, one.id, "signed-in") == [None]


def test_another_role_or_unit_ends_the_session(world: World) -> None:
    one = hire(world)
    for changes in ({"role": "educator"}, {"unit_id": unit_of(world, "demo-south")}):
        access = one.pair()["access_token"]
        assert one.send(access, "GET", "/v1/me").status_code == 200
        assert change(world, one.id, **changes).status_code == 200
        assert one.send(access, "GET", "/v1/me").status_code == 401
    access = one.pair()["access_token"]
    assert change(world, one.id, display_name="Only A Name").status_code == 200
    assert one.send(access, "GET", "/v1/me").json()["display_name"] == "Only A Name"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_both(world: World, kind: str) -> None:
    one = hire(world)
    pair = one.pair()
    assert world.client.post("/v1/token/revoke", data={"token": "unknown"}).status_code == 200
    assert one.send(pair["access_token"], "GET", "/v1/me").status_code == 200
    answer = world.client.post("/v1/token/revoke", data={"token": pair[kind]})
    assert (answer.status_code, answer.content) == (200, b"")
    assert one.send(pair["access_token"], "GET", "/v1/me").status_code == 401
    refused(one.refresh(pair["refresh_token"]), 400, "invalid_grant")


def test_a_refresh_token_opens_nothing_else(world: World) -> None:
    one = hire(world)
    pair = one.pair()
    assert one.send(pair["refresh_token"], "GET", "/v1/me").status_code == 401
    refused(one.refresh(pair["access_token"]), 400, "invalid_grant")
    challenge = world.client.get("/v1/me").headers["WWW-Authenticate"]
    assert challenge == "Bearer"


def test_a_refusal_of_the_database_is_told_in_the_words_of_oauth(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that nobody foresaw, such as 34000 of PostgreSQL: there is no such cursor."""

    def strikes(db: Any, *_: Any) -> None:
        db.exec_driver_sql("CLOSE absent")

    monkeypatch.setattr(signing_in, "record", strikes)
    for path in ("/v1/token", "/v1/token/revoke"):
        for form in ({}, {"grant_type": "refresh_token", "refresh_token": "x", "token": "x"}):
            answer = world.client.post(path, data=form)
            refused(answer, 503, "temporarily_unavailable")
            assert answer.headers["Retry-After"] == "1"
