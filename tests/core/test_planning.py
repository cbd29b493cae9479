"""Statistics of SQLite: some, and never samples."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from app.core import planning
from app.core.engine import open_engine


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    engine = open_engine(f"sqlite:///{tmp_path}/some.db", tmp_path / "key")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE audit_events (id TEXT PRIMARY KEY, chain TEXT)")
        connection.exec_driver_sql("CREATE INDEX of_chain ON audit_events (chain)")
        yield connection
    engine.dispose()


def fill(db: Connection, many: int) -> None:
    db.exec_driver_sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
        "INSERT INTO audit_events SELECT i, i % 7 FROM n",
        (many,),
    )


def tables(db: Connection) -> set[str]:
    return set(db.exec_driver_sql("SELECT name FROM sqlite_master").scalars())


def test_samples_are_thrown_away(db: Connection) -> None:
    fill(db, 50)
    db.exec_driver_sql("ANALYZE")
    assert "sqlite_stat4" in tables(db), "else there is nothing to throw away"
    planning.take_stock(db)
    assert "sqlite_stat4" not in tables(db)


def test_statistics_are_taken_where_there_is_much(
    db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "WORTH_IT", 100)
    fill(db, 100)
    planning.take_stock(db)
    assert "sqlite_stat1" not in tables(db)
    db.exec_driver_sql("INSERT INTO audit_events VALUES ('one more', '1')")
    planning.take_stock(db)
    assert {"sqlite_stat1"} <= tables(db)
    assert "sqlite_stat4" not in tables(db)
    known = db.exec_driver_sql("SELECT idx FROM sqlite_stat1").scalars()
    assert "of_chain" in set(known)
