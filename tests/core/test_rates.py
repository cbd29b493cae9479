"""Who asks too often waits; whoever shares the address does not."""

import logging
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError
from sqlalchemy import Connection, event

from app.core.metrics import Metrics
from app.core.rates import Buckets, Limit, Rates, limit, place_of
from app.core.settings import Settings
from app.main import create_app
from tests.conftest import World

NONE = {"token": None, "address": None, "search": None, "sign-in": None}


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    one = Buckets(Limit(2, 3))
    assert [one.wait(b"a", 0) for _ in range(3)] == [0, 0, 0]
    assert one.wait(b"a", 0) == 0.5
    assert one.wait(b"b", 0) == 0
    assert one.wait(b"a", 0.25) == 0.25
    assert one.wait(b"a", 0.5) == 0
    assert one.wait(b"a", 0.5) == 0.5
    assert [one.wait(b"a", 1000) for _ in range(4)] == [0, 0, 0, 0.5]  # never more than the burst


def test_memory_has_a_bound_and_the_oldest_is_forgotten() -> None:
    one = Buckets(Limit(1, 1), most=3)
    for key in (b"a", b"b", b"c"):
        one.wait(key, 0)
    assert one.wait(b"a", 0) > 0  # seen again: now the youngest
    one.wait(b"d", 0)
    assert list(one.kept) == [b"c", b"a", b"d"]
    assert one.wait(b"a", 0) > 0
    assert one.wait(b"b", 0) == 0


def test_off_is_off() -> None:
    assert limit("off") is None
    assert limit("20/100") == Limit(20, 100)
    one = Buckets(None)
    assert not any(one.wait(b"a", 0) for _ in range(1000))
    assert not one.kept


@pytest.mark.parametrize("text", ["20", "0/100", "20/0", "many", "20/100/3", "-1/5", ""])
def test_a_limit_that_is_none(text: str) -> None:
    with pytest.raises(ValidationError):
        Settings(rate_per_token=text)


def test_an_address_of_ipv6_is_its_network() -> None:
    assert place_of("2001:db8:1:2::3") == place_of("2001:db8:1:2:ffff::9")
    assert place_of("2001:db8:1:2::3") != place_of("2001:db8:1:3::3")
    assert place_of("192.0.2.1") != place_of("192.0.2.2")


def asked(rates: Rates, path: str, token: str = "", host: str = "192.0.2.1") -> bool:
    headers = {b"authorization": token.encode()} if token else {}
    try:
        rates.admit({"path": path, "client": (host, 1)}, headers)
    except Exception:
        return False
    return True


def times(rates: Rates, path: str, token: str = "", host: str = "192.0.2.1") -> int:
    return sum(asked(rates, path, token, host) for _ in range(50))


def rates(**limits: Limit) -> Rates:
    return Rates({**NONE, **limits}, Metrics(), lambda: 0)


def test_one_token_does_not_use_up_what_its_office_shares() -> None:
    one = rates(token=Limit(1, 5), address=Limit(1, 20))
    assert times(one, "/v1/cases", "Bearer one") == 5
    assert times(one, "/v1/cases", "bearer one") == 0  # the same, however it is spelt
    assert times(one, "/v1/cases", "Bearer two") == 5
    assert times(one, "/v1/cases") == 10
    assert times(one, "/v1/cases", "Bearer three") == 0
    assert times(one, "/v1/cases", "Bearer four", "192.0.2.2") == 5
    assert one.metrics.throttled.keys() == {"token", "address"}


@pytest.mark.parametrize(
    "path", ["/v1/search", "/v1/people/search", "/v1/people/0/possible-duplicates"]
)
def test_searches_are_fewer(path: str) -> None:
    one = rates(search=Limit(1, 3))
    assert times(one, path, "Bearer one") == 3
    assert times(one, path, "Bearer two") == 3
    assert times(one, path) == 3
    assert times(one, "/v1/people", "Bearer one") == 50


def test_sign_ins_count_for_the_address_whatever_they_carry() -> None:
    one = rates(**{"sign-in": Limit(1, 4), "token": Limit(1, 1)})
    assert sum(asked(one, "/v1/token", f"Basic {n}") for n in range(50)) == 4
    assert times(one, "/v1/token/revoke") == 0
    assert times(one, "/v1/token", host="192.0.2.2") == 4


def test_a_flood_does_not_make_the_process_look_dead() -> None:
    one = rates(address=Limit(1, 1))
    assert times(one, "/v1/cases") == 1
    assert times(one, "/healthz") == 50


def test_neither_token_nor_address_is_kept() -> None:
    one = rates(token=Limit(1, 5), address=Limit(1, 20))
    times(one, "/v1/cases", "Bearer one")
    kept = [key for bucket in one.buckets.values() for key in bucket.kept]
    assert {len(key) for key in kept} == {16}
    assert one.key(b"one") in kept
    assert one.key(b"one") != rates().key(b"one")


@pytest.fixture
def limited(world: World) -> Iterator[TestClient]:
    more = {"rate_per_token": "1/2", "rate_of_sign_ins": "1/1"}
    app = create_app(world.house.settings.model_copy(update=more), world.house)
    app.state.rates.clock = lambda: 0.0
    with TestClient(app) as client:
        yield client


def test_the_answer_says_when(
    limited: TestClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Authorization": f"Bearer {world.staff['social_worker', 'north'].token}"}
    begun: list[Connection] = []

    def begin(connection: Connection) -> None:
        begun.append(connection)

    with caplog.at_level(logging.INFO, "casework"):
        assert [limited.get("/v1/me", headers=headers).status_code for _ in "ab"] == [200, 200]
        event.listen(world.house.engine, "begin", begin)
        try:
            answers = [limited.get("/v1/me", headers=headers) for _ in range(5)]
            posted = limited.post("/v1/people", headers=headers, content=b"x" * 2_000_000)
        finally:
            event.remove(world.house.engine, "begin", begin)
    assert not begun  # no work of the database
    for answer in (*answers, posted):
        body = answer.json()
        assert answer.status_code == body["status"] == 429
        assert body["code"] == "too-many-requests"
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Retry-After"] == "1"
        assert body["request_id"] == answer.headers["X-Request-Id"]
    told = [one for one in caplog.records if one.msg == "throttled"]
    assert len(told) == 1  # a minute and address
    assert told[0].__dict__["limit"] == "token"
    other = {"Authorization": f"Bearer {world.staff['supervisor', 'north'].token}"}
    assert limited.get("/v1/me", headers=other).status_code == 200


def test_a_client_of_oauth_can_read_it(limited: TestClient) -> None:
    form = {"grant_type": "password", "username": "nobody", "password": "x"}
    assert limited.post("/v1/token", data=form).json()["error"] == "invalid_grant"
    answer = limited.post("/v1/token", data=form)
    assert answer.status_code == 429
    assert answer.json()["error"] == "temporarily_unavailable"


def test_by_default_there_are_limits(world: World) -> None:
    defaults = {name: one.default for name, one in Settings.model_fields.items() if "rate_" in name}
    assert len(defaults) == 4
    app = create_app(world.house.settings.model_copy(update=defaults), world.house)
    assert all(bucket.limit for bucket in app.state.rates.buckets.values())
