"""Reads an instrument's file: whatever is unknown, doubtful or does not fit is a fault of its line.

Here is who may answer, under which licence and when, and the items; `measures` reads what is
computed from them, `verdicts` what is said of that.
"""

from collections.abc import Mapping

from app.casework.assessments.scoring.conditions import Name
from app.casework.assessments.scoring.entries import Entry, Names, Sources
from app.casework.assessments.scoring.instrument import (
    RESPONDENTS,
    Instrument,
    Item,
    Licence,
    Respondent,
    Skip,
    Timing,
)
from app.casework.assessments.scoring.measures import read_bands, read_counts, read_scales
from app.casework.assessments.scoring.verdicts import (
    read_changes,
    read_critical,
    read_cutoffs,
    read_headline,
    read_outcomes,
)
from app.core.datafile import DataFile
from app.registry.pathways.definitions import Title

# Whose tests and forms these are: clinicians', and those of everybody who helps.
RECORD_CLASSES = ("clinical", "psychosocial_notes")
WEEK = 7  # days: who may come on one day alone, and misses it, cannot come in time


def read_instrument(file: DataFile) -> Instrument:
    """Raises DataFileError naming file, line and key."""
    sources = Sources(file)
    top = Entry(file, file.data, sources)
    top.taken.add("sources")
    names = Names()
    respondents = read_respondents(top)
    items = read_items(top, names, respondents)
    facts = read_facts(top, names)
    scales = read_scales(top, names, items, respondents)
    bands = read_bands(top, scales, respondents)
    counts = read_counts(top, names, items)
    cutoffs, outcomes = read_cutoffs(top, names), read_outcomes(top, names)
    instrument = Instrument(
        code=top.need("code", str),
        name=top.need("name", str),
        form_of=top.get("form_of", str),
        version=top.whole("version", 1),
        scoring_version=top.whole("scoring_version", 1),
        digest=file.digest,
        title=top.title(),
        record_classes=top.some_words("record_classes", RECORD_CLASSES, "record class"),
        milestones=top.texts("milestones"),
        sources=sources.known,
        respondents=respondents,
        licence=read_licence(top.entry("licence")),
        timing=read_timing(top.entry("timing")),
        facts=facts,
        items=items,
        skips=tuple(read_skip(entry, items, respondents) for entry in top.entries("skips")),
        scales=scales,
        counts=counts,
        bands=bands,
        cutoffs=cutoffs,
        outcomes=outcomes,
        critical=read_critical(top, names),
        changes=read_changes(top, scales),
        headline=read_headline(top, scales, bands, cutoffs, outcomes),
    )
    top.close()
    sources.close()
    return instrument


def read_respondents(top: Entry) -> dict[str, Respondent]:
    found: dict[str, Respondent] = {}
    for entry in top.entries("respondents"):
        kind = entry.one_of("kind", RESPONDENTS, "respondent")
        if kind in found:
            raise entry.fault(f"respondent twice: {kind}", "kind")
        youngest = entry.whole("youngest")
        oldest = entry.optional_whole("oldest", youngest)
        found[kind] = Respondent(kind, youngest, oldest, entry.source())
        entry.close()
    if not found:
        raise top.fault("respondents is missing")
    return found


def read_licence(entry: Entry) -> Licence:
    licence = Licence(
        holder=entry.need("holder", str),
        terms=entry.need("terms", str),
        electronic=entry.need("electronic", bool),
        attestation=entry.need("attestation", bool),
        certificate=entry.flag("certificate"),
        source=entry.source(),
    )
    if not licence.electronic and not licence.attestation:
        raise entry.fault("what is not allowed on a screen needs an attestation", "attestation")
    entry.close()
    return licence


def read_timing(entry: Entry) -> Timing:
    retest = entry.wholes("retest_days")
    if len(retest) != 2 or not 0 < retest[0] <= retest[1]:
        raise entry.fault("retest_days must be the fewest and the most", "retest_days")
    timing = Timing(entry.whole("recall_days"), (retest[0], retest[1]), entry.source())
    if retest[1] - retest[0] < WEEK:
        raise entry.fault("retest_days are less than a week apart", "retest_days")
    if timing.retest_days[0] < timing.recall_days:
        raise entry.fault("retest_days begins within recall_days", "retest_days")
    entry.close()
    return timing


def read_facts(top: Entry, names: Names) -> dict[str, Title]:
    """What the score needs to know beside the answers, each so or not."""
    found: dict[str, Title] = {}
    for entry in top.entries("facts"):
        name = entry.name()
        names.claim(entry, name, Name(name))
        found[name] = entry.title()
        entry.close()
    return found


def read_items(top: Entry, names: Names, respondents: Mapping[str, Respondent]) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for entry in top.entries("items"):
        values = entry.wholes("values")
        if len(values) < 2 or sorted(set(values)) != list(values):
            raise entry.fault("values must be two or more, each above the last", "values")
        asked = entry.words("respondents", respondents, "respondent") or tuple(respondents)
        optional, source = entry.flag("optional"), entry.source()
        for number in entry.items("items"):
            names.claim(entry, f"item_{number}", Name(number, (values[0], values[-1])))
            found[number] = Item(number, values, asked, optional, source)
        entry.close()
    for kind in respondents:
        if not any(kind in item.respondents for item in found.values()):
            raise top.fault(f"no items are asked of respondent {kind}", "items")
    return found


def read_skip(
    entry: Entry, items: Mapping[str, Item], respondents: Mapping[str, Respondent]
) -> Skip:
    item = entry.one_of("item", items, "item")
    answer = entry.whole("answer")
    if answer not in items[item].values:
        raise entry.fault(f"item {item} allows no such answer", "answer")
    fills = entry.by_item("fills", items)
    if not fills or item in fills:
        raise entry.fault("fills must name other items", "fills")
    kinds = entry.words("respondents", respondents, "respondent") or tuple(respondents)
    skip = Skip(item, answer, fills, kinds, entry.source())
    entry.close()
    return skip
