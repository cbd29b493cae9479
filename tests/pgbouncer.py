"""A PgBouncer of our own before the tests' PostgreSQL: transaction mode, and few connections."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from sqlalchemy import make_url

from tests.postgres import Server, as_nobody
from tests.serving import free_port

BINARY = Path("/usr/sbin/pgbouncer")  # of Debian's package
CONSOLE = "console"
SETTINGS = """
[databases]
* = host={host} port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {folder}/users
admin_users = {console}
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
server_round_robin = 1
{more}
"""


class NoPgBouncer(RuntimeError):
    """The proof cannot be had here."""


class Bouncer:
    def __init__(self, port: int, server: Server) -> None:
        self.port, self.server = port, server

    def before(self, url: str) -> str:
        """The same database, through the pooler."""
        through = make_url(url).set(host="127.0.0.1", port=self.port)
        return through.render_as_string(hide_password=False)

    def ask(self, question: str) -> list[dict[str, Any]]:
        """Of the console, which knows the simple protocol alone."""
        url = f"host=127.0.0.1 port={self.port} dbname=pgbouncer user={CONSOLE}"
        with psycopg.Connection.connect(
            f"{url} password={self.server.password}",
            autocommit=True,
            cursor_factory=psycopg.ClientCursor,
        ) as db:
            found = db.execute(question.encode())
            names = [one.name for one in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@contextmanager
def pgbouncer(server: Server, size: int, more: str = "") -> Iterator[Bouncer]:
    if not BINARY.exists():
        raise NoPgBouncer(f"{BINARY} is not there: install the package pgbouncer")
    found = make_url(server.url)
    port = free_port()
    with TemporaryDirectory(prefix="casework-bouncer-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        users = [f'"{one}" "{server.password}"\n' for one in (server.app, server.owner, CONSOLE)]
        (folder / "users").write_text("".join(users))
        given = {"host": found.host, "server": found.port or 5432, "folder": folder, "size": size}
        told = SETTINGS.format(**given, port=port, console=CONSOLE, more=more)
        (folder / "pgbouncer.ini").write_text(told)
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [BINARY, folder / "pgbouncer.ini"], stdout=log, stderr=log, **as_nobody()
            )
        try:
            bouncer = Bouncer(port, server)
            wait(process, bouncer, folder / "log")
            yield bouncer
        finally:
            process.send_signal(SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait(process: "subprocess.Popen[bytes]", bouncer: Bouncer, log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            bouncer.ask("SHOW VERSION")
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise NoPgBouncer(f"PgBouncer did not start: {log.read_text()[-2000:]}")
