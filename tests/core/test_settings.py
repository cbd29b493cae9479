"""Every unsafe setting is refused by its name."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.core.settings import Settings, UnsafeSettings
from tests.serving import ROOT

REMOTE = "postgresql://app@db.example/casework"


def check(**given: object) -> None:
    Settings.model_validate(given).check()


def refusal(**given: object) -> str:
    with pytest.raises(UnsafeSettings) as refused:
        check(**given)
    return str(refused.value)


def test_the_defaults_are_safe() -> None:
    check()
    check(host="::1")
    check(host="localhost")
    check(host="127.8.0.1")


@pytest.mark.parametrize("hosts", ["*", "casework.example,*", "*.example"])
def test_trusting_every_host(hosts: str) -> None:
    assert refusal(trusted_hosts=hosts).startswith("CASEWORK_TRUSTED_HOSTS:")


@pytest.mark.parametrize(
    "proxies", ["*", "10.0.0.1,*", "0.0.0.0/0", "128.0.0.0/1", "::/0", "a.example", "10.0.0.1/8"]
)
def test_believing_everybody_or_nobody(proxies: str) -> None:
    assert refusal(trusted_proxies=proxies).startswith("CASEWORK_TRUSTED_PROXIES:")
    check(trusted_proxies="10.0.0.1, 10.0.0.0/8, 192.0.2.0/24, ::1, fd00::/16")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "casework.example"])
def test_default_hosts_outside_loopback(host: str) -> None:
    assert refusal(host=host).startswith("CASEWORK_TRUSTED_HOSTS: still the default")
    assert refusal(host=host, trusted_hosts="localhost").startswith("CASEWORK_TRUSTED_HOSTS:")
    check(host=host, trusted_hosts="casework.example, localhost")


def test_one_key_for_two_purposes() -> None:
    told = refusal(master_key_file=Path("var/../var/a.key"), database_key_file=Path("var/a.key"))
    assert told.startswith("CASEWORK_MASTER_KEY_FILE:")


@pytest.mark.parametrize("mode", ["", "?sslmode=disable", "?sslmode=prefer", "?sslmode=require"])
def test_records_cross_no_network_in_the_clear(mode: str) -> None:
    assert refusal(database_url=REMOTE + mode).startswith("CASEWORK_DATABASE_URL: add sslmode")
    assert refusal(migration_url=REMOTE + mode).startswith("CASEWORK_MIGRATION_URL: add sslmode")
    check(database_url=REMOTE + mode, trusted_database_network=True)


@pytest.mark.parametrize(
    "url",
    [
        f"{REMOTE}?sslmode=verify-full",
        f"{REMOTE}?sslmode=verify-ca",
        "postgresql://app@127.0.0.1/casework",
        "postgresql://app@[::1]:5433/casework",
        "postgresql://app@localhost/casework",
        "postgresql://app@/casework?host=/run/postgresql",
        "postgresql:///casework",
        "sqlite:///var/other.db",
    ],
)
def test_a_database_that_is_near_or_verified(url: str) -> None:
    check(database_url=url, migration_url=url)


def test_the_demo_serves_this_machine_alone() -> None:
    outside = Settings(host="0.0.0.0", trusted_hosts=["casework.example"])
    with pytest.raises(UnsafeSettings, match=r"^CASEWORK_HOST: .* default sign-ins"):
        outside.check_demo(True)
    outside.check_demo(False)
    Settings().check_demo(True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CASEWORK_ACCESS_TOKEN_SECONDS", "86400"),
        ("CASEWORK_SESSION_HOURS", "0"),
        ("CASEWORK_PASSWORD_HASHES_AT_ONCE", "0"),
        ("CASEWORK_REMEMBERED", "0"),
        ("CASEWORK_PORT", "http"),
        ("CASEWORK_BULK_OF_READINGS", "9"),
        ("CASEWORK_READING_NOTICES", "sometimes"),
        ("CASEWORK_OVERDUE_NOTICES", "sometimes"),
        ("CASEWORK_HOURS_OF_WORK", "7-20"),
        ("CASEWORK_HOURS_OF_WORK", "07:00-24:00"),
        ("CASEWORK_HOURS_OF_WORK", "20:00-07:00"),  # nights begin where they end
        ("CASEWORK_HOURS_OF_WORK", "07:00-07:00"),
    ],
)
def test_limits_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.removeprefix("CASEWORK_").lower()):
        Settings()


def test_there_is_a_connection_for_every_thread_and_line() -> None:
    one = Settings(lanes=4, lines=5, password_hashes_at_once=3)
    # One lets the log grow, one asks witnesses, one tells of readings, one of what is overdue.
    assert one.connections == 4 + 5 + 2 * 3 + 4 + 2
    pooled = one.model_copy(update={"pooler": "transaction"})  # there are no lines
    assert pooled.connections == 4 + 2 * 3 + 4 + 2
    beside = ("sequencer", "reading_notices", "overdue_notices")
    alone = pooled.model_copy(update=dict.fromkeys(beside, False))
    assert alone.connections == 4 + 2 * 3 + 2


def test_every_setting_is_told_to_operators() -> None:
    told = (ROOT / "docs" / "operate.md").read_text()
    named = set(re.findall(r"`CASEWORK_([A-Z_]+)`", told))
    assert named >= {name.upper() for name in Settings.model_fields}
