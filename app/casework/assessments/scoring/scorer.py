"""Answers to a result: an instrument made into functions once, then applied to any answers.

A result says what can be said and no more: what is missing is never zero, and never low.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TypedDict

from app.casework.assessments.scoring.admitting import Answers, AnswersRefused, Facts, admitting
from app.casework.assessments.scoring.conditions import Known, Truth
from app.casework.assessments.scoring.instrument import (
    Bands,
    Count,
    Critical,
    Instrument,
    Item,
    Outcome,
    Scale,
)
from app.casework.assessments.scoring.rounding import half_up

Value = int | Decimal | None


class Flag(TypedDict):
    code: str
    state: str  # raised or unknown


class Result(TypedDict):
    scales: dict[str, int | str | None]  # text where decimals are stated: "13.09"
    missing: list[str]
    complete: bool
    prorated: list[str]  # the scales in which a mean stands in for what is missing
    bands: dict[str, dict[str, str | None]]  # by set, then by scale
    cutoffs: dict[str, Truth]
    outcomes: dict[str, str | None]
    critical: list[Flag]


Score = Callable[[Answers, str, Facts], Result]
Form = Callable[[Answers, Facts], Result]


def scoring(instrument: Instrument) -> Score:
    """The scorer of an instrument: `score(answers, respondent, facts)`.

    Answers are by item number; absent and None are missing. It raises AnswersRefused for a
    respondent, item, value or fact that the instrument does not have.
    """
    forms = {kind: form(instrument, kind) for kind in instrument.respondents}

    def score(answers: Answers, respondent: str, facts: Facts) -> Result:
        if respondent not in forms:
            raise AnswersRefused([("respondent", "unknown-respondent")])
        return forms[respondent](answers, facts)

    return score


def form(instrument: Instrument, respondent: str) -> Form:
    """The scorer of what this respondent is asked."""
    asked = {item.number: item for item in instrument.asked(respondent)}
    admitted = admitting(instrument, asked, respondent)
    scored = [item.number for item in asked.values() if not item.optional]
    scales = [(scale.name, of_scale(scale, asked)) for scale in instrument.scales.values()]
    counts = [(count.name, counting(count, asked)) for count in instrument.counts.values()]
    bands = banding(b for b in instrument.bands if respondent in b.respondents)
    cutoffs = [(cutoff.name, cutoff.when.judge) for cutoff in instrument.cutoffs]
    outcomes = [(outcome.name, deciding(outcome)) for outcome in instrument.outcomes]
    critical = [warning(one) for one in instrument.critical]

    def score(answers: Answers, facts: Facts) -> Result:
        known = admitted(answers, facts)
        missing = [number for number in scored if known[number] is None]
        prorated = []
        shown: dict[str, int | str | None] = {}
        for name, value_of in scales:
            value, stood_in = value_of(known)
            known[name] = value
            shown[name] = str(value) if isinstance(value, Decimal) else value
            if stood_in:
                prorated.append(name)
        for name, count in counts:
            known[name] = count(known)
        return {
            "scales": shown,
            "missing": missing,
            "complete": not missing,
            "prorated": prorated,
            "bands": bands(known),
            "cutoffs": {name: judge(known) for name, judge in cutoffs},
            "outcomes": {name: decide(known, not missing) for name, decide in outcomes},
            "critical": [flag for warn in critical if (flag := warn(known))],
        }

    return score


def of_scale(scale: Scale, asked: Mapping[str, Item]) -> Callable[[Known], tuple[Value, bool]]:
    """The value, and whether a mean stands in for what is missing."""
    plain = of_items(scale, asked) if scale.items else of_scales(scale)
    zero, percent, extra, cap = scale.zero_when, scale.percent, scale.extra, scale.cap

    def adjusted(known: Known) -> tuple[Value, bool]:
        if zero and zero.judge(known):
            return 0, False
        value, stood_in = plain(known)
        if value is None:
            return None, stood_in
        if percent:
            numerator, denominator = value.as_integer_ratio()
            value = half_up(100 * numerator, percent.of * denominator, percent.decimals)
        if extra:
            due = extra.when.judge(known)
            if due is None and value != cap:
                return None, False
            value += extra.points if due else 0
        if cap:
            value = min(value, cap)
        return value, stood_in

    return adjusted


def of_items(scale: Scale, asked: Mapping[str, Item]) -> Callable[[Known], tuple[Value, bool]]:
    points = [(n, scale.points(asked[n])) for n in scale.items if n in asked]
    prorate, whole = scale.prorate, len(points)

    def value(known: Known) -> tuple[Value, bool]:
        total = answered = 0
        for number, worth in points:
            answer = known[number]
            if answer is not None:
                total += worth[answer]
                answered += 1
        if answered == whole:
            return total, False
        if prorate is None or whole - answered > prorate.missing:
            return None, False
        return half_up(total * whole, answered, prorate.decimals), True

    return value


def of_scales(scale: Scale) -> Callable[[Known], tuple[Value, bool]]:
    """A sum of parts that were prorated is none that was: its parts tell."""
    parts = scale.of

    def value(known: Known) -> tuple[Value, bool]:
        values = [known[part] for part in parts]
        return (None if None in values else sum(values)), False

    return value


def counting(count: Count, asked: Mapping[str, Item]) -> Callable[[Known], tuple[int, int]]:
    """The least and the most that it can be: each item that is missing could be one more."""
    least = [(number, at) for number, at in count.least.items() if number in asked]
    whole, every = count.whole, len(least)

    def bounds(known: Known) -> tuple[int, int]:
        certain = possible = 0
        for number, at in least:
            answer = known[number]
            if answer is None:
                possible += 1
            elif answer >= at:
                certain += 1
        return (0, every) if whole and possible else (certain, certain + possible)

    return bounds


def banding(found: Iterable[Bands]) -> Callable[[Known], dict[str, dict[str, str | None]]]:
    sets: dict[str, list[tuple[str, dict[int, str]]]] = {}
    for one in found:
        names = {
            value: name for name, (least, most) in one.steps for value in range(least, most + 1)
        }
        sets.setdefault(one.set, []).append((one.scale, names))

    def bands(known: Known) -> dict[str, dict[str, str | None]]:
        return {
            code: {scale: names.get(known[scale]) for scale, names in scales}
            for code, scales in sets.items()
        }

    return bands


def deciding(outcome: Outcome) -> Callable[[Known, bool], str | None]:
    rules = [(gives, when.judge) for gives, when in outcome.rules]
    needs_all, otherwise = outcome.needs_all, outcome.otherwise

    def decide(known: Known, complete: bool) -> str | None:
        if needs_all and not complete:
            return None
        for gives, judge in rules:
            verdict = judge(known)
            if verdict is None:
                return None
            if verdict:
                return gives
        return otherwise

    return decide


def warning(critical: Critical) -> Callable[[Known], Flag | None]:
    code, judge, ask = critical.code, critical.when.judge, critical.ask

    def warn(known: Known) -> Flag | None:
        verdict = judge(known)
        if verdict:
            return {"code": code, "state": "raised"}
        return {"code": code, "state": "unknown"} if verdict is None and ask else None

    return warn
