"""Seals new versions of practice, before they are published: run it as a module.

A file that differs from its seal stops it; so does one that does not hold together with the rest.
"""

import sys
from pathlib import Path

from app.core.datafile import DataFileError, load
from app.registry.pathways.catalogue import DATA, read_catalogue
from app.registry.pathways.seals import SEALS, check_seal, read_files

HEADER = """\
# SHA-256 of every published file. Written by `python -m app.registry.pathways.seal`, which adds
# lines and changes none: who corrects practice publishes a new version.
"""


def seal_new(folder: Path) -> list[str]:
    """Seal the files that have no seal yet; returns their names.

    Raises DataFileError, and writes nothing, when a sealed file was edited or is gone, or when
    the files do not make a catalogue.
    """
    files = read_files(folder)
    read_catalogue(files)
    path = folder / SEALS
    if not path.exists():
        path.write_text(HEADER)
    seals = load(path)
    for name in seals.data:
        if name not in files:
            raise seals.fault(f"{name} is sealed but missing", name)
        check_seal(name, files[name], seals)
    new = [name for name in files if name not in seals.data]
    with path.open("a") as lines:
        lines.writelines(f'"{name}" = "{files[name].digest}"\n' for name in new)
    return new


def main() -> int:
    try:
        new = seal_new(DATA)
    except DataFileError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    sys.stdout.writelines(f"sealed {name}\n" for name in new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
