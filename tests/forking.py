"""Servers forked off a process that has everything imported, which starting anew takes seconds.

From the command line on they do what any server does. What it takes to get there is for the tests
that start one as an operator does (`serving`).
"""

import gc
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from signal import SIGKILL, Signals
from subprocess import TimeoutExpired

from app.cli.main import main
from app.core.settings import Settings
from app.main import build
from tests.describing import make_once
from tests.hashing import make_cheap
from tests.serving import Served, environment_of, free_port, plain_environment, up

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload([__name__])
make_once()
make_cheap()
build(Settings()).openapi()  # so that no fork has to make the description
gc.collect()
gc.freeze()  # and none copies what it would but look at


@dataclass(frozen=True)
class Forked:
    """What is asked of a process, where it is another one's child."""

    process: BaseProcess

    @property
    def pid(self) -> int:
        assert self.process.pid
        return self.process.pid

    def poll(self) -> int | None:
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise TimeoutExpired("casework", timeout or 0)
        return self.process.exitcode

    def send_signal(self, number: Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(SIGKILL)


def run(arguments: Sequence[str], folder: Path, given: Mapping[str, str], told: Path) -> None:
    """In the fork: as the shell would have it, before the first word of ours."""
    os.setsid()
    os.chdir(folder)
    log = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.clear()
    os.environ.update(given)
    sys.argv = ["casework", *arguments]
    main()


@contextmanager
def forked(folder: Path, settings: Settings) -> Iterator[Served]:
    """`casework run --no-demo` in this folder; stops with SIGTERM."""
    port, told = free_port(), folder / "server.log"
    given = plain_environment() | environment_of(settings)
    arguments = ("run", "--no-demo", f"--port={port}")
    process = FORKS.Process(target=run, args=(arguments, folder, given, told), daemon=True)
    process.start()
    with up(Served(port, told, Forked(process))) as served:
        yield served
