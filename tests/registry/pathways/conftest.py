"""The catalogue that ships, and a copy of its files to break."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from app.registry.pathways.catalogue import DATA, Catalogue, load_catalogue

Edit = Callable[[str, str, str], Path]


@pytest.fixture(scope="session")
def practice() -> Catalogue:
    return load_catalogue(DATA)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copytree(DATA, tmp_path / "data")


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replace one text in one file of the copy; the text must be there."""

    def replace(name: str, old: str, new: str) -> Path:
        path = folder / name
        text = path.read_text()
        assert old in text, f"{name} has no {old!r} to break"
        path.write_text(text.replace(old, new, 1))
        return path

    return replace
