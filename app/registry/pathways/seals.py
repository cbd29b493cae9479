"""Holds each published data file to its seal: a correction is a new version, never an edit."""

from collections.abc import Mapping
from pathlib import Path

from app.core.datafile import DataFile, DataFileError, load

SEALS = "SEALS.toml"


def read_files(folder: Path) -> dict[str, DataFile]:
    """Every data file of a folder, by its path within it; the seals themselves apart."""
    found = sorted(path for path in folder.rglob("*.toml") if path != folder / SEALS)
    return {path.relative_to(folder).as_posix(): load(path) for path in found}


def check_seals(folder: Path, files: Mapping[str, DataFile]) -> None:
    """Raise DataFileError for a file that was edited, is missing, or was never sealed."""
    if not (folder / SEALS).exists():
        raise DataFileError(folder / SEALS, 1, "no file is sealed")
    seals = load(folder / SEALS)
    for name, file in files.items():
        if name not in seals.data:
            raise file.fault(f"{name} is not sealed")
        check_seal(name, file, seals)
    for name in seals.data:
        if name not in files:
            raise seals.fault(f"{name} is sealed but missing", name)


def check_seal(name: str, file: DataFile, seals: DataFile) -> None:
    if file.digest != seals.data[name]:
        raise file.fault(f"{name} differs from its seal; publish a new version instead")
