"""Classes without a record kind of their own are guarded as the others are, as a probe shows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.safeguards.access.policy import POLICY
from tests.architecture.source import ROOT
from tests.conftest import ENGINES, started
from tests.postgres import NAMED

PROBED = ("referral", "conference", "statistics")
PYTEST = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")
PROOF = Path(__file__).parent / "probe/rights_of_probes.py"


def test_each_class_has_a_kind_or_a_probe() -> None:
    """A new class takes a kind; a kind takes its class out of this list."""
    with_kinds = frozenset[str]().union(*POLICY.records.values())
    assert POLICY.classes.keys() - with_kinds == set(PROBED)


def proven(request: pytest.FixtureRequest, folder: Path, *options: str) -> str:
    """By itself: a kind that is declared stays declared for the rest of the process."""
    ran = subprocess.run(
        (*PYTEST, "--basetemp", folder / "run", *options, PROOF),
        cwd=ROOT,
        env={**os.environ, NAMED: started(request.config).url},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout[-4000:]
    return ran.stdout


@pytest.mark.parametrize("engine", ENGINES)
def test_every_role_by_every_right_at_the_probe(
    request: pytest.FixtureRequest, engine: str, tmp_path: Path
) -> None:
    assert "10 passed" in proven(request, tmp_path, "-k", engine)


@pytest.mark.prove
@pytest.mark.parametrize("engine", ENGINES)
def test_all_cells_of_the_probe(
    request: pytest.FixtureRequest, engine: str, tmp_path: Path
) -> None:
    assert "2 passed" in proven(request, tmp_path, "-k", engine, "-m", "prove")
