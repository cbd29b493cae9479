"""Tries a mutant: the tests run in a process of its own, with one file read from memory.

That process is forked from one that has imported what is not ours, so it starts at once and
remembers nothing. Where a mutant differs within one function alone, it is forked later: from a
process in which the application and its tests are imported and built already, if that function has
not run there yet. For what has not run has left nothing behind: no compiled statement, no rule, no
route; from there on both ways are the same, and the later one is four times as fast.
"""

import gc
import importlib
import os
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from shutil import rmtree
from signal import SIGKILL, SIGTERM, signal
from types import CodeType, FunctionType
from typing import Any

import pytest

from tests.mutation.judges import SQLITE
from tests.mutation.making import ROOT, Mutant, parts_of
from tests.postgres import Server

KILLED, TIMED_OUT, SURVIVED = "killed", "timed out", "survived"
BEAT = 0.02  # seconds from one look to the next
PATIENCE = 3  # times as long as the tests take where nothing is broken
NOTHING_RAN = 5  # of pytest: a judge that says nothing


@dataclass(frozen=True)
class Verdict:
    mutant: Mutant
    said: str
    by: str = ""  # the test that failed
    seconds: float = 0


@dataclass
class Trial:
    mutant: Mutant
    base: Path
    pid: int
    waited: float = 0  # seconds, and not those in which all of us were stopped


@dataclass
class Court:
    """Judges who sit together; `folder` holds what they share: populations, and what they wrote."""

    folder: Path
    server: Server
    jobs: int
    tests: Sequence[str] = ()
    which: str = ""  # pytest's -k
    patience: float = 0  # seconds
    kills: Counter[str] = field(default_factory=Counter)  # the quickest to notice go first
    tried: int = 0
    took: dict[tuple[str, str], float] = field(default_factory=dict)  # seconds, by test and -k

    def populate(self) -> int:
        """Before any mutant runs, which would write its faults into them."""
        worlds = importlib.import_module("tests.worlds")
        for population in worlds.POPULATIONS:
            worlds.Worlds(self.folder, None).template(population)
            if self.which != SQLITE:
                worlds.Worlds(self.folder, self.server).template(population)
        return 0

    def prove(self) -> None:
        """That those who have not judged yet let pass what is there, and how long they take."""
        called, new = self.tests, [one for one in self.tests if (one, self.which) not in self.took]
        if new:
            finish(self.populate, self.folder / "populations.log")
            self.tests, began = new, time.monotonic()
            finish(lambda: self.run(self.folder / "clean"), self.folder / "clean.log")
            self.tests = called
            self.took |= {(one, self.which): time.monotonic() - began for one in new}
        every = sum(self.took[one, self.which] for one in called)
        self.patience = 30 + PATIENCE * self.jobs * every

    def run(self, base: Path) -> int:
        """pytest in this process, as one more worker of a run whose populations are there."""
        options = (
            "-x",
            "--assert=plain",
            "-p",
            "no:xdist",
            "-p",
            "no:cacheprovider",
            f"--basetemp={base}",
        )
        given = (*options, "-k", self.which, *self.tests)
        return int(pytest.main([*given], plugins=[Clerk(self, base.with_suffix(".by"))]))

    def judge(self, mutants: Iterable[Mutant], put: Callable[[Mutant], None]) -> Iterator[Verdict]:
        """As many at a time as there are jobs; `put` puts a mutant in its place."""
        waiting, running = list(mutants), dict[int, Trial]()
        try:
            while waiting or running:
                while waiting and len(running) < self.jobs:
                    trial = self.begun(waiting.pop(0), put)
                    running[trial.pid] = trial
                time.sleep(BEAT)
                for trial in list(running.values()):
                    trial.waited += BEAT
                    if said := self.said(trial):
                        del running[trial.pid]
                        yield self.verdict(trial, said)
        finally:
            for pid in running:
                os.killpg(pid, SIGKILL)

    def begun(self, mutant: Mutant, put: Callable[[Mutant], None]) -> Trial:
        self.tried += 1
        base = self.folder / f"{os.getpid()}-{self.tried}"

        def work() -> int:
            put(mutant)
            return self.run(base)

        return Trial(mutant, base, forked(work, base.with_suffix(".log")))

    def verdict(self, trial: Trial, said: str) -> Verdict:
        by = trial.base.with_suffix(".by")
        test = by.read_text() if by.exists() else ""
        self.kills[test] += said == KILLED
        rmtree(trial.base, ignore_errors=True)
        return Verdict(trial.mutant, said, test, round(trial.waited, 1))

    def said(self, trial: Trial) -> str | None:
        """What became of its process, if it has ended or has to."""
        ended, status = os.waitpid(trial.pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            if code == NOTHING_RAN:
                raise RuntimeError(f"no test was chosen by {self.which!r} of {self.tests}")
            return KILLED if code else SURVIVED
        if trial.waited < self.patience:
            return None
        os.killpg(trial.pid, SIGKILL)
        os.waitpid(trial.pid, 0)
        return TIMED_OUT


class Clerk:
    """Of pytest: lends it the run's PostgreSQL, calls the quickest first, notes who spoke."""

    def __init__(self, court: Court, by: Path) -> None:
        self.court, self.by = court, by

    def pytest_configure(self, config: Any) -> None:
        config.workerinput = {"postgresql": asdict(self.court.server)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: -self.court.kills[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.by.exists():
            self.by.write_text(report.nodeid)


def finish(work: Callable[[], int], log: Path) -> None:
    """In a process of its own, so that this one stays cold."""
    pid = forked(work, log)
    try:
        _, status = os.waitpid(pid, 0)
    except BaseException:
        os.kill(pid, SIGTERM)  # it has others to end
        raise
    if status:
        raise RuntimeError(f"it does not work as it is:\n{log.read_text()[-5000:]}")


def forked(work: Callable[[], int], log: Path) -> int:
    """A process that does this, in a group of its own, and ends with what it returns."""
    if pid := os.fork():
        return pid
    status = 1
    try:
        signal(SIGTERM, lambda *_: sys.exit(1))
        os.setsid()
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        status = work()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


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


def imported_anew(mutant: Mutant) -> None:
    assert not any(name.split(".")[0] == "app" for name in sys.modules), "not cold"
    sys.meta_path.insert(0, Changed(mutant))


# --- warm: the application built, and this function not run yet -----------------------------------


class Warm:
    """Of one file: its functions that did not run while the application was imported and built."""

    def __init__(self, file: str, court: Court) -> None:
        self.path = str(ROOT / file)
        ran = set[str]()

        def note(frame: Any, event: str, _: object) -> None:
            if event == "call" and frame.f_code.co_filename == self.path:
                ran.add(frame.f_code.co_qualname)

        threading.setprofile(note)
        sys.setprofile(note)
        build(court)
        sys.setprofile(None)
        threading.setprofile(None)
        assert threading.active_count() == 1, "a fork would lose the others"
        self.functions: dict[str, list[FunctionType]] = {}
        for one in gc.get_objects():
            if isinstance(one, FunctionType) and one.__code__.co_filename == self.path:
                self.functions.setdefault(one.__code__.co_qualname, []).append(one)
        for name in ran:
            self.functions.pop(name, None)
        gc.freeze()

    def takes(self, mutant: Mutant) -> bool:
        return mutant.inside in self.functions

    def swap(self, mutant: Mutant) -> None:
        assert mutant.inside is not None
        (code,) = (
            one
            for one in everything_in(compile(mutant.source, self.path, "exec"))
            if one.co_qualname == mutant.inside
        )
        for function in self.functions[mutant.inside]:
            function.__code__ = code


def everything_in(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in parts_of(code):
        yield from everything_in(one)


def build(court: Court) -> None:
    """Import what the judges import, and build the application that their first world takes."""
    worlds = importlib.import_module("tests.worlds")
    importlib.import_module("tests.conftest")
    for test in court.tests:
        for file in [Path(test)] if test.endswith(".py") else sorted(Path(test).rglob("test_*.py")):
            importlib.import_module(".".join(file.with_suffix("").parts))
    folder = court.folder / f"{os.getpid()}-built"
    with worlds.Worlds(court.folder, None).database(folder, "demo") as settings:
        house = worlds.open_house(settings)
        with worlds.application(settings, house):
            pass
        house.engine.dispose()
    rmtree(folder)
