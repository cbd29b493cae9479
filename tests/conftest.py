"""Both engines, migrated as an operator would, with the fictional population in each."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.cli.commands import OPERATOR
from app.cli.demo import load_demo
from app.cli.migrating import migrate
from app.core.settings import Settings
from app.main import create_app, open_house
from app.safeguards.guard.carrying import House
from tests.postgres import administrator, running


@dataclass
class World:
    house: House
    client: TestClient
    sign_ins: dict[str, dict[str, str]]

    def as_(self, role: str) -> Callable[..., Any]:
        headers = {"Authorization": f"Bearer {self.sign_ins[role]['token']}"}

        def send(method: str, path: str, **more: Any) -> Any:
            extra = more.pop("headers", {})
            return self.client.request(method, path, headers={**headers, **extra}, **more)

        return send


def prepare_postgresql(address: str) -> None:
    with administrator(address) as admin:
        admin.execute("CREATE ROLE casework_owner LOGIN")
        admin.execute("CREATE ROLE casework_app LOGIN")
        admin.execute("CREATE DATABASE casework OWNER casework_owner")


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    keys = {"database_key_file": folder / "db.key", "master_key_file": folder / "master.key"}
    if request.param == "sqlite":
        with living(folder, settings(f"sqlite:///{folder}/c.db", **keys)) as one:
            yield one
        return
    with running() as address:
        prepare_postgresql(address)
        url = f"postgresql+psycopg://casework_app@{address}/casework"
        owner = f"postgresql+psycopg://casework_owner@{address}/casework"
        with living(folder, settings(url, migration_url=owner, **keys)) as one:
            yield one


def settings(url: str, **more: object) -> Settings:
    return Settings.model_validate({"database_url": url, **more})


class living:  # noqa: N801  a context manager, read as a word
    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder, self.settings = folder, settings

    def __enter__(self) -> World:
        migrate(self.settings)
        self.house = open_house(self.settings)
        told = self.folder / "sign-ins.json"
        assert load_demo(self.house, OPERATOR, told)
        self.settings.trusted_hosts.append("testserver")
        app = create_app(self.settings, self.house)
        self.client = TestClient(app, raise_server_exceptions=False)
        self.client.__enter__()
        return World(self.house, self.client, json.loads(told.read_text()))

    def __exit__(self, *_: object) -> None:
        self.client.__exit__(None, None, None)
        self.house.engine.dispose()
