"""A start with other settings, or another policy, is on record by name and never by value."""

import hmac
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from app.cli.main import judged_by
from app.core.db import Base, table
from app.core.installation import Fact, fact, state
from app.core.values import canonical
from app.core.version import VERSION
from app.main import open_house
from app.safeguards.audit.models import AuditEvent
from app.safeguards.audit.vouching import word
from app.safeguards.guard import configuring
from app.safeguards.guard.configuring import CONFIGURE, KNOWN, OtherRecord, note_configuration
from tests.conftest import World
from tests.looking import transaction


def on_record(world: World) -> list[Any]:
    events = table(AuditEvent)
    mine = events.c.action == CONFIGURE
    with transaction(world.house.engine) as db:
        return [*db.execute(select(events).where(mine).order_by(events.c.id))]


def test_what_differs_from_the_last_start_is_named(fresh: World) -> None:
    house = fresh.house
    settings = house.settings
    at_first = set(note_configuration(house, {"policy.toml": "1"}))
    assert {"policy.toml", "queue", "version"} <= at_first
    assert not {"host", "port"} & at_first, "of several processes, each has its own"
    assert note_configuration(house, {"policy.toml": "1"}) == []
    other = settings.model_copy(update={"session_hours": 3, "otlp_endpoint": "https://secret.test"})
    changed = replace(house, settings=other)
    assert note_configuration(changed, {"policy.toml": "2"}) == [
        *("otlp_endpoint", "policy.toml", "session_hours")
    ]
    assert note_configuration(changed, {"policy.toml": "2"}) == []
    assert note_configuration(house, {}) == ["otlp_endpoint", "policy.toml", "session_hours"]
    rows = on_record(fresh)
    told = [row.detail["changed"] for row in rows]
    assert [len(one) for one in told] == [len(at_first), 0, 3, 0, 3]
    marks = [row.detail["marks"] for row in rows]
    assert (marks[0], marks[2]) == (marks[1], marks[3])
    assert len({*marks}) == 3
    for row in rows:
        assert (row.outcome, row.actor_id, row.route) == ("configured", None, "command run")
    with transaction(house.engine) as db:
        kept = fact(db, KNOWN)
        every = [*db.execute(select(table(Fact).c.name).where(table(Fact).c.name == KNOWN))]
    assert kept is not None
    assert len(every) == 1
    assert "secret" not in kept
    assert str(settings.session_hours) not in kept.split(":")


def test_who_oversees_and_who_runs_the_system_are_told(fresh: World) -> None:
    note_configuration(fresh.house, judged_by())
    for role, names in (("auditor", {"detail", "outcome"}), ("administrator", {"outcome"})):
        (told,) = fresh.as_(role)("GET", f"/v1/audit/events?action={CONFIGURE}").json()["items"]
        assert names <= told.keys()
        assert told["outcome"] == "configured"
    assert set(judged_by()) == {
        *("safeguards/access/policy.toml", "safeguards/access/offices.toml"),
        *("registry/pathways/data/SEALS.toml", "registry/readings/told.toml"),
        *("casework/assessments/instruments/SEALS.toml", "casework/judgements/tools/SEALS.toml"),
    }
    asked = fresh.as_("auditor")("GET", "/v1/audit/events?outcome=configured").json()["items"]
    assert len(asked) == 1
    assert fresh.as_("auditor", "south")("GET", f"/v1/audit/events?action={CONFIGURE}").json()[
        "items"
    ]
    assert (
        fresh.as_("social_worker")("GET", f"/v1/audit/events?action={CONFIGURE}").json()["items"]
        == []
    )


def test_several_may_start_at_once(fresh: World) -> None:
    met = Barrier(2)

    def start(_: int) -> list[str]:
        met.wait(timeout=30)
        return note_configuration(fresh.house, {"policy.toml": "1"})

    with ThreadPoolExecutor(2) as pool:
        told = [*pool.map(start, range(2))]
    assert all(told) or sorted(map(bool, told)) == [False, True]
    assert len(on_record(fresh)) == 2
    assert note_configuration(fresh.house, {"policy.toml": "1"}) == []


# --- without a world ------------------------------------------------------------------------------

KEY = b"k" * 32


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Any:
    """With a database of the two tables alone; `recorded` is what the second record has."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine, [table(AuditEvent), table(Fact)])
    recorded = list[Any]()

    def on_record(of: Any, made: Any) -> None:
        assert of is one
        recorded.extend(made.made)

    @contextmanager
    def begun(of: Any) -> Iterator[Any]:
        assert of is engine
        with engine.begin() as db:
            yield db

    monkeypatch.setattr(configuring, "transaction", begun)
    monkeypatch.setattr(configuring, "on_record", on_record)

    def dumped(mode: str, exclude: set[str]) -> dict[str, Any]:
        assert exclude == {"host", "port"}
        return {"queue": 1, "mode": mode}

    settings = SimpleNamespace(model_dump=dumped)
    one = SimpleNamespace(
        engine=engine, settings=settings, vault=SimpleNamespace(vouching=KEY), recorded=recorded
    )
    return one


def kept(house: Any) -> Any:
    with house.engine.connect() as db:
        (value,) = db.execute(select(table(Fact).c.value)).scalars()
    return json.loads(value)


def test_what_is_known_is_a_mark_of_each_setting(house: Any) -> None:
    said = {"mode": "json", "policy.toml": "x", "queue": 1, "version": VERSION}
    assert note_configuration(house, {"policy.toml": "x"}) == sorted(said)
    marks = {
        name: hmac.digest(KEY, canonical([name, value]), "sha256").hex()[:16]
        for name, value in said.items()
    }
    assert kept(house) == marks
    with house.engine.connect() as db:
        (row,) = db.execute(select(table(AuditEvent))).mappings()
    (event,) = house.recorded
    assert (row["id"], row["outcome"]) == (event["id"], "configured")
    whole = hmac.digest(KEY, canonical(["all", marks]), "sha256").hex()[:16]
    assert row["detail"] == {"changed": sorted(said), "version": VERSION, "marks": whole}
    assert (row["action"], row["route"]) == ("configuration.start", "command run")
    assert row["request_id"] is not None
    assert row["created_at"] is not None
    assert event["mac"] == word(KEY, event)


def test_a_start_as_the_last_one_names_nothing_and_what_is_gone_is_named(house: Any) -> None:
    assert note_configuration(house, {"a": "1"})
    before = kept(house)
    assert note_configuration(house, {"a": "1"}) == []
    assert [one["detail"]["changed"] for one in house.recorded] == [
        ["a", "mode", "queue", "version"],
        [],
    ]
    assert note_configuration(house, {}) == ["a"]
    assert kept(house) == {name: mark for name, mark in before.items() if name != "a"}
    assert house.recorded[2]["detail"]["changed"] == ["a"]
    assert [one for (one,) in all_facts(house)] == ["configuration"]


def test_no_other_fact_is_touched(house: Any) -> None:
    with house.engine.begin() as db:
        state(db, "data_class", "synthetic")
    for files in ({"a": "1"}, {"a": "2"}):
        assert "a" in note_configuration(house, files)
    assert ("data_class",) in all_facts(house)
    with house.engine.connect() as db:
        assert fact(db, "data_class") == "synthetic"


def all_facts(house: Any) -> list[Any]:
    with house.engine.connect() as db:
        return [tuple(row) for row in db.execute(select(table(Fact).c.name))]


def test_a_command_keeps_the_record_that_the_service_keeps(fresh: World, tmp_path: Path) -> None:
    house = fresh.house
    open_house(house.settings).engine.dispose()  # no service has started here yet
    kept = house.settings.model_copy(update={"sink": str(tmp_path / "log.sink")})
    note_configuration(replace(house, settings=kept), {})
    with pytest.raises(OtherRecord, match=r"^CASEWORK_SINK: "):
        open_house(house.settings)
    other = house.settings.model_copy(update={"sink": str(tmp_path / "other.sink")})
    with pytest.raises(OtherRecord):
        open_house(other)
    for again in (open_house(kept), open_house(other, serves=True)):
        again.engine.dispose()
    note_configuration(house, {})
    open_house(house.settings).engine.dispose()
