"""Holds each published data file to its seal: a correction is a new version, never an edit."""

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from app.core.datafile import DataFile, DataFileError, load

SEALS = "SEALS.toml"
NAME = re.compile(r"([a-z0-9_]+)/v([1-9][0-9]*)\.toml")
HEADER = """\
# SHA-256 of every published file. Written by `python -m {module}`, which adds
# lines and changes none: who corrects practice publishes a new version.
"""
Check = Callable[[Mapping[str, DataFile]], object]  # raises DataFileError


class Versioned(Protocol):
    """What a file in a folder of its own says: which thing it is, and which version of it."""

    @property
    def code(self) -> str: ...

    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=Versioned)


def load_sealed(folder: Path) -> dict[str, DataFile]:
    """Every data file of a folder, by its path within it.

    Raises DataFileError for the first one that is unsealed, edited or missing.
    """
    files = read_files(folder)
    check_seals(folder, files)
    return files


def read_versions(
    files: Mapping[str, DataFile], read: Callable[[DataFile], V], what: str
) -> dict[str, dict[int, V]]:
    """Code → version → what was read, of files `<code>/v<version>.toml`.

    Raises DataFileError for a file in another place than it says, and where an earlier version is
    missing. `what` it is, for people.
    """
    found: dict[str, dict[int, V]] = {}
    for name, file in files.items():
        one = read(file)
        place = NAME.fullmatch(name)
        if not place:
            raise file.fault(f"{name} is not the name of {what}'s file")
        if folder_of(one.code) != place[1]:
            raise file.fault(f"code must be that of the folder {place[1]}", "code")
        if one.version != int(place[2]):
            raise file.fault(f"version must be {place[2]}, as the file is named", "version")
        found.setdefault(one.code, {})[one.version] = one
    for code, versions in found.items():
        if max(versions) != len(versions):
            file = files[f"{folder_of(code)}/v{max(versions)}.toml"]
            raise file.fault("an earlier version is missing", "version")
    return found


def folder_of(code: str) -> str:
    return code.lower().replace("-", "_")


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


def seal(folder: Path, check: Check, module: str) -> int:
    """What the command `python -m {module}` does: tells what it sealed, or why it sealed nothing.

    Returns the status for the shell.
    """
    try:
        new = seal_new(folder, check, module)
    except DataFileError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    sys.stdout.writelines(f"sealed {name}\n" for name in new)
    return 0


def seal_new(folder: Path, check: Check, module: str) -> list[str]:
    """Seal the files that have no seal yet; returns their names.

    Raises DataFileError, and writes nothing, when a sealed file was edited or is gone, or when
    the files do not hold together.
    """
    files = read_files(folder)
    check(files)
    path = folder / SEALS
    if not path.exists():
        path.write_text(HEADER.format(module=module))
    seals = load(path)
    for name in seals.data:
        if name not in files:
            raise seals.fault(f"{name} is sealed but missing", name)
        check_seal(name, files[name], seals)
    new = [name for name in files if name not in seals.data]
    with path.open("a") as lines:
        lines.writelines(f'"{name}" = "{files[name].digest}"\n' for name in new)
    return new
