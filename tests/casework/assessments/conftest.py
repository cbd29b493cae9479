"""A copy of the instruments to break."""

from pathlib import Path
from shutil import copytree

import pytest

from app.casework.assessments.scoring.catalogue import INSTRUMENTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copytree(INSTRUMENTS, tmp_path / "instruments")
