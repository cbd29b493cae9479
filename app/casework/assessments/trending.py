"""How one instrument went on a case: what stands on record, told and drawn."""

from collections.abc import Collection
from operator import itemgetter
from typing import Any

from app.casework.assessments import rules
from app.casework.assessments.models import Assessment
from app.casework.assessments.scoring.catalogue import catalogue
from app.casework.assessments.scoring.chart import draw
from app.casework.assessments.scoring.instrument import Instrument
from app.casework.assessments.scoring.trend import Given, span_of, trend
from app.casework.assessments.scoring.words import chart_words
from app.core.errors import invalid
from app.safeguards.guard.unit_of_work import UnitOfWork


def forms_of(named: str) -> tuple[str, ...]:
    """The forms of a module; else the instrument itself."""
    return catalogue().modules.get(named, (named,))


def on_record(work: UnitOfWork, codes: Collection[str], respondent: str | None) -> list[Given]:
    """In one query; scored again, each by the version that judged it, since that costs less than
    to keep it twice.

    Whether it stands and when it was is asked of the rows, which may be told as of a moment: so it
    is here that they are put in order. Its instrument is never another one, nor is who answered,
    once it stands.
    """
    rows = work.find(
        Assessment,
        lambda a: (
            a.c.instrument.in_(codes)
            & (a.c.respondent == respondent if respondent else a.c.respondent.is_not(None))
        ),
        order=(),
    )
    standing = [row for row in rows if row["status"] in rules.SAID]
    return [given_in(row) for row in sorted(standing, key=itemgetter("administered_on", "id"))]


def given_in(row: dict[str, Any]) -> Given:
    shipped = catalogue().instruments[row["instrument"]][row["instrument_version"]]
    result = shipped.score(row["answers"], row["respondent"], row["facts"])
    return Given(
        str(row["id"]), row["administered_on"], row["respondent"], shipped.instrument, result
    )


def told(work: UnitOfWork, named: str, respondent: str | None) -> dict[str, Any]:
    codes = forms_of(named)
    forms, given = [current(code) for code in codes], on_record(work, codes, respondent)
    span, ways = span_of(given), {better(form) for form in forms}
    return {
        "instrument": named,
        "name": ", ".join(form.name for form in forms),
        "least": span and span[0],
        "most": span and span[1],
        "better": ways.pop() if len(ways) == 1 else None,
        **trend(given, work.day_told),
    }


def drawn(work: UnitOfWork, named: str, respondent: str | None, accepts: str | None) -> str:
    """Of one respondent and version: the last that there is, if none is named."""
    numbered = [code for code in forms_of(named) if current(code).headline.scale]
    if not numbered:
        raise invalid("query.instrument", "no-number", "it comes to no number that could be drawn")
    instrument, given = current(numbered[-1]), on_record(work, numbered, respondent)
    if given:
        last = given[-1]
        given = [one for one in given if one.series == last.series]
        instrument = last.instrument
    kind = given[-1].respondent if given else respondent or next(iter(instrument.respondents))
    if kind not in instrument.respondents:
        raise invalid("query.respondent", "unknown-respondent", "it is not for this respondent")
    least, most = instrument.scales[str(instrument.headline.scale)].ranges[kind]
    shown = trend(given, work.day_told)
    return draw(shown, least, most, chart_words(instrument, kind, shown, accepts))


def current(code: str) -> Instrument:
    return catalogue().current(code).instrument


def better(instrument: Instrument) -> str | None:
    scale = instrument.headline.scale
    return instrument.scales[scale].better if scale else None
