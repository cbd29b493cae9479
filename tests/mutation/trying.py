"""Tries a mutant: its witnesses run in a process of its own, one by one, until one notices.

That process is forked from one that has imported what is not ours, so it starts at once and
remembers nothing. Where a mutant differs within one function alone, it is forked later: from a
process in which the tests are collected and the application is built already, if that function has
not run there yet. For what has not run has left nothing behind: no compiled statement, no rule, no
route; from there on both ways are the same, and the later one is many times as fast.

A witness is believed if it is content, after the same others, with what is there.
"""

import gc
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from itertools import filterfalse
from pathlib import Path
from shutil import rmtree
from signal import SIGKILL, SIGTERM, signal
from types import CodeType, FunctionType
from typing import Any

import pytest

from tests.mutation.judges import ON_BOTH
from tests.mutation.making import ROOT, Mutant, parts_of
from tests.mutation.witnesses import Witnesses, running, testimony
from tests.postgres import Server

KILLED, TIMED_OUT, SURVIVED = "killed", "timed out", "survived"
BEAT = 0.01  # seconds from one look to the next
PATIENCE = 4  # times as long as the tests take where nothing is broken
START = 20  # seconds, at most, until the first test runs


@dataclass(frozen=True)
class Verdict:
    mutant: Mutant
    said: str
    by: str = ""  # the test that failed
    tests: int = 0  # how many were called
    seconds: float = 0


# A mutant or none, the tests in their order, and the folder that they may fill: 1 if one failed.
Way = Callable[[Mutant | None, Sequence[str], Path], int]


@dataclass
class Trial:
    mutant: Mutant | None
    tests: Sequence[str]
    base: Path
    pid: int
    patience: float
    waited: float = 0  # seconds, and not those in which all of us were stopped

    def ended(self) -> str | None:
        """What became of its process, if it has ended or has to."""
        ended, status = os.waitpid(self.pid, os.WNOHANG)
        if ended:
            rmtree(self.base, ignore_errors=True)
            return KILLED if status else SURVIVED
        if self.waited < self.patience:
            return None
        os.killpg(self.pid, SIGKILL)
        os.waitpid(self.pid, 0)
        return TIMED_OUT

    def by(self) -> str:
        """The test that failed; none where the mutant kept them from running at all."""
        told = self.base.with_suffix(".by")
        return told.read_text() if told.exists() else ""


@dataclass
class Court:
    """Mutants are tried side by side; `folder` holds the populations and what the tests wrote."""

    folder: Path
    server: Server
    witnesses: Witnesses
    jobs: int
    seconds: float  # of tests for one mutant
    proven: dict[tuple[str, ...], bool] = field(default_factory=dict)
    tried: int = 0

    def judge(self, mutants: Iterable[Mutant], way: Way) -> Iterator[Verdict]:
        """As many at a time as there are jobs."""
        waiting, trials = list(mutants), list[Trial]()
        try:
            while waiting or trials:
                while waiting and len(trials) < self.jobs:
                    mutant = waiting.pop(0)
                    if tests := self.witnesses.of(mutant, self.seconds):
                        trials.append(self.begun(mutant, tests, way))
                    else:
                        yield Verdict(mutant, SURVIVED)
                time.sleep(BEAT)
                for trial in list(trials):
                    trial.waited += BEAT
                    if said := trial.ended():
                        trials.remove(trial)
                        assert trial.mutant is not None
                        if self.believed(trial, said, way):
                            yield self.verdict(trial.mutant, trial, said)
                        else:
                            waiting.insert(0, trial.mutant)
        finally:
            for trial in trials:
                os.killpg(trial.pid, SIGKILL)

    def begun(self, mutant: Mutant | None, tests: Sequence[str], way: Way) -> Trial:
        self.tried += 1
        base = self.folder / f"{os.getpid()}-{self.tried}"
        pid = forked(lambda: way(mutant, tests, base), base.with_suffix(".log"))
        patience = START + PATIENCE * sum(self.witnesses.seconds[one] for one in tests)
        return Trial(mutant, tests, base, pid, patience)

    def believed(self, trial: Trial, said: str, way: Way) -> bool:
        """Else the witness is never called again."""
        if said != KILLED:
            return True
        called = tuple(trial.tests[: self.place(trial)])
        if called not in self.proven:
            again = self.begun(None, called, way)
            while (found := again.ended()) is None:
                time.sleep(BEAT)
                again.waited += BEAT
            self.proven[called] = found == SURVIVED
            if found != SURVIVED:
                self.witnesses.dismiss(again.by() or called[-1])
        return self.proven[called]

    def place(self, trial: Trial) -> int:
        """How many tests were called."""
        return trial.tests.index(trial.by()) + 1 if trial.by() else len(trial.tests)

    def verdict(self, mutant: Mutant, trial: Trial, said: str) -> Verdict:
        self.witnesses.note(trial.tests[: self.place(trial)], trial.by())
        return Verdict(mutant, said, trial.by(), self.place(trial), round(trial.waited, 1))


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


def finish(work: Callable[[], int], log: Path) -> None:
    """In a process of its own, so that this one stays as it is."""
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


def cold(server: Server) -> Way:
    def imported_anew(mutant: Mutant | None, tests: Sequence[str], base: Path) -> int:
        assert not any(name.split(".")[0] == "app" for name in sys.modules), "not cold"
        if mutant:
            sys.meta_path.insert(0, Changed(mutant))
        return Session(server, lambda session: speak(session, tests, base)).run(tests, base)

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
