"""What is bound to a statement does not reach PostgreSQL's own log: its file is read."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError, IntegrityError

from app.core.engine import UnsafeDatabase, open_engine
from tests.postgres import Named, choose
from tests.postgres import cluster as server

CANARY = "Canary Kestrelova"


class Cluster:
    """Of its own, for it is made talkative on purpose."""

    def __init__(self, admin: str) -> None:
        self.admin = admin
        self.app = admin.replace("postgres@", "app@", 1)
        (data,) = self.run("SHOW data_directory")
        self.log = Path(data).parent / "log"
        self.run("CREATE ROLE app LOGIN")
        self.run("CREATE TABLE t (word text CHECK (word <> 'no'), number int)")
        self.run("GRANT ALL ON t TO app")

    def run(self, statement: str) -> list[str]:
        with psycopg.connect(self.admin, autocommit=True) as db:
            found = db.execute(statement.encode())
            return [str(one) for (one,) in found.fetchall()] if found.description else []

    @contextmanager
    def opened(self) -> Iterator[Engine]:
        engine = open_engine(self.app, Path("unused"), 1)
        try:
            yield engine
        finally:
            engine.dispose()

    @contextmanager
    def where(self, **settings: str) -> Iterator[None]:
        """For this role: a session takes it up as it begins."""
        for name, value in settings.items():
            self.run(f"ALTER ROLE app SET {name} = {value}")
        try:
            yield
        finally:
            self.run("ALTER ROLE app RESET ALL")

    def say(self) -> str:
        """A write that succeeds and one that fails; and what the log has gained."""
        start = self.log.stat().st_size
        with self.opened() as engine:
            with engine.connect() as db:
                db.execute(text("INSERT INTO t (word) VALUES (:word)"), {"word": CANARY})
                db.rollback()
            row = {"word": CANARY, "number": 10**15}
            with engine.connect() as db, pytest.raises(DataError):
                db.execute(text("INSERT INTO t (word, number) VALUES (:word, :number)"), row)
        return self.log.read_text()[start:]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    source = choose({})
    assert not isinstance(source, Named)
    with server(source) as url:
        yield Cluster(url)


def test_by_default_nothing_that_is_bound_is_logged(cluster: Cluster) -> None:
    gained = cluster.say()
    assert "out of range" in gained  # the log is written, and this is it
    assert CANARY not in gained


def test_our_session_overrules_what_it_may(cluster: Cluster) -> None:
    """What the server would have told is seen with a plain connection."""
    with cluster.where(log_parameter_max_length_on_error="-1", debug_print_plan="on"):
        assert CANARY not in cluster.say()
        start = cluster.log.stat().st_size
        with psycopg.connect(cluster.app) as db, pytest.raises(psycopg.DataError):
            db.execute("INSERT INTO t VALUES (%s, %s)", (CANARY, 10**15))
        assert CANARY in cluster.log.read_text()[start:]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("log_statement", "'all'", "log_statement is all"),
        ("log_statement", "'mod'", "log_statement is mod"),
        ("log_min_duration_statement", "0", "log_min_duration_statement is 0"),
        ("log_min_duration_sample", "5000", "log_min_duration_sample is 5000"),
        ("log_transaction_sample_rate", "0.1", "log_transaction_sample_rate is 0.1"),
    ],
)
def test_a_server_that_logs_what_is_bound_is_refused(
    cluster: Cluster, name: str, value: str, told: str
) -> None:
    with (
        cluster.where(**{name: value}),
        pytest.raises(UnsafeDatabase, match=f"^PostgreSQL: {told}, so the server's log"),
    ):
        cluster.say()
    with cluster.where(**{name: value, "log_parameter_max_length": "0"}):
        assert CANARY not in cluster.say()


def test_the_refusal_is_for_a_reason(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.server_log.QUIET", {})
    with cluster.where(log_statement="'all'"):
        assert CANARY in cluster.say()


def test_plans_in_the_log_are_refused(cluster: Cluster) -> None:
    with (
        cluster.where(**{"session_preload_libraries": "auto_explain"}),
        cluster.where(**{"auto_explain.log_min_duration": "0"}),
        pytest.raises(UnsafeDatabase, match=r"auto_explain\.log_min_duration is 0"),
        cluster.opened(),
    ):
        raise AssertionError


def test_errors_that_show_rows_are_warned_of(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    def warned() -> list[str]:
        found = [one.setting for one in caplog.records if hasattr(one, "setting")]
        caplog.clear()
        return found

    def clash() -> str:
        start = cluster.log.stat().st_size
        with cluster.opened() as engine, engine.connect() as db, pytest.raises(IntegrityError):
            db.execute(text("INSERT INTO bound VALUES (:word)"), {"word": CANARY})
        return cluster.log.read_text()[start:]

    cluster.run("CREATE TABLE IF NOT EXISTS bound (word text CHECK (length(word) < 3))")
    cluster.run("GRANT ALL ON bound TO app")
    with caplog.at_level(logging.WARNING, "casework"):
        assert CANARY in clash()
        assert warned() == ["log_error_verbosity"]
        with cluster.where(log_error_verbosity="terse"):
            assert CANARY not in clash()
        assert warned() == []
