"""What people said is in no file of the database, in no dump of it and in no log.

Canaries go in through HTTP, one in each text that a record seals, with a name beside them that is
kept in plain: it shows that the hunt finds what there is to find.
"""

import subprocess
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from app.core.db import Base, table
from app.safeguards.guard.protected import protected_kinds
from app.safeguards.vault.sealed import is_sealed
from tests.access.test_sealing import WHY as SEEN
from tests.conftest import World
from tests.hearing import EARS
from tests.making import new_case, signed_in_now, staff_id
from tests.postgres import Server, System, Wheel, choose
from tests.registry.erasures.erased import closed_case, erased
from tests.test_locations import FRESH, tour
from tests.worlds import Worlds

PLAIN = "Plainkestrel"  # a name, which is looked for by what it is like
LEAST = 45  # canaries; a hunt that sets fewer has lost its way


@dataclass
class Canaries:
    """Puts one before each text of a body that stands under the name of a sealed column."""

    names: Set[str]
    set: list[str] = field(default_factory=list)

    def put(self, body: Any, within: str = "") -> Any:
        if isinstance(body, Mapping):
            return {name: self.put(value, name) for name, value in body.items()}
        if isinstance(body, list):
            return [self.put(one, within) for one in body]
        if isinstance(body, str) and within in self.names:
            canary = f"CANARY{len(self.set):03}REST"
            self.set.append(canary)
            return f"{canary} {body}"
        return body


def sealed_names() -> set[str]:
    """As bodies have them: a birth and its claim are one object."""
    every = (one.name for kind in protected_kinds() for one in table(kind).c if is_sealed(one))
    return {name.removeprefix("birth_") for name in every} - {"items", "content", "value"}


@dataclass(frozen=True)
class Held:
    """Where a database keeps what it has been told."""

    files: Mapping[str, bytes]
    dump: bytes

    def has(self, text: str) -> list[str]:
        wanted = text.encode()
        found = [name for name, whole in self.files.items() if wanted in whole]
        spelled = (wanted, wanted.hex().encode())  # PostgreSQL dumps bytes as digits
        return found + ["dump"] * any(one in self.dump for one in spelled)


def held_by(world: World, worlds: Worlds) -> Held:
    if worlds.server is not None:
        return of_postgresql(world, worlds.server)
    path = Path(world.house.engine.url.database or "")
    files = {one.name: one.read_bytes() for one in path.parent.glob(f"{path.name}*")}
    assert {path.name, f"{path.name}-wal"} <= files.keys()
    with world.house.engine.connect() as db:
        return Held(files, b"\n".join(every_cell(db)))


def every_cell(db: Connection) -> Iterator[bytes]:
    """Of every table: this driver has no other dump."""
    for rows in Base.metadata.sorted_tables:
        for row in db.exec_driver_sql(f"SELECT * FROM {rows.name}"):
            yield from (one if isinstance(one, bytes) else str(one).encode() for one in row)


def of_postgresql(world: World, server: Server) -> Held:
    """The folders of this database and of the log of writes, after a checkpoint; and the text in
    which the server tells what went wrong."""
    url = urlsplit(world.house.settings.database_url)
    name = url.path.removeprefix("/")
    server.run_as_superuser("CHECKPOINT")
    ((folder,),) = server.run_as_superuser("SHOW data_directory")
    ((number,),) = server.run_as_superuser(f"SELECT oid FROM pg_database WHERE datname = '{name}'")
    places = (Path(folder) / "base" / str(number), Path(folder) / "pg_wal")
    files = {str(one): one.read_bytes() for at in places for one in at.rglob("*") if one.is_file()}
    if (told := Path(folder).with_name("log")).is_file():  # where the server is ours
        files[str(told)] = told.read_bytes()
        assert b"LOG:" in files[str(told)]
    address = urlsplit(server.url)._replace(path=f"/{name}").geturl()
    dumped = subprocess.run([dumper(), address], capture_output=True, check=True, timeout=80)
    return Held(files, dumped.stdout)


def dumper() -> str:
    source = choose()
    if isinstance(source, System):
        return str(source.bin / "pg_dump")
    if isinstance(source, Wheel):
        return str(next(source.package.rglob("bin/pg_dump")))
    found = which("pg_dump")
    assert found, "there is no pg_dump"
    return found


def test_what_is_sealed_is_nowhere_in_the_clear(fresh: World, worlds: Worlds) -> None:
    since, canaries = len(EARS.told), Canaries(sealed_names())
    made = new_case(fresh)
    names = {"case_id": made.id, "person_id": made.person_id}
    names["user_id"] = staff_id(fresh, "security_assessor")
    place = ""
    for number, (role, path, body) in enumerate(tour(made)):
        send = signed_in_now(fresh, "health_worker") if role == FRESH else fresh.as_(role)
        if path.endswith("/unseal"):
            assert made.post("data_protection_officer", f"{place}/approve", SEEN).is_success
        if path.endswith("/names"):
            body = {**body, "full": PLAIN}
        key = {"Idempotency-Key": f"hunt-{number}"}  # so that the answer is kept, too
        sent = canaries.put(body)
        if path.endswith("/identifiers"):  # elsewhere a value is a date
            sent["value"] = canaries.put(sent["value"], "text")
        answer = send("POST", path.format(**names), json=sent, headers=key)
        assert answer.status_code == 201, f"{path}: {answer.text}"
        if path == "/v1/households":
            names["household_id"] = answer.json()["id"]
        if path.endswith("/proceedings"):
            names["proceeding_id"] = answer.json()["id"]
        if path.endswith("/assessments"):
            names["assessment_id"] = answer.json()["id"]
        place = answer.headers["Location"].removeprefix(made.path)
    assert len(canaries.set) >= LEAST
    held = held_by(fresh, worlds)
    assert "dump" in held.has(PLAIN), "the hunt finds what is there"
    if worlds.server is not None:
        assert len(held.has(PLAIN)) > 2, "in the table, in the log of writes and in the dump"
    assert [(one, held.has(one)) for one in canaries.set if held.has(one)] == []
    told = "\n".join(text for _, text in EARS.told[since:])
    assert [one for one in canaries.set if one in told] == []
    assert PLAIN not in told


def test_what_was_erased_is_in_no_dump(fresh: World, worlds: Worlds) -> None:
    made = closed_case(fresh)
    number = made.get("social_worker")["number"]
    before = held_by(fresh, worlds)
    wanted = ("Kanarisk Second", number, "1991-05-17")
    assert all("dump" in before.has(one) for one in wanted)
    others = before.dump.count(b"1991-05-17")
    erased(made)
    after = held_by(fresh, worlds)
    assert "dump" not in after.has("Kanarisk")
    assert "dump" not in after.has(number)
    assert after.dump.count(b"1991-05-17") < others
