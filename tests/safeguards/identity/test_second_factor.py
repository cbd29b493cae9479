"""Enrolment is proven before it counts; a code is good once; a recovery code too."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from passlib.totp import TOTP
from sqlalchemy import update

from app.core.db import table
from app.safeguards.identity.models import Credential
from tests.conftest import World
from tests.hiring import PASSWORD, Hired, events, hire
from tests.looking import transaction

PATH = "/v1/me/second-factor"


def code(secret: str, steps: int = 0) -> str:
    """Of now, or of a step of 30 seconds beside it: the server takes one step either way."""
    return str(TOTP(key=secret).generate(time=int(time.time()) + 30 * steps).token)


def forget_the_last(one: Hired) -> None:
    """So that a test need not wait for the next code."""
    kept = table(Credential)
    with transaction(one.world.house.engine) as db:
        mine = update(kept).where(kept.c.user_id == UUID(one.id))
        db.execute(mine.values(otp_counter=None))


def enrol(one: Hired) -> dict[str, Any]:
    access = one.pair()["access_token"]
    told = one.send(access, "POST", PATH, json={"password": PASSWORD})
    assert told.status_code == 200, told.text
    body: dict[str, Any] = told.json()
    confirmed = one.send(access, "POST", f"{PATH}/confirm", json={"otp": code(body["secret"])})
    assert confirmed.status_code == 200, confirmed.text
    return body


def test_enrolling_takes_the_password_and_a_first_code(world: World) -> None:
    one = hire(world)
    access = one.pair()["access_token"]
    assert one.send(access, "GET", PATH).json() == {"second_factor": False}
    wrong = one.send(access, "POST", PATH, json={"password": "of somebody else"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong-password")
    early = one.send(access, "POST", f"{PATH}/confirm", json={"otp": "123456"})
    assert (early.status_code, early.json()["code"]) == (409, "not-enrolled")
    told = one.send(access, "POST", PATH, json={"password": PASSWORD}).json()
    assert len(set(told["recovery_codes"])) == 10
    assert told["uri"].startswith("otpauth://totp/")
    assert told["secret"] in told["uri"]
    bad = f"{(int(code(told['secret'])) + 500_000) % 1_000_000:06}"
    refused = one.send(access, "POST", f"{PATH}/confirm", json={"otp": bad})
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong-code")
    assert one.token().status_code == 200  # a scan that failed locks nobody out
    good = one.send(access, "POST", f"{PATH}/confirm", json={"otp": code(told["secret"])})
    assert good.json() == {"second_factor": True}
    assert one.send(access, "GET", PATH).json() == {"second_factor": True}
    again = one.send(access, "POST", PATH, json={"password": PASSWORD})
    assert (again.status_code, again.json()["code"]) == (409, "enrolled")


def test_no_sign_in_without_it_and_no_code_twice(world: World) -> None:
    one = hire(world)
    secret = enrol(one)["secret"]
    without = one.token()
    assert (without.status_code, without.json()) == (400, {"error": "invalid_grant"})
    assert one.token(otp="").status_code == 400
    assert one.token(otp="000").status_code == 400
    assert one.token(otp="not a code").status_code == 400
    assert one.token(otp=code(secret, -3)).status_code == 400
    assert one.token(otp=code(secret, 3)).status_code == 400
    assert one.token(otp=code(secret, -1)).status_code == 400  # older than the one that confirmed
    fresh = code(secret, 1)
    assert one.token("wrong wrong wrong wrong", otp=fresh).status_code == 400
    assert one.token(otp=fresh).status_code == 200  # a wrong password spent nothing
    replayed = one.token(otp=fresh)
    assert (replayed.status_code, replayed.json()) == (400, {"error": "invalid_grant"})
    assert set(events(world, one.id, "refused")) == {"second-factor", "credentials"}


def test_the_code_that_confirmed_signs_nobody_in(world: World) -> None:
    one = hire(world)
    access = one.pair()["access_token"]
    told = one.send(access, "POST", PATH, json={"password": PASSWORD}).json()
    first = code(told["secret"])
    assert one.send(access, "POST", f"{PATH}/confirm", json={"otp": first}).status_code == 200
    assert one.token(otp=first).status_code == 400


def test_two_who_share_a_code_are_not_both_let_in(world: World) -> None:
    one = hire(world)
    secret = enrol(one)["secret"]
    forget_the_last(one)
    shared = code(secret)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: one.token(otp=shared).status_code, range(4)))
    assert sorted(answers) == [200, 400, 400, 400]


def test_a_recovery_code_is_good_once(world: World) -> None:
    one, other = hire(world), hire(world)
    codes, others = enrol(one)["recovery_codes"], enrol(other)["recovery_codes"]
    assert one.token(otp=others[0]).status_code == 400
    assert one.token(otp=f"  {codes[0].upper()} ").status_code == 200
    assert one.token(otp=codes[0]).status_code == 400
    assert one.token(otp=codes[1]).status_code == 200


@pytest.mark.parametrize("otp", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"])
def test_a_code_has_six_digits(world: World, otp: str) -> None:
    one = hire(world)
    access = one.pair()["access_token"]
    answer = one.send(access, "POST", f"{PATH}/confirm", json={"otp": otp})
    assert answer.status_code == 422


def test_an_administrator_resets_it_with_a_reason(world: World) -> None:
    one = hire(world)
    told = enrol(one)
    forget_the_last(one)
    access = one.pair(otp=code(told["secret"]))["access_token"]
    admin, path = world.as_("administrator"), f"/v1/users/{one.id}/reset-second-factor"
    assert admin("POST", path, json={}).status_code == 422
    assert admin("POST", path, json={"reason": "lost telephone"}).status_code == 200
    assert one.send(access, "GET", "/v1/me").status_code == 401
    assert one.token().status_code == 400  # by the word of one alone
    assert world.agree(one.id).status_code == 200
    assert one.token(otp=told["recovery_codes"][0]).status_code == 200  # it is not asked for now
    again = enrol(one)
    assert one.token(otp=told["recovery_codes"][1]).status_code == 400
    assert one.token(otp=again["recovery_codes"][0]).status_code == 200


def test_guessing_at_the_first_code_has_an_end(world: World) -> None:
    one = hire(world)
    access = one.pair()["access_token"]
    secret = one.send(access, "POST", PATH, json={"password": PASSWORD}).json()["secret"]
    near = {code(secret, step) for step in (-2, -1, 0, 1, 2)}
    wrong = next(f"{n:06}" for n in range(10) if f"{n:06}" not in near)
    statuses = [
        one.send(access, "POST", f"{PATH}/confirm", json={"otp": wrong}).status_code
        for _ in range(6)
    ]
    assert statuses == [403] * 5 + [429]
    late = one.send(access, "POST", f"{PATH}/confirm", json={"otp": code(secret)})
    assert (late.status_code, late.headers["Retry-After"]) == (429, "900")
