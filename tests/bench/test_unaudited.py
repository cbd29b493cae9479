"""The bench's unaudited server leaves no evidence and all else, on a database made for it alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.cli.migrating import migrate
from app.core.db import Base
from app.core.engine import UnsafeDatabase
from app.core.settings import Settings
from app.main import create_app, open_house
from bench import bare, population, unaudited
from bench.population import Population
from bench.seed import fill_sqlite
from bench.works import BODY

HEADERS = {"Authorization": f"Bearer {population.TOKEN}", "Content-Type": "application/json"}
TABLES = ("audit_events", "audit_subjects", "revisions", "chain_heads", "notes", "outbox_messages")


@pytest.fixture
def seeded(tmp_path: Path) -> tuple[Settings, str]:
    """Where a small seed is, and one of the cases of its measured worker."""
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/seed.db",
        database_key_file=tmp_path / "database.key",
        master_key_file=tmp_path / "master.key",
        sink=str(tmp_path / "log.sink"),
        sequencer=False,
        reading_notices=False,
        overdue_notices=False,
    )
    migrate(settings)
    house = open_house(settings)
    made = Population(house.vault, 10, long=(2,))
    fill_sqlite(settings, made)
    house.engine.dispose()
    return settings, made.facts["own"][0]


@pytest.fixture
def without_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the bench takes away for good in a process of its own, comes back after the test."""
    found = []

    def replace(owner: Any, name: str, by: object) -> None:
        found.append(name)
        monkeypatch.setattr(owner, name, by)

    monkeypatch.setattr(unaudited, "replace", replace)
    unaudited.apply()
    assert found


def file_of(settings: Settings) -> Path:
    return Path(settings.database_url.removeprefix("sqlite:///"))


def asked(settings: Settings, case: str) -> Iterator[dict[str, int]]:
    """Rows by table: before, after two looks at a case, and after two notes on it."""
    house = open_house(settings)

    def counted() -> dict[str, int]:
        with house.engine.connect() as db:
            rows = {name: Base.metadata.tables[name] for name in TABLES}
            return {
                name: db.execute(select(func.count()).select_from(one)).scalar_one()
                for name, one in rows.items()
            }

    with TestClient(create_app(settings, house), base_url="http://127.0.0.1") as client:
        yield counted()
        for _ in range(2):  # the second goes the short way
            assert client.get(f"/v1/cases/{case}", headers=HEADERS).status_code == 200
        yield counted()
        for _ in range(2):
            path = f"/v1/cases/{case}/notes"
            assert client.post(path, headers=HEADERS, content=BODY).status_code == 201
        yield counted()


def grown(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in TABLES if after[name] != before[name]}


def test_without_events_a_write_is_its_row_and_its_message(
    seeded: tuple[Settings, str], without_events: None
) -> None:
    settings, case = seeded
    bare.on_sqlite(
        Path(settings.database_url.removeprefix("sqlite:///")), settings.database_key_file
    )
    first, read, written = asked(settings, case)
    assert grown(first, read) == {}
    assert grown(read, written) == {"notes": 2, "outbox_messages": 2}
    told = [line for line in Path(settings.sink).read_text().splitlines() if line]
    assert len(told) == 1  # that the service started


def test_the_same_with_events(seeded: tuple[Settings, str]) -> None:
    first, read, written = asked(*seeded)
    assert grown(first, read) == {"audit_events": 2}
    evidence = {"audit_events": 2, "revisions": 2, "chain_heads": 1}
    assert grown(read, written) == {**evidence, "notes": 2, "outbox_messages": 2}


def test_the_database_of_casework_takes_no_unaudited_write(
    seeded: tuple[Settings, str], without_events: None
) -> None:
    steps = asked(*seeded)
    next(steps), next(steps)
    with pytest.raises(AssertionError, match="503"):  # at the commit, which was for others, too
        next(steps)


def test_casework_does_not_start_on_the_database_of_the_bench(seeded: tuple[Settings, str]) -> None:
    settings, _ = seeded
    bare.on_sqlite(
        Path(settings.database_url.removeprefix("sqlite:///")), settings.database_key_file
    )
    with pytest.raises(UnsafeDatabase, match="no event tells of"):
        open_house(settings)
