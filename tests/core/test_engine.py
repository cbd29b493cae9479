"""A database that cannot keep our promises stops the start, by name."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from app.core import engine as engines
from app.core.engine import UnsafeDatabase, open_engine, outdated, secure
from app.core.key_file import UnsafeKey
from app.core.transactions import transaction
from tests.postgres import Named, choose
from tests.postgres import cluster as server


class Fake:
    """Answers as a SQLCipher connection would, but for what the test spoils."""

    def __init__(self, **spoilt: object) -> None:
        self.answers: dict[str, object] = {
            "SELECT sqlite_version()": "3.51.3",
            "PRAGMA cipher_status": "1",
            "PRAGMA journal_mode": "wal",
            "PRAGMA synchronous": 2,
            "PRAGMA foreign_keys": 1,
            "PRAGMA recursive_triggers": 1,
        } | {
            f"PRAGMA {name}" if name != "version" else "SELECT sqlite_version()": value
            for name, value in spoilt.items()
        }
        self.isolation_level: str | None = ""

    def execute(self, statement: str) -> "Fake":
        self.asked = statement
        return self

    def fetchone(self) -> tuple[object, ...] | None:
        answer = self.answers[self.asked]
        return None if answer is None else (answer,)


def test_a_good_connection_is_taken() -> None:
    secure(Fake(), None)
    secure(Fake(version="3.53.0"), None)


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ({"version": "3.51.2"}, "SQLite 3.51.2 is older than 3.51.3"),
        ({"version": "3.40.1"}, "SQLite 3.40.1 is older than 3.51.3"),
        ({"cipher_status": None}, "no key is in use"),
        ({"cipher_status": "0"}, "no key is in use"),
        ({"journal_mode": "delete"}, "SQLite: journal_mode is 'delete'"),
        ({"synchronous": 1}, "SQLite: synchronous is 1"),
        ({"synchronous": 0}, "SQLite: synchronous is 0"),
        ({"foreign_keys": 0}, "SQLite: foreign_keys is 0"),
        ({"recursive_triggers": 0}, "SQLite: recursive_triggers is 0"),
    ],
)
def test_unsafe_connections_are_refused_by_name(spoilt: dict[str, object], told: str) -> None:
    with pytest.raises(UnsafeDatabase, match=f"^{told}"):
        secure(Fake(**spoilt), None)


def test_plain_sqlite_is_no_cipher() -> None:
    plain = sqlite3.connect(":memory:")
    try:
        with pytest.raises(UnsafeDatabase):
            secure(plain, None)
    finally:
        plain.close()


def opened(folder: Path) -> Any:
    return open_engine(f"sqlite:///{folder}/a.db", folder / "a.key")


def test_the_file_is_encrypted_and_nobody_elses(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    with transaction(engine) as db:
        db.execute(text("CREATE TABLE t (word TEXT)"))
        db.execute(text("INSERT INTO t VALUES ('canary-in-the-file')"))
        shown = {name: db.execute(text(f"PRAGMA {name}")).scalar() for name in SHOWN}
    engine.dispose()
    assert shown == SHOWN
    files = [path for path in tmp_path.iterdir() if path.name.startswith("a.")]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert not [path for path in files if b"canary" in path.read_bytes()]
    assert not (tmp_path / "a.db").read_bytes().startswith(b"SQLite format")


SHOWN = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "recursive_triggers": 1}


def test_a_lost_key_is_not_made_anew(tmp_path: Path) -> None:
    opened(tmp_path).dispose()
    (tmp_path / "a.key").unlink()
    with pytest.raises(UnsafeKey, match=r"a\.key does not: restore the key"):
        opened(tmp_path)
    assert not (tmp_path / "a.key").exists()


def test_another_key_does_not_open_the_file(tmp_path: Path) -> None:
    opened(tmp_path).dispose()
    key = tmp_path / "a.key"
    with transaction(engine := opened(tmp_path)) as db:
        db.execute(text("CREATE TABLE t (word TEXT)"))
    engine.dispose()
    key.write_text("ab" * 32)
    with pytest.raises(UnsafeDatabase, match=r"a\.key does not open"):
        opened(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_key_that_others_can_read(tmp_path: Path, mode: int) -> None:
    opened(tmp_path).dispose()
    (tmp_path / "a.key").chmod(mode)
    with pytest.raises(UnsafeKey, match=r"a\.key is open to others: set its mode to 0600"):
        opened(tmp_path)


@pytest.mark.parametrize("wrong", ["", "ab" * 31, "xy" * 32, "ab" * 32 + "\n\n"])
def test_a_damaged_key(tmp_path: Path, wrong: str) -> None:
    opened(tmp_path).dispose()
    (tmp_path / "a.key").write_text(wrong)
    with pytest.raises(UnsafeKey, match=r"a\.key does not hold 64 hexadecimal digits"):
        opened(tmp_path)


def test_a_transaction_is_undone_as_a_whole(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    with transaction(engine) as db:
        db.execute(text("CREATE TABLE t (word TEXT)"))

    def fail() -> None:
        with transaction(engine) as db:
            db.execute(text("INSERT INTO t VALUES ('half')"))
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with transaction(engine) as db:
        assert db.execute(text("SELECT count(*) FROM t")).scalar() == 0
    engine.dispose()


# --- PostgreSQL ----------------------------------------------------------------------------------

ROLES = """
CREATE ROLE owner LOGIN; CREATE ROLE app LOGIN; CREATE ROLE member LOGIN IN ROLE owner;
CREATE ROLE maker LOGIN; CREATE ROLE bypass LOGIN BYPASSRLS; CREATE ROLE above LOGIN SUPERUSER;
CREATE DATABASE casework OWNER owner;
"""
Try = Callable[..., None]


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[str, Try]]:
    # Of its own, whatever server the other tests use: it is made unsafe on purpose.
    source = choose({})
    assert not isinstance(source, Named)
    with server(source) as url:
        address = url.partition("@")[2].partition("/")[0]
        admin = f"postgresql://postgres@{address}"
        with psycopg.connect(url, autocommit=True) as db:
            for statement in ROLES.split(";"):
                if statement.strip():
                    db.execute(statement.encode())
        with psycopg.connect(f"{admin}/casework", autocommit=True) as db:
            db.execute("GRANT CREATE ON SCHEMA public TO maker")
        with psycopg.connect(f"postgresql://maker@{address}/casework", autocommit=True) as db:
            db.execute("CREATE TABLE made (id int)")

        def attempt(role: str, owner: bool = False) -> None:
            url = f"postgresql://{role}@{address}/casework"
            open_engine(url, Path("unused"), 1, owner).dispose()

        yield admin, attempt


def test_a_plain_role_is_taken(cluster: tuple[str, Try]) -> None:
    _, attempt = cluster
    attempt("app")
    attempt("owner", owner=True)


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("above", "role above is a superuser"),
        ("postgres", "role postgres is a superuser"),
        ("bypass", "role bypass has BYPASSRLS"),
        ("owner", "role owner owns the database or tables"),
        ("member", "role member owns the database or tables"),
        ("maker", "role maker owns the database or tables"),
    ],
)
def test_a_role_that_could_change_the_evidence(
    cluster: tuple[str, Try], role: str, told: str
) -> None:
    _, attempt = cluster
    with pytest.raises(UnsafeDatabase, match=f"^PostgreSQL: {told}"):
        attempt(role)


@pytest.mark.parametrize("role", ["above", "bypass"])
def test_not_even_migrations_run_above_the_law(cluster: tuple[str, Try], role: str) -> None:
    _, attempt = cluster
    with pytest.raises(UnsafeDatabase):
        attempt(role, owner=True)


@pytest.mark.parametrize(
    ("release", "update", "told"),
    [
        (14, 30, "15 or later"),
        (15, 13, "15.14 or later"),
        (15, 14, None),
        (16, 9, "16.10 or later"),
        (16, 10, None),
        (17, 5, "17.6 or later"),
        (17, 6, None),
        (18, 0, None),
    ],
)
def test_a_server_whose_row_security_has_known_holes(
    release: int, update: int, told: str | None
) -> None:
    fault = outdated(release, update)
    assert fault is None if told is None else told in str(fault)


def test_which_server_it_is_is_asked(
    cluster: tuple[str, Try], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, attempt = cluster
    monkeypatch.setattr(engines, "SAFE_UPDATES", {99: 0})
    for owner in (False, True):
        with pytest.raises(UnsafeDatabase, match="99 or later is needed"):
            attempt("owner" if owner else "app", owner=owner)


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_server_that_can_lose_commits(cluster: tuple[str, Try], name: str) -> None:
    admin, attempt = cluster
    with psycopg.connect(f"{admin}/casework", autocommit=True) as db:
        db.execute(f"ALTER SYSTEM SET {name} = off".encode())
        db.execute("SELECT pg_reload_conf()")
        try:
            settled(admin, name, "off")
            with pytest.raises(UnsafeDatabase, match=f"^PostgreSQL: {name} is off"):
                attempt("app")
            with pytest.raises(UnsafeDatabase, match=f"^PostgreSQL: {name} is off"):
                attempt("owner", owner=True)
        finally:
            db.execute(f"ALTER SYSTEM RESET {name}".encode())
            db.execute("SELECT pg_reload_conf()")
            settled(admin, name, "on")
    attempt("app")


def settled(admin: str, name: str, value: str) -> None:
    """A reload reaches new sessions a moment later: ask new ones until it has."""
    for _ in range(1000):
        with psycopg.connect(f"{admin}/casework") as db:
            row = db.execute(f"SHOW {name}".encode()).fetchone()
        if row == (value,):
            return
    raise AssertionError(f"{name} did not become {value}")
