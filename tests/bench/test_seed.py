"""The bulk seed is what Casework itself would have written: keys, seals and chains hold."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from starlette.testclient import TestClient

from app.cli.migrating import migrate
from app.core.db import table
from app.core.installation import DATA_CLASS, SYNTHETIC, fact, state
from app.core.settings import Settings
from app.main import create_app, open_house
from app.registry.cases.models import TeamMember
from app.safeguards.audit.chain import broken
from app.safeguards.audit.models import AuditEvent, ChainHead, Revision
from app.safeguards.audit.vouching import vouched
from app.safeguards.guard.calls import House
from app.safeguards.guard.protected import protected_kinds
from app.safeguards.guard.writing import open_revision
from app.safeguards.vault.models import File
from app.safeguards.vault.sealed import open_value
from bench import population
from bench.population import Population
from bench.seed import fill_sqlite
from tests.looking import transaction

CASES, LONG = 300, 30
HEADERS = {"Authorization": f"Bearer {population.TOKEN}"}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("seed")
    settings = Settings(
        database_url=f"sqlite:///{folder}/seed.db",
        database_key_file=folder / "database.key",
        master_key_file=folder / "master.key",
        sink=str(folder / "log.sink"),
        sequencer=False,
    )
    migrate(settings)
    house = open_house(settings)
    with transaction(house.engine) as db:
        state(db, DATA_CLASS, SYNTHETIC)
    made = Population(house.vault, CASES, long=(LONG,))
    fill_sqlite(settings, made)
    yield house, made.facts
    house.engine.dispose()


def rows(engine: Engine, model: Any) -> list[dict[str, Any]]:
    with engine.connect() as db:
        return [dict(row._mapping) for row in db.execute(select(table(model)))]


def test_every_chain_holds_and_ends_at_its_head(seeded: tuple[House, dict[str, Any]]) -> None:
    house, _ = seeded
    chains = defaultdict(list)
    for event in rows(house.engine, AuditEvent):
        chains[event["file_id"], event["chain"]].append(event)
    heads = {(h["file_id"], h["chain"]): h for h in rows(house.engine, ChainHead)}
    assert heads.keys() == chains.keys()
    assert len(chains) > 2 * CASES
    for place, events in chains.items():
        last = max(events, key=lambda one: one["seq"])
        assert broken(events) == []
        assert (heads[place]["seq"], heads[place]["hash"]) == (last["seq"], last["hash"])


def test_every_event_is_the_word_of_the_application(
    seeded: tuple[House, dict[str, Any]],
) -> None:
    house, _ = seeded
    for event in rows(house.engine, AuditEvent):
        assert vouched(house.vault.vouching, event)


def test_sealed_columns_and_revisions_open(seeded: tuple[House, dict[str, Any]]) -> None:
    house, _ = seeded
    keys = {
        one["id"]: house.vault.open_file_key(str(one["id"]), one["wrapped_key"])
        for one in rows(house.engine, File)
    }
    column = table(TeamMember).c.reason
    for member in rows(house.engine, TeamMember):
        opened = open_value(keys[member["case_id"]], column, member["id"], member["reason"])
        assert opened.startswith("taken on")
    revisions = rows(house.engine, Revision)
    assert len(revisions) == LONG + 1  # each note, and their case
    for one in revisions:
        open_revision(keys[one["file_id"]], one["record_id"], one["version"], one["snapshot"])


def test_no_row_is_without_its_parents(seeded: tuple[House, dict[str, Any]]) -> None:
    house, _ = seeded
    of_events = {one["id"]: one["file_id"] for one in rows(house.engine, AuditEvent)}
    for kind in protected_kinds():
        for one in rows(house.engine, kind):
            assert of_events[one["last_event_id"]] == one[kind.file], kind
    with house.engine.connect() as db:
        found = db.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        assert {parent for _, _, parent, _ in found} == {"audit_events"}
        assert fact(db, DATA_CLASS) == SYNTHETIC


def test_casework_serves_it(seeded: tuple[House, dict[str, Any]]) -> None:
    house, facts = seeded
    with TestClient(create_app(house.settings, house), base_url="http://127.0.0.1") as client:
        one = client.get(f"/v1/cases/{facts['full'][0]}", headers=HEADERS)
        assert one.status_code == 200
        assert one.headers["x-data-class"] == "synthetic"
        assert len(one.json()["tracks"]) == 8
        listed = client.get("/v1/cases?limit=200&status=open", headers=HEADERS).json()
        assert len(listed["items"]) == 200
        assert listed["next"]
        case = facts["long"][LONG]
        history = client.get(f"/v1/cases/{case}/history?limit=200", headers=HEADERS).json()
        revs = [one["chain"]["rev"] for one in history["items"]]
        assert revs == [1, *range(1, LONG + 1)]  # that of the case, and those of its notes


def test_the_same_number_of_cases_gives_the_same_people(
    seeded: tuple[House, dict[str, Any]],
) -> None:
    house, facts = seeded
    again = Population(house.vault, CASES, long=(LONG,))
    total = sum(len(chunk.get("cases", ())) for chunk in again.chunks())
    assert again.facts == facts
    with house.engine.connect() as db:
        cases = table(TeamMember).metadata.tables["cases"]
        assert db.execute(select(func.count()).select_from(cases)).scalar_one() == total
