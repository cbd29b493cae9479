"""The servers that are compared, each a process of its own on a free port."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import psycopg

from app.core.engine import open_engine
from app.core.transactions import reading
from bench import bare, postgres
from bench.places import KEPT, ROOT, Seed, environment, launched

THREADS = 8  # of the peer, which has one process like the others
BARE = "bare"  # the copy of the seed that takes what no event tells of
VARIANTS = {
    "ceiling": "raw ASGI + asyncpg, one prepared statement (f)",
    "postgresql": "Casework on PostgreSQL",
    "sqlite": "Casework on encrypted SQLite",
    "ninja": "django-ninja, gunicorn gthread",
    "unaudited": "Casework on PostgreSQL without events (bench only)",
    "unaudited-sqlite": "Casework on encrypted SQLite without events (bench only)",
}


@dataclass(frozen=True)
class Served:
    name: str
    port: int
    pid: int
    database_pid: int | None  # whose processor time is the server's too
    database_url: str

    def events(self) -> int:
        """How many are on record."""
        count = "SELECT count(*) FROM audit_events"
        if self.database_pid is None:
            engine = open_engine(self.database_url, KEPT / "sqlite.key", 1)
            with reading(engine) as one:
                found = one.exec_driver_sql(count).scalar_one()
            engine.dispose()
            return int(found)
        with psycopg.connect(self.database_url, autocommit=True) as db:
            row = db.execute(count).fetchone()
            return int(row[0]) if row else 0


class Silent(RuntimeError):
    """A server did not start; the message is what it said."""


def seeded(server: postgres.Server, seed: Seed, engines: set[str]) -> None:
    """Fills what is not there yet; a seed that broke off is made again."""
    if "postgresql" in engines and not server.has(seed.name):
        half = f"{seed.name}_half"
        server.drop(half)
        server.run(f"CREATE DATABASE {half} OWNER {postgres.OWNER}")
        surrounding = environment(server.url(postgres.APP, half), server.url(postgres.OWNER, half))
        superuser = server.url("postgres", half, "postgresql")
        fill(seed, superuser, surrounding)
        server.run(f"ALTER DATABASE {half} RENAME TO {seed.name}")
    if "sqlite" in engines and not seed.sqlite.exists():
        half_file = seed.sqlite.with_suffix(".half")
        half_file.unlink(missing_ok=True)
        fill(seed, "-", environment(f"sqlite:///{half_file}"))
        half_file.rename(seed.sqlite)


def fill(seed: Seed, superuser: str, surrounding: dict[str, str]) -> None:
    print(f"seeding {seed.cases:,} cases, once …", flush=True)
    long = ",".join(map(str, seed.long))
    command = launched(seed.tree, "bench.seed", seed.cases, long, superuser, seed.facts)
    subprocess.run(command, env=surrounding, check=True)


@contextmanager
def serving(server: postgres.Server, seed: Seed, names: list[str]) -> Iterator[dict[str, Served]]:
    """On a copy of the seed, so that every run begins with the same rows."""
    seeded(server, seed, {"sqlite" if "sqlite" in one else "postgresql" for one in names})
    with postgres.alone(), ExitStack() as stack:
        for database in {database_of(one) for one in names if "sqlite" not in one}:
            server.copy(seed.name, database)
            stack.callback(server.drop, database)
            if database == BARE:
                bare.on_postgresql(server, database)
        found = {}
        for name in names:
            found[name] = stack.enter_context(one_server(name, server, seed, database_of(name)))
        yield found


def database_of(name: str) -> str:
    return BARE if name.startswith("unaudited") else "run"


@contextmanager
def one_server(
    name: str, server: postgres.Server, seed: Seed, served: str = "run"
) -> Iterator[Served]:
    """`served`: the database on PostgreSQL, if it is on one."""
    port = free_port()
    surrounding = environment(server.url(postgres.APP, served))
    surrounding |= {
        "BENCH_DATABASE_URL": server.url("postgres", served, "postgresql"),  # past all walls
        "BENCH_KNOWN": json.dumps({n: seed.known()[n] for n in ("user", "session", "unit")}),
    }
    database: int | None = server.pid
    if name == "ceiling":
        command = [sys.executable, "-m", "uvicorn", "bench.ceiling:app", "--port", str(port)]
        command += ["--no-access-log", "--log-level", "warning", "--no-server-header"]
        command += ["--no-proxy-headers", "--loop", "uvloop", "--http", "httptools"]
    elif name == "ninja":
        command = [sys.executable, "-m", "gunicorn", "bench.peer.wsgi", "-k", "gthread"]
        command += ["--workers", "1", "--threads", str(THREADS), "--bind", f"127.0.0.1:{port}"]
        command += ["--keep-alive", "60", "--log-level", "warning"]
    else:
        mode = "unaudited" if name.startswith("unaudited") else "audited"
        command = launched(seed.tree, "bench.casework", port, mode)
        if name.endswith("sqlite"):
            file, database = KEPT / f"run-{name}.db", None
            for old in KEPT.glob(f"{file.name}*"):
                old.unlink()
            copyfile(seed.sqlite, file)
            if mode == "unaudited":
                bare.on_sqlite(file, KEPT / "sqlite.key")
            surrounding["CASEWORK_DATABASE_URL"] = f"sqlite:///{file}"
    surrounding["PYTHONDONTWRITEBYTECODE"] = "1"
    log = KEPT / f"{name}.log"
    with log.open("w") as written:
        process = subprocess.Popen(
            command, cwd=ROOT, env=surrounding, stdout=written, stderr=written
        )
    try:
        wait(process, port, log)
        url = surrounding["BENCH_DATABASE_URL" if database else "CASEWORK_DATABASE_URL"]
        yield Served(name, port, process.pid, database, url)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def wait(process: "subprocess.Popen[Any]", port: int, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise Silent(f"{log.name}: {log.read_text()[-3000:]}")


def ask(port: int, method: str, path: str, token: str, body: str | None = None) -> Any:
    """One request, for looking at an answer; not for measuring."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=body.encode() if body else None,
        method=method,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        raise Silent(f"{method} {path}: {refused.code} {refused.read()[:500]!r}") from None


def cores() -> int:
    return len(os.sched_getaffinity(0))
