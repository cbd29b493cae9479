"""Both engines: one PostgreSQL for the whole run, and worlds copied from templates.

`world` is shared by the tests of one process, `fresh` is one test's own, both with the demo
population; `empty` is one test's own, with nobody but an administrator (see `World.hire`).
"""

import logging
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis

from app.core.logs import OURS
from tests.describing import make_once
from tests.hashing import in_life as in_life
from tests.hashing import make_cheap
from tests.hearing import EARS, Ears
from tests.memory import folder_of_a_run
from tests.postgres import Server, running
from tests.worlds import World as World
from tests.worlds import Worlds

ENGINES = ("sqlite", "postgresql")
KEY = pytest.StashKey[tuple[ExitStack, Server]]()
FOLDER = pytest.StashKey[ExitStack]()
make_once()
make_cheap()
# How long an example takes is the machine's affair.
hypothesis.register_profile("casework", hypothesis.default, deadline=None)
hypothesis.load_profile("casework")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """What the tests write is gone with the run, unless `--basetemp` says where to leave it."""
    if not config.option.basetemp and not hasattr(config, "workerinput"):
        config.stash[FOLDER] = ExitStack()
        folder = config.stash[FOLDER].enter_context(folder_of_a_run("casework-tests-"))
        config.option.basetemp = str(folder / "run")


def started(config: pytest.Config) -> Server:
    """The cluster of this run: started by whoever is first, stopped when the run ends."""
    given: dict[str, Any] = getattr(config, "workerinput", {})
    if "postgresql" in given:
        return Server(**given["postgresql"])
    if KEY not in config.stash:
        stack = ExitStack()
        config.stash[KEY] = stack, stack.enter_context(running())
    return config.stash[KEY][1]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """The processes of a parallel run share the cluster of the one that leads them."""
    node.workerinput["postgresql"] = asdict(started(node.config))


def pytest_unconfigure(config: pytest.Config) -> None:
    if KEY in config.stash:
        config.stash[KEY][0].close()
    if FOLDER in config.stash:
        config.stash[FOLDER].close()


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    """Of a test marked `turns`, each case runs on one engine, in turn; on the others in the proofs.

    For what is asked of every role or class, and hardly depends on the engine.
    """
    met: dict[Any, dict[str, int]] = defaultdict(dict)
    for item in items:
        if item.get_closest_marker("turns"):
            engine = engine_of(item)
            assert engine
            assert isinstance(item, pytest.Function)
            if turn(met[item.parent, item.originalname], item.name, engine) != engine:
                item.add_marker(pytest.mark.prove)
    yield
    items[:] = halves(items)


def engine_of(item: pytest.Item) -> str | None:
    spec = getattr(item, "callspec", None)
    return spec.params.get("worlds") if spec else None


def halves(items: list[pytest.Item]) -> list[pytest.Item]:
    """One engine in each, and whatever needs none behind it.

    So of two processes that take half each, neither compiles the statements of both engines.
    """
    parts: dict[str | None, list[pytest.Item]] = {name: [] for name in (*ENGINES, None)}
    for item in items:
        parts[engine_of(item)].append(item)
    first, second = (parts[name] for name in ENGINES)
    others = parts[None]
    cut = len(others) // 2
    return [*first, *others[:cut], *second, *others[cut:]]


def turn(met: dict[str, int], name: str, engine: str) -> str:
    """The engine whose turn a case is; `met`: the cases of its test in the order they came in."""
    return ENGINES[met.setdefault(name.replace(engine, ""), len(met)) % len(ENGINES)]


def loud(report: pytest.TestReport | pytest.CollectReport) -> None:
    """A test that did not run proves nothing: it counts as failed, an engine left out too."""
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, and nothing is skipped here: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    loud(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    loud(report)
    return report


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder that all processes of this run see, and no other run."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if hasattr(request.config, "workerinput") else base


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """A command that is run within this process takes all of its logging: we listen on."""
    if EARS not in logging.getLogger().handlers:
        logging.getLogger().addHandler(EARS)
        logging.getLogger(OURS).setLevel(logging.DEBUG)


@pytest.fixture(scope="session", autouse=True)
def ears() -> Iterator[Ears]:
    """All that is told in this run; at its end, no canary and no token is in it."""
    ours = logging.getLogger(OURS)
    logging.getLogger().addHandler(EARS)
    ours.setLevel(logging.DEBUG)
    yield EARS
    logging.getLogger().removeHandler(EARS)
    found = EARS.leaks()
    assert not found, "\n".join(found[:10])


@pytest.fixture(scope="session", params=ENGINES)
def worlds(request: pytest.FixtureRequest, shared: Path) -> Worlds:
    return Worlds(shared, started(request.config) if request.param == "postgresql" else None)


@pytest.fixture(scope="session")
def world(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with worlds.copy("demo", tmp_path_factory.mktemp("world")) as one:
        yield one


@pytest.fixture
def fresh(worlds: Worlds, tmp_path: Path) -> Iterator[World]:
    with worlds.copy("demo", tmp_path / "fresh") as one:
        yield one


@pytest.fixture
def empty(worlds: Worlds, tmp_path: Path) -> Iterator[World]:
    with worlds.copy("empty", tmp_path / "empty") as one:
        yield one


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The figures of long proofs, which each says on stderr: nobody reads what is captured."""
    for report in terminalreporter.getreports("passed"):
        if "prove" in report.keywords and (said := report.capstderr.strip()):
            terminalreporter.write_line(f"{report.nodeid}: {said}")
