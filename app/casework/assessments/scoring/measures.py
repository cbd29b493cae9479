"""Reads what is computed from answers: scales with their range, counts, and bands that fill it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import cast

from app.casework.assessments.scoring.conditions import Counted, Name
from app.casework.assessments.scoring.entries import Entry, Names
from app.casework.assessments.scoring.instrument import (
    Bands,
    Better,
    Count,
    Extra,
    Item,
    Percent,
    Prorating,
    Scale,
    Span,
)
from app.casework.assessments.scoring.rounding import half_up
from app.casework.assessments.scoring.runs import span_of


def read_scales(
    top: Entry, names: Names, items: Mapping[str, Item], respondents: Collection[str]
) -> dict[str, Scale]:
    """In the order of the file: a scale may be made of those before it."""
    found: dict[str, Scale] = {}
    for entry in top.entries("scales"):
        scale = read_scale(entry, names, items, found, respondents)
        least = min(span[0] for span in scale.ranges.values())
        most = max(span[1] for span in scale.ranges.values())
        names.claim(entry, scale.name, Name(scale.name, (least, most)))
        found[scale.name] = scale
        entry.close()
    return found


def read_scale(
    entry: Entry,
    names: Names,
    items: Mapping[str, Item],
    before: Mapping[str, Scale],
    respondents: Collection[str],
) -> Scale:
    own = entry.items("items", items)
    of = entry.words("of", before, "scale")
    if bool(own) == bool(of):
        raise entry.fault("a scale needs either items or of")
    recode = entry.wholes("recode")
    if recode and (of or any(len(recode) != len(items[number].values) for number in own)):
        raise entry.fault("recode must have a number for each allowed answer", "recode")
    fewest = min(sum(kind in items[n].respondents for n in own) for kind in respondents)
    scale = Scale(
        name=entry.name(),
        items=own,
        of=of,
        reverse=frozenset(entry.items("reverse", own)),
        recode=recode,
        prorate=read_prorating(entry, fewest),
        zero_when=entry.rule(names, "zero_when") if "zero_when" in entry.values else None,
        percent=read_percent(entry),
        extra=read_extra(entry, names),
        cap=entry.optional_whole("cap", 1),
        better=cast(Better, entry.one_of("better", ("lower", "higher"), "direction")),
        ranges={},
        source=entry.source(),
    )
    return replace(
        scale, ranges={kind: range_of(entry, scale, items, before, kind) for kind in respondents}
    )


def read_prorating(entry: Entry, asked: int) -> Prorating | None:
    if "prorate" not in entry.values:
        return None
    within = entry.entry("prorate")
    found = Prorating(within.whole("missing", 1), within.whole("decimals"))
    if found.missing >= asked:
        raise within.fault("missing must leave an answer to take the mean of", "missing")
    within.close()
    return found


def read_percent(entry: Entry) -> Percent | None:
    if "percent" not in entry.values:
        return None
    within = entry.entry("percent")
    found = Percent(within.whole("of", 1), within.whole("decimals"))
    within.close()
    return found


def read_extra(entry: Entry, names: Names) -> Extra | None:
    if "extra" not in entry.values:
        return None
    within = entry.entry("extra")
    found = Extra(within.whole("points", 1), within.rule(names))
    within.close()
    return found


def range_of(
    entry: Entry, scale: Scale, items: Mapping[str, Item], before: Mapping[str, Scale], kind: str
) -> Span:
    """The least and the most that a scale can come to on this respondent's form."""
    parts = [before[name].ranges[kind] for name in scale.of]
    for number in scale.items:
        if kind in items[number].respondents:
            points = scale.points(items[number]).values()
            parts.append((min(points), max(points)))
    if not parts:
        raise entry.fault(f"{scale.name} has no items for respondent {kind}", "items")
    least, most = sum(low for low, _ in parts), sum(high for _, high in parts)
    if scale.zero_when:
        least = 0
    if scale.percent:
        least, most = (int(half_up(100 * end, scale.percent.of, 0)) for end in (least, most))
    if scale.extra:
        most += scale.extra.points
    if scale.cap:
        if not least < scale.cap < most:
            raise entry.fault(f"{scale.name} is {least} to {most}: no such cap", "cap")
        most = scale.cap
    return least, most


def read_counts(top: Entry, names: Names, items: Mapping[str, Item]) -> dict[str, Count]:
    found: dict[str, Count] = {}
    for entry in top.entries("counts"):
        name, least = entry.name(), entry.whole("least")
        counted = dict.fromkeys(entry.items("items", items), least)
        apart = entry.by_item("apart", items)
        for number in apart:
            if number not in counted:
                raise entry.fault(f"apart has item {number}, which is not counted", "apart")
        counted |= apart
        for number, at in counted.items():
            if not items[number].values[0] < at <= items[number].values[-1]:
                raise entry.fault(f"least {at} decides nothing of item {number}", "least")
        names.claim(entry, name, Counted(name, (0, len(counted))))
        whole = entry.flag("whole")
        found[name] = Count(name, counted, whole, entry.source())
        entry.close()
    return found


def read_bands(
    top: Entry, scales: Mapping[str, Scale], respondents: Collection[str]
) -> tuple[Bands, ...]:
    found: list[Bands] = []
    for entry in top.entries("bands"):
        code, names = entry.name("set"), entry.texts("names")
        kinds = entry.words("respondents", respondents, "respondent") or tuple(respondents)
        source, within = entry.source(), entry.entry("scales")
        for name in within.values:
            scale = scales[within.known(name, scales, "scale", name)]
            if not is_whole(scale, scales):
                raise within.fault(f"{name} has decimals: no bands", name)
            if any(
                (b.set, b.scale) == (code, name) and set(b.respondents) & set(kinds) for b in found
            ):
                raise within.fault(f"{name} has bands twice in {code}", name)
            steps = read_steps(within, name, names)
            for kind in kinds:
                check_steps(within, name, sorted(span for _, span in steps), scale.ranges[kind])
            found.append(Bands(code, name, kinds, steps, source))
        within.taken.update(within.values)
        entry.close()
    return tuple(found)


def is_whole(scale: Scale, scales: Mapping[str, Scale]) -> bool:
    if scale.percent:
        return not scale.percent.decimals
    prorated = scale.prorate and scale.prorate.decimals
    return not prorated and all(is_whole(scales[part], scales) for part in scale.of)


def read_steps(entry: Entry, name: str, bands: tuple[str, ...]) -> tuple[tuple[str, Span], ...]:
    spans = entry.texts(name)
    if len(spans) != len(bands):
        raise entry.fault(f"{name} must have a range for each of {', '.join(bands)}", name)
    try:
        return tuple(zip(bands, map(span_of, spans), strict=True))
    except ValueError as fault:
        raise entry.fault(f"{name}: {fault}", name) from None


def check_steps(entry: Entry, name: str, spans: list[Span], whole: Span) -> None:
    """From the least to the most, each range begins where the one below ends."""
    expected = whole[0]
    for least, most in spans:
        if least != expected:
            kind = "overlap" if least < expected else "leave a gap"
            raise entry.fault(f"{name}: bands {kind} at {min(least, expected)}", name)
        expected = most + 1
    if expected != whole[1] + 1:
        raise entry.fault(f"{name} is {whole[0]} to {whole[1]}: bands end at {expected - 1}", name)
