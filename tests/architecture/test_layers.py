"""Each import contract, broken on purpose in a copy of the source: the linter finds it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

pytestmark = pytest.mark.prove
LINTER = Path(sys.executable).with_name("lint-imports")
BROKEN = [
    (
        "app/core/values.py",
        "from app.safeguards.access.policy import POLICY",
        "Imports only go down",
    ),
    (
        "app/safeguards/guard/mark.py",
        "from app.registry.cases.models import Case",
        "Imports only go down",
    ),
    (
        "app/registry/staff/service.py",
        "from app.casework.notes.models import Note",
        "Imports only go down",
    ),
    (
        "app/casework/notes/service.py",
        "from app.insight.changes import changes",
        "Imports only go down",
    ),
    (
        "app/casework/notes/service.py",
        "from app.casework.tasks.models import Task",
        "Casework packages do not import each other",
    ),
    ("app/casework/notes/rules.py", "from sqlalchemy import select", "Rules are pure"),
    ("app/casework/tasks/rules.py", "from fastapi import Request", "Rules are pure"),
    (
        "app/casework/assessments/scoring/scorer.py",
        "from sqlalchemy import select",
        "Rules are pure",
    ),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINTER), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("app", "migrations"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_source_keeps_them(copy: Path) -> None:
    found = lint(copy)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize(("path", "line", "contract"), BROKEN)
def test_a_broken_layer_is_found(copy: Path, path: str, line: str, contract: str) -> None:
    file = copy / path
    file.write_text(f"{file.read_text()}\n{line}\n")
    found = lint(copy)
    assert found.returncode == 1, found.stdout + found.stderr
    broken = [told for told in found.stdout.splitlines() if told.endswith("BROKEN")]
    assert any(told.startswith(contract) for told in broken), found.stdout


def test_a_circle_is_found(copy: Path) -> None:
    for one, other in (("values", "errors"), ("errors", "values")):
        file = copy / f"app/core/{one}.py"
        file.write_text(f"{file.read_text()}\nimport app.core.{other}\n")
    found = lint(copy)
    assert found.returncode == 1, found.stdout + found.stderr
    assert any("cycles" in told and "BROKEN" in told for told in found.stdout.splitlines())
