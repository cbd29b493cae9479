"""The two ways to a mutant: cold, before anything of ours is imported, and warm.

Warm is a process in which the tests are collected and the application is built. A mutant that
differs within one function alone is put there, if that function has not run yet: what has not run
has left nothing behind, no compiled statement, no rule, no route. From there on both ways are the
same, and the warm one is many times as fast.
"""

import gc
import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from itertools import filterfalse
from pathlib import Path
from shutil import rmtree
from types import CodeType, FunctionType
from typing import Any

import pytest

from tests.mutation.judges import ON_BOTH
from tests.mutation.making import ROOT, Mutant, parts_of
from tests.mutation.trying import Court, Way, finish
from tests.mutation.witnesses import running, testimony
from tests.postgres import Server


class Session:
    """Of pytest: lends it the run's PostgreSQL, and instead of its loop does what it is told."""

    def __init__(self, server: Server, work: Callable[[pytest.Session], int]) -> None:
        self.server, self.work, self.status = server, work, 1

    def pytest_configure(self, config: Any) -> None:
        config.workerinput = {"postgresql": asdict(self.server)}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.status = self.work(session)
        return True

    def run(self, tests: Sequence[str], base: Path) -> int:
        options = ("-s", "--assert=plain", "-p", "no:cacheprovider", f"--basetemp={base}")
        pytest.main([*options, *tests], plugins=[self])
        return self.status


def speak(session: pytest.Session, tests: Sequence[str], base: Path) -> int:
    """Runs them in this order until one fails, whose name is left beside `base`."""
    settle(session, base)
    items = {item.nodeid: item for item in session.items}
    for item in running([items[test] for test in tests]):
        if session.testsfailed:
            base.with_suffix(".by").write_text(item.nodeid)
            session._setupstate.teardown_exact(None)
            return 1
    return 0


def settle(session: pytest.Session, base: Path) -> None:
    """From here on the tests write into this folder."""
    factory = session.config._tmp_path_factory  # type: ignore[attr-defined]
    factory._given_basetemp, factory._basetemp = base, None


# --- cold: before anything of ours is imported ----------------------------------------------------


@dataclass(frozen=True)
class Changed(MetaPathFinder):
    """Finds one module, and reads it as the mutant has it."""

    mutant: Mutant

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        if name != self.mutant.file.removesuffix(".py").replace("/", "."):
            return None
        path = str(ROOT / self.mutant.file)
        return spec_from_file_location(name, path, loader=Text(name, path, self.mutant.source))


class Text(SourceFileLoader):
    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, _: str) -> CodeType:
        return compile(self.text, self.path, "exec")


def cold(server: Server) -> Way:
    def imported_anew(mutant: Mutant | None, tests: Sequence[str], base: Path) -> int:
        assert not any(name.split(".")[0] == "app" for name in sys.modules), "not cold"
        if mutant:
            sys.meta_path.insert(0, Changed(mutant))
        # All that are named, also those whose turn would be on the other engine.
        named = ("-m", "", *tests)
        return Session(server, lambda session: speak(session, tests, base)).run(named, base)

    return imported_anew


# --- warm: the tests collected, the application built, and the function not run yet ---------------


class Warm:
    """Where all tests are collected; its functions are those that did not run until then."""

    def __init__(self, court: Court, session: pytest.Session, had_run: Iterable[str]) -> None:
        self.court, self.session = court, session
        self.names = {item.nodeid for item in session.items}
        self.functions: dict[str, list[FunctionType]] = {}  # by file and qualified name
        for one in gc.get_objects():
            if isinstance(one, FunctionType) and one.__code__.co_filename.startswith(f"{ROOT}/app"):
                file = one.__code__.co_filename.removeprefix(f"{ROOT}/")
                self.functions.setdefault(f"{file} {one.__code__.co_qualname}", []).append(one)
        for function in had_run:
            self.functions.pop(function, None)
        assert threading.active_count() == 1, "a fork would lose the others"
        gc.freeze()

    def takes(self, mutant: Mutant) -> bool:
        return f"{mutant.file} {mutant.inside}" in self.functions

    def way(self, mutant: Mutant | None, tests: Sequence[str], base: Path) -> int:
        if mutant:
            self.swap(mutant)
        return speak(self.session, tests, base)

    def swap(self, mutant: Mutant) -> None:
        assert mutant.inside is not None
        path = str(ROOT / mutant.file)
        (code,) = (
            one
            for one in everything_in(compile(mutant.source, path, "exec"))
            if one.co_qualname == mutant.inside
        )
        for function in self.functions[f"{mutant.file} {mutant.inside}"]:
            function.__code__ = code

    def ask(self) -> None:
        """What the tests call, of every module that has not been asked since it changed."""
        modules: dict[str, list[pytest.Item]] = {}
        for item in self.session.items:
            if self.is_heard(item.nodeid):
                modules.setdefault(item.nodeid.partition("::")[0], []).append(item)
        base = self.court.folder / "asked"
        for module in filterfalse(self.court.witnesses.knows, modules):
            finish(partial(self.asked, modules[module], base), base.with_suffix(".log"))
            self.court.witnesses.keep(module, json.loads(base.with_suffix(".json").read_text()))

    def is_heard(self, test: str) -> bool:
        """Of both engines SQLite is the quicker; what is about the guard itself, runs on both."""
        on_sqlite = test.replace("postgresql", "sqlite")
        return test == on_sqlite or on_sqlite not in self.names or test.startswith(ON_BOTH)

    def asked(self, items: Sequence[pytest.Item], base: Path) -> int:
        settle(self.session, base)
        told = testimony(items)
        base.with_suffix(".json").write_text(json.dumps(told))
        rmtree(base, ignore_errors=True)
        return self.session.testsfailed


def everything_in(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in parts_of(code):
        yield from everything_in(one)
