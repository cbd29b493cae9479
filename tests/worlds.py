"""Worlds to test in: each population is built once a run and engine, then copied when asked for."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

from fastapi.testclient import TestClient

from app.cli.commands import OPERATOR
from app.cli.demo import load_demo
from app.cli.migrating import migrate
from app.core.metrics import Metrics
from app.core.settings import Settings
from app.core.values import new_id
from app.main import Application, build, create_app, open_house
from app.registry.staff.schemas import UserIn
from app.registry.staff.service import add_user
from app.safeguards.guard.calls import House
from app.safeguards.guard.carrying import operator_work
from app.safeguards.guard.mark import Permit
from tests.hearing import Client
from tests.looking import token_of
from tests.postgres import Server

Send = Callable[..., Any]
PASSWORD = "correct horse of the tests"
RATES = ("rate_per_token", "rate_per_address", "rate_of_searches", "rate_of_sign_ins")
LIFE = timedelta(hours=12)
KEY_FILES = {
    "database_key_file",
    "master_key_file",
    "log_key_file",
    "log_checkpoint_file",
    "erasure_list_file",
}
OF_ONE_WORLD = {"database_url", "migration_url", "sink", *KEY_FILES}
BUILT: dict[tuple[str, bool], list[Application]] = {}  # by their settings, those that are free


@dataclass(frozen=True)
class Member:
    """Somebody on the staff, signed in."""

    id: str
    username: str
    password: str
    token: str


@dataclass
class World:
    """A running application over a database of its own, and everybody who works there."""

    house: House
    client: TestClient
    staff: dict[tuple[str, str], Member]  # (role, unit)
    sign_ins: dict[str, dict[str, str]]  # role → what `make run` tells of the first unit

    @property
    def engine(self) -> str:
        return self.house.engine.dialect.name

    def as_(self, role: str, unit: str = "north") -> Send:
        """Sends requests as the one who has this role in this unit."""
        return self.with_token(self.staff[role, unit].token)

    def with_token(self, token: str) -> Send:
        headers = {"Authorization": f"Bearer {token}"}

        def send(method: str, path: str, **more: Any) -> Any:
            extra = more.pop("headers", {})
            return self.client.request(method, path, headers={**headers, **extra}, **more)

        return send

    def hire(self, role: str, unit: str = "north", jurisdiction: str = "ra") -> Member:
        """Through the API, as the administrator does it; makes the unit where there is none."""
        boss = self.as_("administrator")
        units = {one["code"]: one["id"] for one in boss("GET", "/v1/units").json()["items"]}
        if unit not in units:
            given = {"code": unit, "name": unit, "jurisdiction": jurisdiction}
            units[unit] = boss("POST", "/v1/units", json=given).json()["id"]
        username = f"{role.replace('_', '-')}-{unit}"
        body = {"username": username, "display_name": username, "role": role}
        body |= {"unit_id": units[unit], "password": PASSWORD}
        made = boss("POST", "/v1/users", json=body)
        assert made.status_code == 201, made.text
        self.agree(made.json()["id"])
        self.staff[role, unit] = signed_in(self.house, made.json()["id"], username, PASSWORD)
        return self.staff[role, unit]

    def agree(self, user_id: str) -> Any:
        """As the other administrator does, to what the first one proposed."""
        other, path = self.as_("administrator", "south"), f"/v1/users/{user_id}/changes"
        (waits,) = [
            one for one in other("GET", path).json()["items"] if one["status"] == "proposed"
        ]
        return other("POST", f"{path}/{waits['id']}/approve", json={"reason": "agreed"})


def signed_in(house: House, user_id: str, username: str, password: str) -> Member:
    return Member(user_id, username, password, token_of(house, user_id))


def populate_demo(house: House, folder: Path) -> dict[tuple[str, str], Member]:
    """What `make run` loads into an empty database."""
    staff = load_demo(house, OPERATOR, folder / "sign-ins.json")
    assert staff, "the database was not empty"
    return {
        place: signed_in(house, str(first.id), first.username, first.password)
        for place, (first, *_) in staff.items()
    }


def populate_empty(house: House, folder: Path) -> dict[tuple[str, str], Member]:
    """Two administrators, made as an operator makes the first ones."""
    staff = {}
    for unit, name in {"north": "first-administrator", "south": "second-administrator"}.items():
        given = UserIn(username=name, display_name=name, role="administrator", password=PASSWORD)
        with operator_work(house, OPERATOR, Permit("user.add")) as work:
            user_id = str(add_user(work, given).id)
        staff["administrator", unit] = signed_in(house, user_id, name, PASSWORD)
    first = staff["administrator", "north"]
    told = {"username": first.username, "password": PASSWORD, "token": first.token}
    (folder / "sign-ins.json").write_text(json.dumps({"administrator": told}))
    return staff


POPULATIONS = {"demo": populate_demo, "empty": populate_empty}


class Worlds:
    """One engine; `shared` is a folder that all processes of this run see."""

    def __init__(self, shared: Path, server: Server | None) -> None:
        self.server, self.shared = server, shared / (server.run if server else "sqlite")

    def settings(self, folder: Path, name: str) -> Settings:
        """Of the database of this name, with its keys in this folder."""
        given: dict[str, Any] = {
            "database_key_file": folder / "database.key",
            "master_key_file": folder / "master.key",
            "trusted_hosts": ["127.0.0.1", "localhost", "testserver"],
            "log_key_file": folder / "log.key",
            "log_checkpoint_file": folder / "log.checkpoint",
            "sink": str(folder / "log.sink"),
            "erasure_list_file": folder / "erasures.list",
            "sequencer": False,  # who tests it lets it grow
            "reading_notices": False,  # likewise
            "overdue_notices": False,  # likewise
            "database_url": f"sqlite:///{folder}/casework.db",
            # All of the tests come from one address, and with few tokens.
            **dict.fromkeys(RATES, "off"),
        }
        if self.server:
            given["database_url"] = self.server.address(self.server.app, name)
            given["migration_url"] = self.server.address(self.server.owner, name)
        return Settings.model_validate(given)

    @contextmanager
    def database(self, folder: Path, template: str | None = None) -> Iterator[Settings]:
        """A database of one's own, empty or copied; neither migrated nor opened."""
        name = new_id().hex[-16:]
        if template:
            shutil.copytree(self.template(template), folder, dirs_exist_ok=True)
        if self.server:
            self.server.create(name, template)
        try:
            yield self.settings(folder, name)
        finally:
            if self.server:
                self.server.drop(name)

    @contextmanager
    def copy(self, population: str, folder: Path) -> Iterator[World]:
        with self.database(folder, population) as settings, opened(settings, folder) as world:
            yield world

    def template(self, population: str) -> Path:
        """Built by whichever process comes first; the others wait for it."""
        folder = self.shared / population
        folder.mkdir(parents=True, exist_ok=True)
        with (self.shared / f"{population}.lock").open("w") as lock:
            flock(lock, LOCK_EX)
            if not (folder / "staff.json").exists():
                self.build(population, folder)
        return folder

    def build(self, population: str, folder: Path) -> None:
        if self.server:
            self.server.create(population)
        settings = self.settings(folder, population)
        migrate(settings)
        house = open_house(settings)
        try:
            staff = POPULATIONS[population](house, folder)
        finally:
            house.engine.dispose()  # a copy needs all of it in the file, and nobody connected
        keep_staff(folder, staff)


@contextmanager
def opened(settings: Settings, folder: Path) -> Iterator[World]:
    """The application over a copied database."""
    house = open_house(settings, serves=True)
    try:
        with working(house, folder) as world:
            yield world
    finally:
        house.engine.dispose()


@contextmanager
def working(house: House, folder: Path) -> Iterator[World]:
    """The application of this house; in the folder, who works there."""
    with (
        application(house.settings, house) as app,
        Client(app, raise_server_exceptions=False) as client,
    ):
        told = json.loads((folder / "sign-ins.json").read_text())
        yield World(house, client, read_staff(folder), told)


@contextmanager
def application(settings: Settings, house: House) -> Iterator[Application]:
    """Routes and their description, which take a second: as an earlier world left them, if any.

    What a world remembers hangs on its house and its lanes, which are its own.
    """
    ways = json.dumps(settings.model_dump(mode="json", exclude=OF_ONE_WORLD))
    free: list[Application] = []

    def build_or_take(given: Settings, synthetic: bool = False) -> Application:
        nonlocal free
        free = BUILT.setdefault((ways, synthetic), free)
        if not free:
            return build(given, synthetic)
        app = free.pop()
        app.state.lines, app.state.beside = None, []
        vars(app.state.metrics).update(vars(Metrics()))  # they count from nothing
        return app

    with patch("app.main.build", build_or_take):
        app = cast(Application, create_app(settings, house))
    yield app
    free.append(app)


def keep_staff(folder: Path, staff: Mapping[tuple[str, str], Member]) -> None:
    rows = [[*place, asdict(member)] for place, member in staff.items()]
    (folder / "staff.json").write_text(json.dumps(rows))


def read_staff(folder: Path) -> dict[tuple[str, str], Member]:
    rows = json.loads((folder / "staff.json").read_text())
    return {(role, unit): Member(**member) for role, unit, member in rows}
