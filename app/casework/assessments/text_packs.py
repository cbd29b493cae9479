"""The wording of an instrument, read from the file of whoever may use it; pure.

code = "phq9"
version = 1
language = "ru"             # BCP 47
validation = "official"     # or adapted, translated
source = "where this wording is from"
instructions = "what is said first"

[items]                     # each item of the instrument, and no other
1 = "…"

[[answers]]                 # what the answers are called, where the instrument says it in words
items = ["1-9"]
labels = { 0 = "…", 1 = "…", 2 = "…", 3 = "…" }
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.casework.assessments.scoring.catalogue import Catalogue
from app.casework.assessments.scoring.instrument import Instrument
from app.casework.assessments.scoring.runs import items_of
from app.core.datafile import DataFile
from app.registry.pathways.reading import LANGUAGE, Table

VALIDATIONS = ("official", "adapted", "translated")


@dataclass(frozen=True)
class Pack:
    language: str
    validation: str
    source: str
    instructions: str | None
    items: Mapping[str, str]
    labels: Mapping[str, Mapping[str, str]]  # by item, then by allowed answer
    digest: str


def read_pack(file: DataFile, known: Catalogue) -> tuple[Instrument, Pack]:
    """Raises DataFileError naming file, line and key."""
    top = Table(file, file.data)
    instrument = the_instrument(top, known)
    language = top.need("language", str)
    if not LANGUAGE.match(language):
        raise top.fault(f"not a language: {language}", "language")
    pack = Pack(
        language=language,
        validation=top.one_of("validation", VALIDATIONS, "validation"),
        source=words(top, "source"),
        instructions=words(top, "instructions") if "instructions" in top.values else None,
        items=read_texts(top.table("items"), instrument),
        labels=read_labels(top, instrument),
        digest=file.digest,
    )
    top.close()
    return instrument, pack


def the_instrument(top: Table, known: Catalogue) -> Instrument:
    code = top.one_of("code", known.instruments, "instrument")
    version = top.whole("version", 1)
    if version not in known.instruments[code]:
        raise top.fault(f"{code} has no version {version}", "version")
    return known.instruments[code][version].instrument


def words(table: Table, key: str) -> str:
    text = table.need(key, str)
    if not text.strip():
        raise table.fault(f"{key} says nothing", key)
    return text.strip()


def read_texts(table: Table, instrument: Instrument) -> dict[str, str]:
    found = {number: words(table, number) for number in instrument.items}
    table.close()
    return found


def read_labels(top: Table, instrument: Instrument) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for entry in top.tables("answers"):
        labels = entry.table("labels")
        for number in read_run(entry, instrument):
            if number in found:
                raise entry.fault(f"item {number} has labels twice", "items")
            values = [str(value) for value in instrument.items[number].values]
            found[number] = {value: words(labels, value) for value in values}
        labels.close()
        entry.close()
    return found


def read_run(entry: Table, instrument: Instrument) -> list[str]:
    found: list[str] = []
    for run in entry.need("items", list):
        try:
            found += items_of(run)
        except (TypeError, ValueError):
            raise entry.fault(f"not an item or a run of items: {run}", "items") from None
    if not found:
        raise entry.fault("items is empty", "items")
    for number in found:
        entry.known(number, instrument.items, "item", "items")
    return found
