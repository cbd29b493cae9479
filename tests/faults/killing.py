"""What is killed without a word: the server, or the whole of PostgreSQL; and started again."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import Protocol

import psutil

from app.core.settings import Settings
from tests import postgres
from tests.forking import forked
from tests.memory import folder_of_a_run
from tests.serving import Served, free_port


class Target(Protocol):
    def kill(self) -> None: ...

    def start(self) -> None: ...


def killed(process: psutil.Process) -> None:
    """With all that it has started; nobody of them is left."""
    some = [process, *process.children(recursive=True)]
    for one in some:
        one.kill()
    psutil.wait_procs(some)


@dataclass
class Server:
    """Casework, as an operator starts it; on another port each time."""

    settings: Settings
    folder: Path
    open: ExitStack = field(default_factory=ExitStack)
    served: Served | None = None

    def start(self) -> None:
        self.served = self.open.enter_context(forked(self.folder, self.settings))

    def kill(self) -> None:
        assert self.served
        self.served.process.kill()
        self.served.process.wait()
        self.open.close()

    @property
    def port(self) -> int:
        assert self.served
        return self.served.port


@dataclass
class Cluster:
    """A PostgreSQL of its own, on one port for good."""

    binaries: Path
    folder: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        log = self.folder / "log"
        given = {**postgres.SPARING, "port": self.port, "listen_addresses": "127.0.0.1"}
        given |= {"unix_socket_directories": ""}
        options = [part for k, v in given.items() for part in ("-c", f"{k}={v}")]
        with log.open("a") as written:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.folder / "data", *options],
                env=postgres.surroundings(self.folder / "data"),
                cwd=self.folder / "data",
                stdout=written,
                stderr=written,
                **postgres.as_nobody(),
            )
        postgres.wait(self.process, self.url, log)

    def kill(self) -> None:
        assert self.process
        killed(psutil.Process(self.process.pid))
        self.process.wait()


@contextmanager
def cluster() -> Iterator[tuple[Cluster, postgres.Server]]:
    source = postgres.choose({})
    assert not isinstance(source, postgres.Named)
    with folder_of_a_run("casework-killed-") as folder:
        folder.chmod(0o755)
        system = isinstance(source, postgres.System)
        binaries = source.bin if system else postgres.copied(source, folder)  # type: ignore[union-attr,arg-type]
        postgres.initialise(binaries, folder / "data", "--no-sync")
        one = Cluster(binaries, folder, free_port())
        one.start()
        try:
            server = postgres.Server(one.url, token_hex(4), token_hex(16))
            server.prepare()
            yield one, server
        finally:
            one.kill()


def again(target: Target) -> float:
    """Kills it and starts it; seconds until it answers."""
    target.kill()
    begun = monotonic()
    target.start()
    return monotonic() - begun
