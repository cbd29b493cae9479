"""Two commands on a fresh machine, and an installation without an index: done for real."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from stat import S_IMODE
from urllib.request import urlopen

import pytest

from app.safeguards.access.policy import ROLES
from tests.serving import CASEWORK, ROOT, plain_environment, serving

pytestmark = pytest.mark.prove


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files under version control, and those about to be, without what make has built."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    folder = tmp_path / "check out"  # a path with a space, as people have them
    for name in names.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def make(folder: Path, *words: str) -> str:
    found = subprocess.run(
        ["make", *words, f"PYTHON={sys.executable}"],
        cwd=folder,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-3000:]
    return found.stdout


def test_make_run_serves_a_demo_and_says_how_to_get_in(checkout: Path) -> None:
    command = ["make", "run", f"PYTHON={sys.executable}"]
    with serving(checkout, command, "PORT={}") as served:
        told = served.log.read_text()
        assert f"{served.url}/docs" in told
        with urlopen(f"{served.url}/docs") as page:
            assert page.status == 200
        assert all(re.search(rf"^\s+{role}\s+\S+\s+\S+$", told, re.M) for role in ROLES)
    signed = json.loads((checkout / "var/demo-sign-ins.json").read_text())
    assert signed.keys() == set(ROLES)
    for file in (checkout / "var").iterdir():
        assert S_IMODE(file.stat().st_mode) == 0o600, file.name
    assert not (checkout / "var/casework.db").read_bytes().startswith(b"SQLite format 3")
    with serving(checkout, command, "PORT={}") as served:  # the same database again
        assert "loaded the fictional demo" not in served.log.read_text()
    again = json.loads((checkout / "var/demo-sign-ins.json").read_text())
    for (
        role,
        one,
    ) in signed.items():  # the same people; fresh tokens, for those of yesterday ran out
        assert {**again[role], "token": ""} == {**one, "token": ""}
        assert again[role]["token"] != one["token"]


def test_an_old_python_is_told_so(checkout: Path, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text(
        f'#!/bin/sh\nshift\nexec {sys.executable} -c "import sys; sys.version_info = (3, 10); $1"\n'
    )
    old.chmod(0o755)
    found = subprocess.run(
        ["make", "install", f"PYTHON={old}"], cwd=checkout, capture_output=True, text=True
    )
    assert found.returncode != 0
    assert "Casework needs Python 3.11 or later" in found.stderr


def test_the_wheelhouse_is_enough_without_an_index(checkout: Path) -> None:
    told = make(checkout, "wheelhouse")
    assert "with no index, and casework starts" in told
    wheels = {wheel.name.partition("-")[0].lower() for wheel in (checkout / "wheelhouse").iterdir()}
    assert {"fastapi", "sqlcipher3", "psycopg_binary", "fastapi_offline"} <= wheels
    next((checkout / "wheelhouse").glob("fastapi-0*")).unlink()  # proves that nothing else helps
    shutil.rmtree(checkout / "build")
    with pytest.raises(AssertionError, match="fastapi"):
        make(checkout, "install", "VENV=build/air-gap", "OFFLINE=wheelhouse")


def test_a_wheel_carries_its_data_and_migrates(checkout: Path, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps"]
    subprocess.run([*pip, ".", "-w", str(tmp_path)], cwd=checkout, check=True)
    (wheel,) = tmp_path.glob("casework-*.whl")
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
        packed = set(archive.namelist())
    data = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "app").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert data - packed == set()
    found = subprocess.run(
        [*CASEWORK, "migrate"],
        cwd=tmp_path,
        env={**plain_environment(), "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "var/casework.db").exists()
