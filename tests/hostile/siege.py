"""A real server with the demo population, and what an attack costs and leaves behind."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPResponse
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
import psycopg
from sqlalchemy import func, select, text

from app.core.db import Base
from app.core.settings import Settings
from app.core.values import now
from app.main import open_house
from app.safeguards.guard.calls import House
from tests.forking import forked
from tests.looking import transaction
from tests.serving import Served
from tests.worlds import Member, Worlds, read_staff

# What is written down of an attack is evidence; nothing else may be.
EVIDENCE = {"audit_events", "audit_subjects", "sign_in_attempts"}
JSON = "application/json"
Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    raw: bytes  # status line, headers and body, as they came

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]


class Bytes:
    """What http.client reads an answer from, instead of a socket."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def makefile(self, _: str) -> Any:
        return BytesIO(self.raw)


@dataclass
class Siege:
    served: Served
    settings: Settings
    house: House
    staff: dict[tuple[str, str], Member]
    places: dict[str, str] = field(default_factory=dict)

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.served.process.pid)

    def token(self, role: str) -> str:
        return self.staff[role, "north"].token

    def send(self, *pieces: bytes, finish: bool = False) -> Answer:
        """The bytes as they are; the answer up to the end of the connection."""
        with socket.create_connection(("127.0.0.1", self.served.port), timeout=30) as line:
            try:
                for piece in pieces:
                    line.sendall(piece)
                if finish:
                    line.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before all of it was sent: the answer is there all the same
            return read(line)

    def ask(self, role: str, method: str, path: str, body: Any = None) -> Any:
        """A request in good faith; its answer as JSON."""
        headers = {"Authorization": f"Bearer {self.token(role)}"}
        data = None if body is None else json.dumps(body).encode()
        if data:
            headers["Content-Type"] = "application/json"
        with urlopen(Request(f"{self.served.url}{path}", data, headers, method=method)) as got:
            return json.load(got)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Somebody else keeps the database: SQLite's one writer, or the table of evidence."""
        if owner := self.settings.migration_url:
            with psycopg.connect(owner.replace("+psycopg", "")) as db:
                db.execute("LOCK TABLE audit_events IN EXCLUSIVE MODE")
                yield
                db.rollback()
            return
        with self.house.engine.connect() as db:  # it begins with the lock of the writer
            db.execute(text("SELECT 1"))
            yield
            db.rollback()

    def rows(self) -> dict[str, int]:
        with transaction(self.house.engine) as db:
            return {
                name: db.execute(select(func.count()).select_from(one)).scalar_one()
                for name, one in Base.metadata.tables.items()
                if name not in EVIDENCE
            }

    def cpu(self) -> float:
        """Seconds that the server has worked, in steps of a hundredth."""
        spent = self.process.cpu_times()
        return float(spent.user + spent.system)

    def resident(self) -> int:
        return int(self.process.memory_info().rss)


def read(line: socket.socket) -> Answer:
    parts = []
    try:
        while part := line.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    raw = b"".join(parts)
    assert raw, "no answer at all"
    response = HTTPResponse(Bytes(raw))  # type: ignore[arg-type]
    response.begin()
    return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, raw)


@contextmanager
def besieged(worlds: Worlds, folder: Path, **changes: Any) -> Iterator[Siege]:
    with (
        worlds.database(folder, "demo") as settings,
        siege_of(settings.model_copy(update=changes), folder) as siege,
    ):
        yield siege


@contextmanager
def siege_of(settings: Settings, folder: Path) -> Iterator[Siege]:
    """A server over a copy of the demo, whose files are in this folder."""
    house = open_house(settings)
    try:
        with forked(folder, settings) as served:
            siege = Siege(served, settings, house, read_staff(folder))
            plan = {"code": f"siege-{now():%H%M%S%f}", "name": "Operation", "programme": "alder"}
            plan |= {"arrives_on": "2025-11-01"}
            made = siege.ask("coordinator", "POST", "/v1/operations", plan)
            listed = siege.ask("social_worker", "GET", "/v1/cases?status=open&limit=1")
            (case,) = listed["items"]
            siege.places["operation"] = made["id"]
            siege.places |= {"case": case["id"], "person": case["person_id"]}
            yield siege
    finally:
        house.engine.dispose()


def head(method: str, target: str, headers: Headers, version: str = "1.1") -> bytes:
    lines = [f"{method} {target} HTTP/{version}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


def chunked(body: bytes, size: int = 65_536) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def request(
    siege: Siege,
    method: str,
    path: str,
    body: bytes = b"",
    *more: tuple[str, str],
    role: str | None = "social_worker",
    kind: str = JSON,
    chunks: bool = False,
    version: str = "1.1",
) -> tuple[bytes, ...]:
    headers: Headers = [("Host", "127.0.0.1"), ("Connection", "close")]
    if role:
        headers.append(("Authorization", f"Bearer {siege.token(role)}"))
    if chunks:
        headers.append(("Transfer-Encoding", "chunked"))
    elif body:
        headers.append(("Content-Length", str(len(body))))
    if body:
        headers.append(("Content-Type", kind))
    for name, _ in more:  # said again, it takes the place of ours
        headers = [pair for pair in headers if pair[0] != name]
    whole = head(method, path.format(**siege.places), [*headers, *more], version)
    return (whole, chunked(body)) if chunks else (whole + body,)
