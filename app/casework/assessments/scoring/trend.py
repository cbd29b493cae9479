"""One instrument over time: points, the bands behind them, what changed, and where nothing is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.casework.assessments.scoring.instrument import Instrument
from app.casework.assessments.scoring.scorer import Result
from app.casework.assessments.scoring.told import changed, told

Series = tuple[str, str, int]


@dataclass(frozen=True)
class Given:
    """One that stands: by whom, when, and what it came to."""

    id: str
    on: date
    respondent: str
    instrument: Instrument  # of the version that judged it
    result: Result

    @property
    def series(self) -> Series:
        """What may be compared: other items, other figures."""
        return self.respondent, self.instrument.code, self.instrument.version


def trend(given: Sequence[Given], until: date) -> dict[str, Any]:
    """Of assessments of one instrument, or of the forms of one module, in the order of their days.

    A change is told against the last one of the same respondent, form and version that has a total.
    `until`: the day as of which it is told.
    """
    before: dict[Series, Given] = {}
    scored: dict[Series, Given] = {}
    points = []
    for one in given:
        series = one.series
        points.append(point(one, scored.get(series, before.get(series))))
        before[series] = one
        if points[-1]["total"] is not None:
            scored[series] = one
    forms = {one.series: one.instrument for one in given}
    return {
        "points": points,
        "bands": [band for (kind, *_), one in forms.items() for band in bands_of(one, kind)],
        "gaps": [*gaps(given, until)],
    }


def gaps(given: Iterable[Given], until: date) -> Iterator[dict[str, Any]]:
    """Longer than the longest time after which to ask a respondent again, in whatever form.

    Those that ended first, each with its last day; then those that go on.
    """
    last: dict[str, Given] = {}
    for one in given:
        if (before := last.get(one.respondent)) and late(before, one.on):
            yield gap(before, one.on, one.on)
        last[one.respondent] = one
    for one in last.values():
        if late(one, until):
            yield gap(one, until, None)


def late(one: Given, on: date) -> bool:
    return (on - one.on).days > one.instrument.timing.retest_days[1]


def gap(since: Given, on: date, until: date | None) -> dict[str, Any]:
    days = (on - since.on).days
    return {"respondent": since.respondent, "since": since.on, "until": until, "days": days}


def point(one: Given, last: Given | None) -> dict[str, Any]:
    shown = told(one.instrument, one.result)
    change = None
    if last is not None:
        change = {
            "since_id": last.id,
            "since_on": last.on,
            **changed(one.instrument, last.result, one.result),
        }
    return {
        "id": one.id,
        "administered_on": one.on,
        "respondent": one.respondent,
        "instrument": one.instrument.code,
        "version": one.instrument.version,
        "total": shown["total"],
        "subscales": shown["subscales"],
        "band": shown["band"],
        "positive": shown["positive"],
        "outcomes": shown["outcomes"],
        "complete": shown["complete"],
        "prorated": shown["prorated"],
        "change": change,
    }


def bands_of(instrument: Instrument, respondent: str) -> Iterator[dict[str, Any]]:
    """Those of the headline: of which respondent and version, from where to where."""
    first = instrument.headline
    for bands in instrument.bands:
        of_headline = (bands.set, bands.scale) == (first.bands, first.scale)
        if of_headline and respondent in bands.respondents:
            for name, (least, most) in bands.steps:
                whose: dict[str, Any] = {"respondent": respondent, "instrument": instrument.code}
                whose |= {"version": instrument.version}
                yield {**whose, "band": name, "least": least, "most": most}


def span_of(given: Iterable[Given]) -> tuple[int, int] | None:
    """The least and the most that the headline can come to; None where it is no number."""
    spans = [
        one.instrument.scales[scale].ranges[one.respondent]
        for one in given
        if (scale := one.instrument.headline.scale)
    ]
    return (min(s[0] for s in spans), max(s[1] for s in spans)) if spans else None
