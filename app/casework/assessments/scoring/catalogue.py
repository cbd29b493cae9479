"""All instruments that ship, by code and version, each with its scorer; read and checked once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.casework.assessments.scoring.instrument import Instrument
from app.casework.assessments.scoring.reading import read_instrument
from app.casework.assessments.scoring.scorer import Score, scoring
from app.core.datafile import DataFile
from app.core.sealed_data import load_sealed, read_files, read_versions

INSTRUMENTS = Path(__file__).parent.parent / "instruments"


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
def as_filed() -> Catalogue:
    """The same, whether sealed or not: for what must be there before a new file can be sealed."""
    return read_catalogue(read_files(INSTRUMENTS))


@cache
def catalogue() -> Catalogue:
    """The instruments that ship with the application."""
    return load_catalogue(INSTRUMENTS)


def load_catalogue(folder: Path) -> Catalogue:
    """Raises DataFileError for the first file that is unsealed, edited, missing or wrong."""
    return read_catalogue(load_sealed(folder))


def read_catalogue(files: Mapping[str, DataFile]) -> Catalogue:
    """From files by their path within the folder, whether sealed or not."""
    return Catalogue(
        {
            code: {number: Shipped(one, scoring(one)) for number, one in versions.items()}
            for code, versions in read_versions(files, read_instrument, "an instrument").items()
        }
    )
