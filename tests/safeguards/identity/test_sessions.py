"""Refresh rotation, its grace and its alarm; what a user sees and ends; passwords changed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.db import table
from app.core.values import now
from app.safeguards.identity import sessions
from app.safeguards.identity.caller import authenticate
from app.safeguards.identity.models import Session
from app.safeguards.identity.sessions import GRACE, Exchange, Pair, digest_of
from tests.conftest import World
from tests.hiring import PASSWORD, Hired, events, hire
from tests.looking import transaction

SHORT, WHOLE = timedelta(minutes=15), timedelta(hours=12)
TICK = timedelta(microseconds=1)
Swap = Callable[[str | None, datetime], Exchange]


@pytest.fixture
def started(world: World) -> tuple[Hired, Pair, datetime, Swap]:
    """A session whose clock the test holds."""
    one, at = hire(world), now()
    with transaction(world.house.engine) as db:
        pair = sessions.start(db, world.house.vault.admitting, UUID(one.id), at, SHORT, WHOLE)

    def swap(token: str | None, when: datetime) -> Exchange:
        assert token
        with transaction(world.house.engine) as db:
            return sessions.exchange(db, world.house.vault.admitting, token, when, SHORT)

    return one, pair, at, swap


def alive(world: World, pair: Pair, at: datetime) -> bool:
    with transaction(world.house.engine) as db:
        return authenticate(db, digest_of(pair.access), at, world.house.vault.admitting) is not None


def ended_why(world: World, pair: Pair) -> str | None:
    kept = table(Session)
    with transaction(world.house.engine) as db:
        why = select(kept.c.ended_why).where(kept.c.id == pair.session_id)
        return db.execute(why).scalar_one()  # type: ignore[no-any-return]


def test_each_refresh_token_is_exchanged_for_another(
    world: World, started: tuple[Hired, Pair, datetime, Swap]
) -> None:
    _, pair, at, swap = started
    token, seen = pair.refresh, {pair.refresh}
    for hour in range(1, 12):
        done = swap(token, at + timedelta(hours=hour))
        assert done.pair
        token = done.pair.refresh
        assert token not in seen
        seen.add(token)
        assert alive(world, done.pair, at + timedelta(hours=hour))
        assert not alive(world, done.pair, at + timedelta(hours=hour) + SHORT)
    assert swap(token, at + WHOLE) == Exchange("session-over", done.user_id)


def test_a_lost_answer_may_be_asked_for_again(
    world: World, started: tuple[Hired, Pair, datetime, Swap]
) -> None:
    _, pair, at, swap = started
    lost = swap(pair.refresh, at)
    again = swap(pair.refresh, at + GRACE)
    assert lost.pair
    assert again.pair
    assert again.pair.refresh != lost.pair.refresh
    assert swap(again.pair.refresh, at + timedelta(minutes=1)).pair
    assert ended_why(world, pair) is None


def test_after_the_grace_it_is_a_stolen_token(
    world: World, started: tuple[Hired, Pair, datetime, Swap]
) -> None:
    _, pair, at, swap = started
    held = swap(pair.refresh, at).pair
    assert held
    late = at + GRACE + TICK
    assert swap(pair.refresh, late).why == "refresh-reused"
    assert ended_why(world, pair) == "refresh token used twice"
    assert not alive(world, held, late)
    assert not alive(world, pair, late)
    assert swap(held.refresh, late).pair is None


def test_no_grace_where_the_answer_was_plainly_not_lost(
    world: World, started: tuple[Hired, Pair, datetime, Swap]
) -> None:
    _, pair, at, swap = started
    first = swap(pair.refresh, at).pair
    assert first
    second = swap(first.refresh, at + TICK).pair
    assert second
    assert swap(pair.refresh, at + 2 * TICK).why == "refresh-reused"
    assert not alive(world, second, at + 2 * TICK)


def test_a_thief_within_the_grace_is_found_by_the_owners_next_use(
    world: World, started: tuple[Hired, Pair, datetime, Swap]
) -> None:
    _, pair, at, swap = started
    owner = swap(pair.refresh, at).pair
    thief = swap(pair.refresh, at + TICK).pair
    assert owner
    assert thief
    assert swap(owner.refresh, at + timedelta(minutes=14)).why == "refresh-reused"
    assert not alive(world, thief, at + timedelta(minutes=14))
    assert swap(thief.refresh, at + timedelta(minutes=14)).pair is None


def test_reuse_over_http_signs_out_and_is_on_record(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = hire(world)
    pair = one.pair()
    fresh = one.refresh(pair["refresh_token"]).json()
    assert one.send(fresh["access_token"], "GET", "/v1/me").status_code == 200
    assert one.refresh(pair["refresh_token"]).status_code == 200  # the grace
    monkeypatch.setattr(sessions, "GRACE", timedelta(0))
    reused = one.refresh(pair["refresh_token"])
    assert (reused.status_code, reused.json()) == (400, {"error": "invalid_grant"})
    assert one.send(fresh["access_token"], "GET", "/v1/me").status_code == 401
    assert events(world, one.id, "refused") == ["refresh-reused"]
    assert len(events(world, one.id, "signed-in")) == 3


def test_a_session_ends_for_good(world: World) -> None:
    one, at = hire(world), now() - timedelta(hours=13)
    with transaction(world.house.engine) as db:
        old = sessions.start(
            db, world.house.vault.admitting, UUID(one.id), at, timedelta(hours=24), WHOLE
        )
    assert one.send(old.access, "GET", "/v1/me").status_code == 401
    assert one.refresh(old.refresh or "").status_code == 400


# --- what users do with their own ----------------------------------------------------------------


def listed(one: Hired, access: str) -> list[dict[str, Any]]:
    answer = one.send(access, "GET", "/v1/me/sessions")
    assert answer.status_code == 200
    assert answer.json()["next"] is None
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_sessions_are_listed_and_ended_together(world: World) -> None:
    one, other = hire(world), hire(world)
    first, second = one.pair()["access_token"], one.pair()["access_token"]
    apart = other.pair()["access_token"]
    seen = listed(one, second)
    assert [entry["current"] for entry in seen] == [False, True]
    assert all(set(entry) == {"id", "created_at", "expires_at", "current"} for entry in seen)
    ended = one.send(first, "POST", "/v1/me/sessions/end")
    assert ended.json() == {"ended": 2}
    for access in (first, second):
        assert one.send(access, "GET", "/v1/me").status_code == 401
    assert len(listed(other, apart)) == 1
    third = one.pair()["access_token"]
    assert [entry["current"] for entry in listed(one, third)] == [True]


def change(one: Hired, access: str, current: str, new: str) -> Any:
    body = {"current": current, "password": new}
    return one.send(access, "POST", "/v1/me/password", json=body)


def test_another_password_signs_out_everywhere(world: World) -> None:
    one = hire(world)
    pair, other = one.pair(), one.pair()
    access, new = pair["access_token"], "quiet lantern under maples"
    assert change(one, access, "not the current one", new).json()["code"] == "wrong-password"
    weak = change(one, access, PASSWORD, "passwordpassword")
    assert weak.status_code == 422
    assert weak.json()["errors"][0]["code"] == "guessable"
    assert "passwordpassword" not in weak.text
    named = change(one, access, PASSWORD, f"{one.username}-{one.username}")
    assert named.json()["errors"][0]["code"] == "guessable"
    assert change(one, access, PASSWORD, PASSWORD).json()["errors"][0]["code"] == "unchanged"
    assert change(one, access, PASSWORD, new).json() == {"ended": 2}
    for token in (access, other["access_token"]):
        assert one.send(token, "GET", "/v1/me").status_code == 401
    assert one.refresh(pair["refresh_token"]).status_code == 400
    assert one.token().status_code == 400
    assert one.token(new).status_code == 200


def test_a_stolen_session_does_not_guess_the_password(world: World) -> None:
    one = hire(world)
    access = one.pair()["access_token"]
    tried = [change(one, access, f"guess {n}", "x").status_code for n in range(6)]
    assert tried == [403] * 5 + [429]
    assert change(one, access, PASSWORD, "quiet lantern under maples").status_code == 429
    assert one.token().status_code == 200  # signing in is throttled on its own


# --- one-time passwords --------------------------------------------------------------------------


def reset(world: World, one: Hired) -> str:
    path, body = f"/v1/users/{one.id}/reset-password", {"reason": "forgotten on leave"}
    answer = world.as_("administrator")("POST", path, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["good_for_seconds"] == 86_400
    password: str = answer.json()["password"]
    assert one.token(password).status_code == 400  # by the word of one alone
    assert world.agree(one.id).status_code == 200
    return password


def test_a_one_time_password_is_good_for_setting_another(world: World) -> None:
    one = hire(world, "supervisor")
    old = one.pair()
    once = reset(world, one)
    assert one.send(old["access_token"], "GET", "/v1/me").status_code == 401
    assert one.refresh(old["refresh_token"]).status_code == 400
    assert one.token().status_code == 400
    pair = one.pair(password=once)
    assert "refresh_token" not in pair
    access = pair["access_token"]
    assert one.send(access, "GET", "/v1/me").status_code == 200
    for method, path in (("GET", "/v1/cases"), ("GET", "/v1/units"), ("POST", "/v1/people")):
        barred = one.send(access, method, path, **({"json": {}} if method == "POST" else {}))
        assert (barred.status_code, barred.json()["code"]) == (403, "password-change-required")
    assert one.token(once).status_code == 400  # once
    assert change(one, access, once, "quiet lantern under maples").status_code == 200
    whole = one.pair(password="quiet lantern under maples")
    assert "refresh_token" in whole
    assert one.send(whole["access_token"], "GET", "/v1/cases").status_code == 200


def test_a_one_time_password_runs_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    one = hire(world)
    monkeypatch.setattr("app.safeguards.guard.account.ONE_TIME", timedelta(0))
    once = reset(world, one)
    assert one.token(once).status_code == 400
    assert events(world, one.id, "refused") == ["one-time-password"]
