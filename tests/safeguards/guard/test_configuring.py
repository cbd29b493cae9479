"""A start with other settings, or another policy, is on record by name and never by value."""

import hmac
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, select

from app.core.db import Base, table
from app.core.installation import Fact, fact, state
from app.core.values import canonical
from app.core.version import VERSION
from app.main import create_app, judged_by, open_house
from app.safeguards.audit.models import AuditEvent
from app.safeguards.audit.sink import UnsafeSink
from app.safeguards.audit.vouching import word
from app.safeguards.guard import configuring
from app.safeguards.guard.configuring import (
    CONFIGURE,
    KNOWN,
    OtherRecord,
    note_configuration,
    record_begun,
)
from tests.conftest import World
from tests.looking import transaction


def on_record(world: World) -> list[Any]:
    events = table(AuditEvent)
    mine = events.c.action == CONFIGURE
    with transaction(world.house.engine) as db:
        return [*db.execute(select(events).where(mine).order_by(events.c.id))]


RIGHTS = "safeguards/access/policy.toml"


def test_what_differs_from_the_last_start_is_named(fresh: World) -> None:
    house = fresh.house
    settings = house.settings
    (first,) = on_record(fresh)  # as this world began
    at_first = set(first.detail["changed"])
    assert {RIGHTS, "queue", "schema", "version"} <= at_first
    assert not {"host", "port"} & at_first, "of several processes, each has its own"
    assert note_configuration(house, judged_by()) == []
    other = settings.model_copy(update={"session_hours": 3, "otlp_endpoint": "https://secret.test"})
    changed, files = replace(house, settings=other), {**judged_by(), RIGHTS: "2"}
    names = ["otlp_endpoint", RIGHTS, "session_hours"]
    assert note_configuration(changed, files) == names
    assert note_configuration(changed, files) == []
    assert note_configuration(house, judged_by()) == names
    rows = sorted(on_record(fresh), key=lambda row: row.created_at)
    told = [row.detail["changed"] for row in rows]
    assert [len(one) for one in told] == [len(at_first), 0, 3, 0, 3]
    marks = [row.detail["marks"] for row in rows]
    assert marks[0] == marks[1] == marks[4] != marks[2] == marks[3]
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
    assert sorted(map(bool, told)) == [False, True]
    assert len(on_record(fresh)) == 3, "with that of this world"
    assert note_configuration(fresh.house, {"policy.toml": "1"}) == []


def test_whoever_serves_it_each_start_is_on_record_once(fresh: World) -> None:
    settings = fresh.house.settings.model_copy(update={"session_hours": 3})
    app = create_app(settings, replace(fresh.house, settings=settings))
    assert len(on_record(fresh)) == 1, "what is made is not served yet"
    with TestClient(app) as client:
        assert client.get("/healthz").is_success
    assert [row.detail["changed"] for row in on_record(fresh)[1:]] == [["session_hours"]]
    assert set(judged_by()) <= {*on_record(fresh)[0].detail["changed"]}


def test_of_two_that_start_at_once_the_later_one_is_what_is_known(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else commands would be held to a second record that the service which runs does not keep."""
    house = fresh.house
    other = replace(house, settings=house.settings.model_copy(update={"session_hours": 3}))
    met, read = Barrier(2), fact

    def together(*what: Any, **how: Any) -> Any:
        found = read(*what, **how)
        with suppress(BrokenBarrierError):  # who has to wait for the other does not come
            met.wait(timeout=0.5)
        return found

    with monkeypatch.context() as slowly, ThreadPoolExecutor(2) as pool:
        slowly.setattr(configuring, "fact", together)
        told = [*pool.map(lambda one: note_configuration(one, {}), (house, other))]
    named = sorted(told, key=len)
    assert named[0] == ["session_hours"]
    assert RIGHTS in named[1]
    later = (house, other)[told.index(named[0])]
    assert note_configuration(later, {}) == []


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

    settings = SimpleNamespace(model_dump=dumped, sink="")
    one = SimpleNamespace(
        engine=engine, settings=settings, vault=SimpleNamespace(vouching=KEY), recorded=recorded
    )
    return one


def kept(house: Any) -> Any:
    with house.engine.connect() as db:
        (value,) = db.execute(select(table(Fact).c.value)).scalars()
    return json.loads(value)


def test_a_migration_that_ran_is_named_at_the_next_start(house: Any) -> None:
    note_configuration(house, {})
    for version in ("one", "two"):
        with house.engine.begin() as db:
            db.exec_driver_sql("CREATE TABLE IF NOT EXISTS alembic_version (version_num TEXT)")
            db.exec_driver_sql("DELETE FROM alembic_version")
            db.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (version,))
        assert note_configuration(house, {}) == ["schema"]
        assert note_configuration(house, {}) == []


def test_what_is_known_is_a_mark_of_each_setting(house: Any) -> None:
    said: dict[str, Any] = {"mode": "json", "policy.toml": "x", "queue": 1, "sink": ""}
    said |= {"schema": [], "version": VERSION}
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
        ["a", "mode", "queue", "schema", "sink", "version"],
        [],
    ]
    assert note_configuration(house, {}) == ["a"]
    assert kept(house) == {name: mark for name, mark in before.items() if name != "a"}
    assert house.recorded[2]["detail"]["changed"] == ["a"]
    assert [one for (one,) in all_facts(house)] == ["configuration"]


def test_before_any_start_a_command_may_begin_the_record(house: Any) -> None:
    asked = house.engine, house.vault, house.settings
    assert record_begun(*asked) is False
    note_configuration(house, {})
    assert record_begun(*asked) is True


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
    open_house(house.settings).engine.dispose()
    kept = house.settings.model_copy(update={"sink": str(tmp_path / "log.sink")})
    service = open_house(kept, serves=True)
    note_configuration(service, {})
    service.engine.dispose()
    with pytest.raises(OtherRecord, match=r"^CASEWORK_SINK: "):
        open_house(house.settings)
    other = house.settings.model_copy(update={"sink": str(tmp_path / "other.sink")})
    with pytest.raises(OtherRecord):
        open_house(other)
    for again in (open_house(kept), open_house(other, serves=True)):
        again.engine.dispose()
    note_configuration(house, {})
    open_house(house.settings).engine.dispose()


def test_the_same_words_in_another_folder_are_another_record(
    fresh: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = tmp_path / "service", tmp_path / "elsewhere"
    for one in (ours, theirs):
        one.mkdir()
    named = fresh.house.settings.model_copy(update={"sink": "var/log.sink"})
    monkeypatch.chdir(ours)
    service = open_house(named, serves=True)
    note_configuration(service, {})
    service.engine.dispose()
    open_house(named).engine.dispose()
    monkeypatch.chdir(theirs)
    with pytest.raises(OtherRecord):
        open_house(named)
    assert [*theirs.iterdir()] == [], "nothing is left there"
    (ours / "other").mkdir()
    linked = theirs / "linked.sink"
    linked.symlink_to(ours / "var/log.sink")
    for same in (ours / "var/log.sink", linked, ours / "other/../var/log.sink"):
        open_house(named.model_copy(update={"sink": str(same)})).engine.dispose()


def test_a_command_begins_no_record_that_a_service_began(fresh: World, tmp_path: Path) -> None:
    place = tmp_path / "below" / "log.sink"
    settings = fresh.house.settings.model_copy(update={"sink": str(place)})
    note_configuration(replace(fresh.house, settings=settings), {})
    with pytest.raises(UnsafeSink, match="No such file"):
        open_house(settings)
    assert not place.parent.exists()
    open_house(settings, serves=True).engine.dispose()
    place.write_text("")
    open_house(settings).engine.dispose()
