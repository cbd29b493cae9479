"""Tries a mutant: its witnesses run in a process of its own, one by one, until one notices.

That process is forked, so it starts at once and remembers nothing; `ways.py` says from which one.
A witness is believed if it is content, after the same others, with what is there.
"""

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from signal import SIGKILL, SIGTERM, signal

from tests.mutation.making import Mutant
from tests.mutation.witnesses import Witnesses
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
        if not trial.by():  # none ran, so it is enough that one of each module does
            called = tuple({one.partition("::")[0]: one for one in reversed(called)}.values())
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
