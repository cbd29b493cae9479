"""What is installed is what was named, and nothing that was not hashed."""

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements"
PINNED = re.compile(r"^([a-z0-9][a-z0-9-]*)==([^ ]+)( ; [^\\]+)? \\$")


def asked(name: str) -> list[str]:
    lines = (REQUIREMENTS / f"{name}.in").read_text().splitlines()
    return [line for line in lines if line and not line.startswith(("#", "-r"))]


def pinned(name: str) -> dict[str, str]:
    lines = (REQUIREMENTS / f"{name}.lock").read_text().splitlines()
    return {found[1]: found[2] for line in lines if (found := PINNED.match(line))}


def test_the_package_asks_for_what_the_lock_was_made_from() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["dependencies"] == asked("runtime")


@pytest.mark.parametrize("name", ["runtime", "dev", "bench"])
def test_every_line_of_a_lock_is_pinned_and_hashed(name: str) -> None:
    text = (REQUIREMENTS / f"{name}.lock").read_text()
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if PINNED.match(line):
            assert lines[number + 1].startswith("    --hash=sha256:")
        else:
            assert re.match(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$", line), f"{number}: {line}"
    for requirement in asked(name):
        wanted = re.split(r"[\[<>=;! ]", requirement)[0]
        assert wanted in pinned(name), f"{name}.lock lacks {wanted}: run `make lock`"


@pytest.mark.parametrize("name", ["dev", "bench"])
def test_what_is_tested_and_measured_is_what_serves(name: str) -> None:
    used = pinned(name)
    assert {name: used.get(name) for name in pinned("runtime")} == pinned("runtime")


def test_no_abandoned_passlib_hides_behind_its_successor() -> None:
    """Both provide the same import; whichever is installed last would win."""
    names = {one.metadata["Name"].lower() for one in distributions()}
    assert "libpass" in names
    assert "passlib" not in names
