"""Operators' commands for accounts, on an empty SQLite database."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.cli.main import main
from app.core.db import table
from app.core.engine import open_engine
from app.core.settings import Settings
from app.main import create_app
from app.safeguards.audit.models import AuditEvent
from tests.hiring import PASSWORD
from tests.looking import transaction

OTHER = "quiet lantern under maples"


class Desk:
    def __init__(self, folder: Path) -> None:
        self.folder, self.runner = folder, CliRunner()

    def run(self, *words: str, input: str | None = None) -> Result:
        return self.runner.invoke(main, list(words), input=input)

    def did(self, *words: str, input: str | None = None) -> str:
        result = self.run(*words, input=input)
        assert result.exit_code == 0, result.output
        return result.output

    def failed(self, *words: str, input: str | None = None) -> str:
        """One line for the operator, and an exit code for the script."""
        result = self.run(*words, input=input)
        assert result.exit_code != 0, result.output
        assert "Traceback" not in result.output
        assert isinstance(result.exception, SystemExit)
        last = result.output.strip().splitlines()[-1]
        assert last.startswith("Error: "), result.output
        assert PASSWORD not in result.output
        return last

    def hire(self, name: str, *more: str, role: str = "administrator") -> str:
        words = ("users", "add", name, "--role", role, "--password-stdin", *more)
        return self.did(*words, input=f"{PASSWORD}\n")

    def events(self) -> list[Any]:
        settings = Settings()
        engine = open_engine(settings.database_url, settings.database_key_file)
        events = table(AuditEvent)
        with transaction(engine) as db:
            found = list(db.execute(select(events).order_by(events.c.id)))
        engine.dispose()
        return found


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("CASEWORK_DATABASE_URL", f"sqlite:///{tmp_path}/c.db")
    monkeypatch.setenv("CASEWORK_DATABASE_KEY_FILE", str(tmp_path / "db.key"))
    monkeypatch.setenv("CASEWORK_MASTER_KEY_FILE", str(tmp_path / "master.key"))
    monkeypatch.setenv("CASEWORK_LOG_KEY_FILE", str(tmp_path / "log.key"))
    monkeypatch.setenv("CASEWORK_LOG_CHECKPOINT_FILE", str(tmp_path / "log.checkpoint"))
    monkeypatch.setenv("CASEWORK_SINK", str(tmp_path / "log.sink"))
    monkeypatch.setenv("CASEWORK_TRUSTED_HOSTS", "testserver")
    made = Desk(tmp_path)
    made.did("migrate")
    return made


def test_the_first_administrator_and_what_follows(desk: Desk) -> None:
    assert "first-boss" in desk.hire("first-boss")
    assert "ra-1" in desk.did("units", "add", "ra-1", "--name", "One", "--jurisdiction", "ra")
    desk.hire("worker", "--unit", "ra-1", "--name", "A Worker", role="social_worker")
    app = create_app()
    with TestClient(app) as client:
        form = {"grant_type": "password", "username": "first-boss", "password": PASSWORD}
        token = client.post("/v1/token", data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        listed = client.get("/v1/users", headers=headers).json()["items"]
        assert "X-Data-Class" not in client.get("/healthz").headers
    app.state.house.engine.dispose()
    assert [one["username"] for one in listed] == ["first-boss", "worker"]
    told = desk.did("users", "list").splitlines()
    assert [line.split()[1:] for line in told] == [
        ["first-boss", "administrator", "person"],
        ["worker", "social_worker", "person"],
    ]
    written = [one for one in desk.events() if one.outcome == "written" and one.role]
    operators = [one for one in written if one.route.startswith("command ")]
    assert [one.action for one in operators] == ["user.add", "unit.add", "user.add"]
    assert {one.actor_id.int for one in operators} == {1}
    assert PASSWORD not in str(desk.events())


def test_the_password_is_asked_for_twice(desk: Desk) -> None:
    words = ("users", "add", "asked", "--role", "administrator")
    desk.did(*words, input=f"{PASSWORD}\n{OTHER}\n{PASSWORD}\n{PASSWORD}\n")
    assert PASSWORD not in desk.did("users", "list")
    again = desk.failed(*words, input=f"{PASSWORD}\n{PASSWORD}\n")
    assert again == "Error: this user name is taken"


@pytest.mark.parametrize(
    ("words", "password", "told"),
    [
        (("weak", "--role", "administrator"), "passwordpassword", "password: too close"),
        (("weak", "--role", "administrator"), "short", "password: at least 15"),
        (("weak", "--role", "administrator"), "", "password: at least 15"),
        (("BAD NAME", "--role", "administrator"), PASSWORD, "not valid: username"),
        (("lost", "--role", "auditor"), PASSWORD, "unit_id: this role works in a unit"),
        (("lost", "--role", "auditor", "--unit", "x"), PASSWORD, "unit: no unit has this"),
        (("lost", "--role", "auditor", "--unit", "0" * 32), PASSWORD, "unit: no unit has this"),
        (("lost", "--role", "king"), PASSWORD, "'king'"),
    ],
)
def test_mistakes_are_told_in_one_line(
    desk: Desk, words: tuple[str, ...], password: str, told: str
) -> None:
    assert told in desk.failed("users", "add", *words, "--password-stdin", input=f"{password}\n")
    assert desk.did("users", "list") == ""


def test_units_stand_where_practice_is_described(desk: Desk) -> None:
    told = desk.failed("units", "add", "x-1", "--name", "X", "--jurisdiction", "zz")
    assert told == "Error: jurisdiction: no file of practice describes it"


def test_disable_and_reset(desk: Desk) -> None:
    desk.hire("first-boss")
    reason = ("--reason", "left the service")
    assert desk.failed("users", "disable", "nobody", *reason).endswith("nobody has this user name")
    assert "--reason" in desk.failed("users", "disable", "first-boss")
    assert "reason" in desk.failed("users", "disable", "first-boss", "--reason", "x")
    once = desk.did("users", "reset-password", "first-boss", *reason).strip()
    assert len(once) >= 20
    desk.did("users", "reset-second-factor", "first-boss", *reason)
    app = create_app()
    with TestClient(app) as client:
        form = {"grant_type": "password", "username": "first-boss", "password": once}
        token = client.post("/v1/token", data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get("/v1/me", headers=headers).status_code == 200
        assert "may sign in again" in desk.did("users", "unlock", "first-boss", *reason)
        assert client.get("/v1/me", headers=headers).json()["unlocked_at"]
        desk.did("users", "disable", "first-boss", *reason)
        assert client.get("/v1/me", headers=headers).status_code == 401
    app.state.house.engine.dispose()
    assert desk.did("users", "list").split()[-1] == "disabled"
    assert "left the service" not in str(desk.events())


def test_unsafe_settings_are_told_in_one_line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.hire("first-boss")
    master = desk.folder / "master.key"
    kept = master.read_text()
    master.unlink()
    assert "master.key does not: restore the key" in desk.failed("users", "list")
    assert not master.exists()
    master.write_text("ab" * 32)
    master.chmod(0o600)
    assert "not the key that this database was written with" in desk.failed("users", "list")
    master.write_text(kept)
    master.chmod(0o644)
    assert "master.key is open to others" in desk.failed("users", "list")
    master.chmod(0o600)
    desk.did("users", "list")
    monkeypatch.setenv("CASEWORK_TRUSTED_HOSTS", "*")
    assert "CASEWORK_TRUSTED_HOSTS" in desk.failed("users", "list")


def test_a_database_without_tables(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEWORK_DATABASE_URL", f"sqlite:///{desk.folder}/other.db")
    assert desk.failed("users", "list").endswith("run `casework migrate` first")


def test_the_demo_is_not_served_to_the_network(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    desk.did("demo")
    monkeypatch.setenv("CASEWORK_HOST", "0.0.0.0")
    monkeypatch.setenv("CASEWORK_TRUSTED_HOSTS", "casework.example")
    assert "CASEWORK_HOST: 0.0.0.0" in desk.failed("run", "--no-demo")
    (desk.folder / "var/demo-sign-ins.json").unlink()
    assert "CASEWORK_HOST: 0.0.0.0" in desk.failed("run", "--no-demo")


def test_the_openapi_file_needs_no_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CASEWORK_DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    result = CliRunner().invoke(main, ["openapi"])
    assert result.exit_code == 0
    assert '"/v1/token"' in result.output
    assert not list(tmp_path.iterdir())
