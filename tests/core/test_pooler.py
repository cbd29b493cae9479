"""CASEWORK_POOLER=transaction: no session is ours, so nothing is sent to it or prepared on it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Text, make_url, select, text

from app.core.engine import UnsafeDatabase, open_engine
from app.core.session import WANTED
from app.core.settings import Settings
from app.core.statements import Statement, bind
from app.core.transactions import transaction
from tests import test_journey
from tests.conftest import started
from tests.postgres import Server
from tests.worlds import World, Worlds, opened

BAD = {
    "timezone": "Asia/Almaty",
    "datestyle": "SQL",
    "jit": "on",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "log_parameter_max_length_on_error": "-1",
    **dict.fromkeys(("debug_print_parse", "debug_print_rewritten", "debug_print_plan"), "on"),
}


@pytest.fixture(scope="module")
def postgresql(request: pytest.FixtureRequest) -> Server:
    return started(request.config)


def prepare(server: Server, settings: Settings) -> Settings:
    """As an operator does for the role; here for the database, for tests share the role."""
    database = make_url(settings.database_url).database
    for name, value in WANTED.items():
        server.run_as_superuser(f"ALTER DATABASE {database} SET {name} = '{value}'")
    return settings.model_copy(update={"pooler": "transaction"})


@pytest.fixture
def pooled(postgresql: Server, shared: Path, tmp_path: Path) -> Iterator[World]:
    folder = tmp_path / "pooled"
    with (
        Worlds(shared, postgresql).database(folder, "demo") as settings,
        opened(prepare(postgresql, settings), folder) as world,
    ):
        yield world


def test_the_journey_with_nothing_prepared(pooled: World) -> None:
    journey = [one for name, one in vars(test_journey).items() if name.startswith("test_")]
    assert len(journey) >= 9
    for test in journey:
        test(pooled)
    question = Statement(select(bind("word", Text())), "postgresql")
    with transaction(pooled.house.engine) as db:
        assert question.run(db, {"word": "x"}) == [["x"]]
        count = db.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar()
    assert count == 0


def test_otherwise_they_are_prepared(worlds: Worlds, world: World) -> None:
    question = Statement(select(bind("word", Text())), world.engine)
    with transaction(world.house.engine) as db:
        question.run(db, {"word": "x"})
        if worlds.server:
            names = db.execute(text("SELECT name FROM pg_prepared_statements")).scalars()
            assert question.name.decode() in names


def test_otherwise_each_session_says_it_as_it_begins(worlds: Worlds, world: World) -> None:
    if not worlds.server:
        return
    with world.house.engine.connect() as db:
        told = {name: db.execute(text(f"SHOW {name}")).scalar_one() for name in WANTED}
    assert (told["statement_timeout"], told["lock_timeout"]) == ("15s", "5s")
    assert told | {"datestyle": told["datestyle"].partition(",")[0]} == WANTED


@pytest.fixture(scope="module")
def role(postgresql: Server) -> Iterator[str]:
    name = f"Pooled_{postgresql.run}"  # quoted where it is told
    postgresql.run_as_superuser(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{postgresql.password}'")
    for setting, value in WANTED.items():
        postgresql.run_as_superuser(f"ALTER ROLE \"{name}\" SET {setting} = '{value}'")
    yield name
    postgresql.run_as_superuser(f'DROP ROLE "{name}"')


def attempt(server: Server, role: str, **more: Any) -> None:
    address = make_url(server.url).set(username=role, password=server.password)
    url = address.render_as_string(hide_password=False)
    open_engine(url, Path("unused"), 1, pooled=True, **more).dispose()


def test_a_role_that_has_all_by_itself_is_taken(postgresql: Server, role: str) -> None:
    attempt(postgresql, role)


@pytest.mark.parametrize("name", WANTED)
def test_what_the_role_lacks_is_told_as_the_statement_that_sets_it(
    postgresql: Server, role: str, name: str
) -> None:
    change = f'ALTER ROLE "{role}" SET {name} = '
    postgresql.run_as_superuser(f"{change}'{BAD[name]}'")
    try:
        with pytest.raises(UnsafeDatabase) as refused:
            attempt(postgresql, role)
    finally:
        postgresql.run_as_superuser(f"{change}'{WANTED[name]}'")
    statement = f"{change}'{WANTED[name]}'"
    told = f"PostgreSQL: CASEWORK_POOLER leaves it to the role: {statement}; then"
    assert str(refused.value).startswith(told)


def test_all_that_is_missing_is_told_at_once(postgresql: Server, role: str) -> None:
    names = ("jit", "lock_timeout")
    for name in names:
        postgresql.run_as_superuser(f"ALTER ROLE \"{role}\" SET {name} = '{BAD[name]}'")
    try:
        with pytest.raises(UnsafeDatabase) as refused:
            attempt(postgresql, role)
    finally:
        for name in names:
            postgresql.run_as_superuser(f"ALTER ROLE \"{role}\" SET {name} = '{WANTED[name]}'")
    assert all(f"SET {name} = '{WANTED[name]}'; " in str(refused.value) for name in names)


def test_who_greets_must_be_who_serves(
    postgresql: Server, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pooler greets with a process of its own making; it is named rather than run into."""
    monkeypatch.setattr("app.core.session.pooled", lambda _: True)
    url = postgresql.address(role, "x").rpartition("/")[0] + "/postgres"
    with pytest.raises(UnsafeDatabase, match=r"set CASEWORK_POOLER=transaction$"):
        open_engine(url, Path("unused"), 1)
    with pytest.raises(UnsafeDatabase, match=r"^CASEWORK_MIGRATION_URL: name PostgreSQL itself"):
        open_engine(url, Path("unused"), 1, owner=True)
