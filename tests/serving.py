"""A server in a process of its own, as an operator starts one."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM, Signals
from typing import Protocol
from urllib.error import URLError
from urllib.request import urlopen

from app.core.settings import Settings

ROOT = Path(__file__).parents[1]
CASEWORK = (sys.executable, "-c", "from app.cli.start import main; main()")


class Process(Protocol):
    """As `subprocess` has it."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, number: Signals) -> None: ...

    def kill(self) -> None: ...


@dataclass(frozen=True)
class Served:
    port: int
    log: Path
    process: Process

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def plain_environment() -> dict[str, str]:
    """Nothing of this machine's that an operator would not have."""
    ours = {
        k: v for k, v in os.environ.items() if not k.startswith(("CASEWORK_", "MAKE", "MFLAGS"))
    }
    return {**ours, "PYTHONPATH": "", "PYTHONUNBUFFERED": "1"}


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables with which an operator would say the same."""
    return {
        f"CASEWORK_{name.upper()}": ",".join(value) if isinstance(value, list) else str(value)
        for name, value in settings.model_dump(exclude_none=True).items()
        if name not in ("port", "migration_url") and value != []
    }


@contextmanager
def serving(
    folder: Path,
    command: Sequence[str] = (*CASEWORK, "run"),
    option: str = "--port={}",
    settings: Settings | None = None,
) -> Iterator[Served]:
    """Starts in this folder, where the defaults put keys and database; stops with SIGTERM."""
    port, told = free_port(), folder / "server.log"
    environment = plain_environment() | (environment_of(settings) if settings else {})
    if command[0] == sys.executable:
        environment["PYTHONPATH"] = str(ROOT)
    with told.open("w") as log:
        process = subprocess.Popen(
            [*command, option.format(port)],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,  # so that make and what it starts are stopped together
        )
    with up(Served(port, told, process)) as served:
        yield served


@contextmanager
def up(served: Served) -> Iterator[Served]:
    """As soon as it answers, and until it has ended."""
    process = served.process
    try:
        wait(served)
        yield served
    finally:
        if process.poll() is None:
            os.killpg(process.pid, SIGTERM)
            process.wait(30)


def wait(served: Served) -> None:
    for _ in range(3000):
        if served.process.poll() is not None:
            break
        try:
            with urlopen(f"{served.url}/healthz", timeout=2):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"the server did not start: {served.log.read_text()[-3000:]}")
