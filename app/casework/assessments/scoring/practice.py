"""Whether instruments speak of what practice has, and in words that are there."""

from app.casework.assessments.scoring.catalogue import INSTRUMENTS, Catalogue
from app.casework.assessments.scoring.instrument import Instrument
from app.casework.assessments.scoring.words import words
from app.core.datafile import DataFileError
from app.registry.pathways.catalogue import catalogue as practice


def examine_instruments(shipped: Catalogue) -> None:
    """Raises DataFileError for the first that would fail only once somebody is given it."""
    for versions in shipped.instruments.values():
        for one in versions.values():
            if fault := fault_of(one.instrument):
                path = INSTRUMENTS / one.instrument.code / f"v{one.instrument.version}.toml"
                raise DataFileError(path, 1, fault)


def fault_of(instrument: Instrument) -> str | None:
    codes = {name for bands in instrument.bands for name, _ in bands.steps}
    for outcome in instrument.outcomes:
        codes |= {outcome.otherwise, *(gives for gives, _ in outcome.rules)}
    alerts = {one.code for one in instrument.critical if one.kind == "alert"}
    for what, found, known in (
        ("milestone", set(instrument.milestones), practice().milestones),
        ("alert", alerts, practice().alerts),
        ("word for", codes, words()["code"]),
    ):
        if missing := sorted(found - set(known)):
            return f"there is no {what} {missing[0]}"
    return None
