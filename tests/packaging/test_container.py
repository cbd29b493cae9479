"""What can be known of the container without building it."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from tests.conftest import started
from tests.serving import ROOT, serving

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())


def instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", DOCKERFILE))
    return [(w, rest) for w, _, rest in (line.partition(" ") for line in joined.splitlines()) if w]


def test_the_image_runs_as_a_numbered_user_and_starts_the_command() -> None:
    last = dict(instructions())
    user, group = last["USER"].split(":")
    assert int(user) >= 1000
    assert int(group) >= 1000
    assert json.loads(last["ENTRYPOINT"]) == ["casework"]
    assert "PYTHONDONTWRITEBYTECODE=1" in last["ENV"]
    paths = re.findall(r"CASEWORK_\w+=(?:sqlite:///)?(/\S+)", last["ENV"])
    assert len(paths) == 7
    assert all(path.startswith("/var/lib/casework/") for path in paths)


def test_every_image_is_pinned_by_tag_and_every_wheel_by_hash() -> None:
    bases = [rest.split()[0] for word, rest in instructions() if word == "FROM"]
    assert bases == ["python:3.11-slim-bookworm"] * 2
    assert re.search(r"pip install .*--require-hashes", DOCKERFILE)


def test_what_is_copied_is_let_through_and_secrets_are_not() -> None:
    let = [line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line[0] == "!"]
    copied = [
        rest.split()[0]
        for word, rest in instructions()
        if word == "COPY" and not rest.startswith("--from")
    ]
    assert sorted(let) == sorted(copied)
    assert all((ROOT / path).exists() for path in copied)


def test_the_health_check_asks_a_running_server(tmp_path: Path) -> None:
    (command,) = (rest for word, rest in instructions() if word == "HEALTHCHECK")
    _, *arguments = json.loads(command[command.index("[") :])
    with serving(tmp_path) as served:
        for port, status in ((served.port, 0), (1, 1)):
            environment = {
                "CASEWORK_PORT": str(port),
                "CASEWORK_TRUSTED_HOSTS": "localhost,other.example",
            }
            found = subprocess.run(
                [sys.executable, *arguments], env=environment, check=False, capture_output=True
            )
            assert found.returncode == status, found.stderr


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_every_service_is_contained(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert ":" in service["image"]
    assert not service["image"].endswith(":latest")
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_no_password_has_a_default_and_each_role_has_its_own_file() -> None:
    for service in COMPOSE["services"].values():
        for key, value in service["environment"].items():
            assert "PASSWORD" not in key or value.startswith("/run/secrets/"), key
            assert not re.search(r"://[^/@]*:[^/@]*@", str(value)), key
    services = COMPOSE["services"]
    assert services["migrate"]["secrets"] == ["owner"]
    assert services["api"]["secrets"] == ["app"]
    assert "CASEWORK_MIGRATION_URL" not in services["api"]["environment"]
    assert services["api"]["environment"]["CASEWORK_TRUSTED_HOSTS"].startswith("${CASEWORK_TR")
    assert ":?" in services["api"]["environment"]["CASEWORK_TRUSTED_HOSTS"]
    assert set(COMPOSE["secrets"]) == {"postgres", "owner", "app"}


def test_the_api_waits_for_the_migration_and_that_for_the_database() -> None:
    services = COMPOSE["services"]
    assert services["api"]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"}
    }
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["migrate"]["restart"] == "no"
    assert services["postgres"]["healthcheck"]["test"][0] == "CMD"


def test_the_roles_that_the_script_makes_are_the_two_we_need(
    request: pytest.FixtureRequest,
) -> None:
    """Its statements on a real server, under names of this test's own."""
    server = started(request.config)
    server.create("compose")
    database = server.database("compose")
    script = COMPOSE["configs"]["roles"]["content"]
    sql = script.partition("<<'SQL'\n")[2].partition("SQL\n")[0]
    sql = "\n".join(line for line in sql.splitlines() if not line.startswith("\\set"))
    sql = sql.replace(":'owner'", "'one'").replace(":'app'", "'two'")
    sql = sql.replace("casework_owner", f"owner_{database}").replace(
        "casework_app", f"app_{database}"
    )
    sql = re.sub(r"DATABASE casework\b", f"DATABASE {database}", sql)
    try:
        with psycopg.connect(server.url, autocommit=True) as db:
            for statement in filter(str.strip, sql.split(";")):
                db.execute(statement)
            found = db.execute(
                "SELECT rolname, rolsuper, rolcanlogin,"
                " has_database_privilege(rolname, %s, 'CREATE')"
                " FROM pg_roles WHERE rolname LIKE %s ORDER BY 1",
                (database, f"%{database}"),
            ).fetchall()
            assert found == [
                (f"app_{database}", False, True, False),
                (f"owner_{database}", False, True, True),
            ]
    finally:
        server.drop("compose")
        for role in ("app", "owner"):
            server.run_as_superuser(f"DROP ROLE IF EXISTS {role}_{database}")
