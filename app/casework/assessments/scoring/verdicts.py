"""Reads what is said of a score: cut-offs, outcomes, what is critical, which change counts."""

from collections.abc import Collection, Mapping
from typing import cast

from app.casework.assessments.scoring.conditions import Condition, Name
from app.casework.assessments.scoring.entries import Entry
from app.casework.assessments.scoring.instrument import (
    Bands,
    Change,
    Critical,
    Cutoff,
    Headline,
    Kind,
    Outcome,
    Scale,
)


def read_cutoffs(top: Entry, names: Mapping[str, Name]) -> tuple[Cutoff, ...]:
    found: list[Cutoff] = []
    for entry in top.entries("cutoffs"):
        name = unused(entry, [cutoff.name for cutoff in found])
        found.append(Cutoff(name, entry.rule(names), entry.source()))
        entry.close()
    return tuple(found)


def read_outcomes(top: Entry, names: Mapping[str, Name]) -> tuple[Outcome, ...]:
    found: list[Outcome] = []
    for entry in top.entries("outcomes"):
        name = unused(entry, [outcome.name for outcome in found])
        rules = tuple(read_rule(rule, names) for rule in entry.entries("rules"))
        if not rules:
            raise entry.fault("rules is missing")
        found.append(
            Outcome(name, rules, entry.name("otherwise"), entry.flag("needs_all"), entry.source())
        )
        entry.close()
    return tuple(found)


def read_rule(entry: Entry, names: Mapping[str, Name]) -> tuple[str, Condition]:
    rule = entry.name("gives"), entry.rule(names)
    entry.close()
    return rule


def read_critical(top: Entry, names: Mapping[str, Name]) -> tuple[Critical, ...]:
    found: list[Critical] = []
    for entry in top.entries("critical"):
        code = unused(entry, [critical.code for critical in found], "code")
        kind = cast(Kind, entry.one_of("kind", ("alert", "notice"), "kind"))
        found.append(Critical(code, kind, entry.rule(names), entry.flag("ask"), entry.source()))
        entry.close()
    return tuple(found)


def read_changes(top: Entry, scales: Mapping[str, Scale]) -> tuple[Change, ...]:
    found: list[Change] = []
    for entry in top.entries("changes"):
        scale = entry.one_of("scale", scales, "scale")
        name = unused(entry, [change.name for change in found if change.scale == scale])
        least, most = entry.whole("least", 1), max(end for _, end in scales[scale].ranges.values())
        to_at_most = entry.optional_whole("to_at_most", 0)
        if least > most or (to_at_most or 0) > most:
            raise entry.fault(f"{scale} is {most} at most", "least")
        found.append(Change(scale, name, least, to_at_most, entry.source()))
        entry.close()
    return tuple(found)


def read_headline(
    top: Entry,
    scales: Collection[str],
    bands: Collection[Bands],
    cutoffs: Collection[Cutoff],
    outcomes: Collection[Outcome],
) -> Headline:
    """Of what the file has; one that has no headline tells nothing first."""
    if "headline" not in top.values:
        return Headline()
    entry = top.entry("headline")
    scale = optional(entry, "scale", scales)
    headline = Headline(
        scale=scale,
        bands=optional(entry, "bands", {one.set for one in bands if one.scale == scale}),
        cutoff=optional(entry, "cutoff", {one.name for one in cutoffs}),
        outcome=optional(entry, "outcome", {one.name for one in outcomes}),
    )
    if headline.cutoff and headline.outcome:
        raise entry.fault("a headline has either cutoff or outcome", "outcome")
    entry.close()
    return headline


def optional(entry: Entry, key: str, choices: Collection[str]) -> str | None:
    return entry.one_of(key, choices, key) if key in entry.values else None


def unused(entry: Entry, others: list[str], key: str = "name") -> str:
    name = entry.name(key)
    if name in others:
        raise entry.fault(f"{key} twice: {name}", key)
    return name
