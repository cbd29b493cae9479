"""All instruments that ship, by code and version, each with its scorer; read and checked once."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.casework.assessments.scoring.instrument import Instrument
from app.casework.assessments.scoring.reading import read_instrument
from app.casework.assessments.scoring.scorer import Score, scoring
from app.core.datafile import DataFile
from app.registry.pathways.seals import check_seals, read_files

INSTRUMENTS = Path(__file__).parent.parent / "instruments"
NAME = re.compile(r"([a-z0-9_]+)/v([1-9][0-9]*)\.toml")


@dataclass(frozen=True)
class Shipped:
    instrument: Instrument
    score: Score


@dataclass(frozen=True)
class Catalogue:
    """Every version ever published, so that a result can name the one that judged it."""

    instruments: Mapping[str, Mapping[int, Shipped]]

    def current(self, code: str) -> Shipped:
        versions = self.instruments[code]
        return versions[max(versions)]

    @property
    def modules(self) -> Mapping[str, tuple[str, ...]]:
        """What has a form for each of some ages, and the instruments that these are."""
        found: dict[str, tuple[str, ...]] = {}
        for code in self.instruments:
            if module := self.current(code).instrument.form_of:
                found[module] = (*found.get(module, ()), code)
        return found


@cache
def catalogue() -> Catalogue:
    """The instruments that ship with the application."""
    return load_catalogue(INSTRUMENTS)


def load_catalogue(folder: Path) -> Catalogue:
    """Raises DataFileError for the first file that is unsealed, edited, missing or wrong."""
    files = read_files(folder)
    check_seals(folder, files)
    return read_catalogue(files)


def read_catalogue(files: Mapping[str, DataFile]) -> Catalogue:
    """From files by their path within the folder, whether sealed or not."""
    found: dict[str, dict[int, Shipped]] = {}
    for name, file in files.items():
        instrument = read_instrument(file)
        place = NAME.fullmatch(name)
        if not place:
            raise file.fault(f"{name} is not the name of an instrument's file")
        if instrument.code != place[1]:
            raise file.fault(f"code must be that of the folder {place[1]}", "code")
        if instrument.version != int(place[2]):
            raise file.fault(f"version must be {place[2]}, as the file is named", "version")
        versions = found.setdefault(instrument.code, {})
        versions[instrument.version] = Shipped(instrument, scoring(instrument))
    for code, versions in found.items():
        if max(versions) != len(versions):
            file = files[f"{code}/v{max(versions)}.toml"]
            raise file.fault("an earlier version is missing", "version")
    return Catalogue(found)
