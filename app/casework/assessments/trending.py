"""How one instrument went on a case: what stands on record, told and drawn."""

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


def on_record(work: UnitOfWork, code: str, respondent: str | None) -> list[Given]:
    """In one query; scored again, each by the version that judged it, since that costs less than
    to keep it twice.

    Whether it stands is asked of the rows, which may be told as of a moment; its instrument is
    never another one, nor is who answered, once it stands.
    """
    rows = work.find(
        Assessment,
        lambda a: (
            (a.c.instrument == code)
            & (a.c.respondent == respondent if respondent else a.c.respondent.is_not(None))
        ),
        order=("administered_on", "id"),
    )
    standing = [row for row in rows if row["status"] in rules.SAID]
    return [given_in(row) for row in sorted(standing, key=itemgetter("administered_on", "id"))]


def given_in(row: dict[str, Any]) -> Given:
    shipped = catalogue().instruments[row["instrument"]][row["instrument_version"]]
    result = shipped.score(row["answers"], row["respondent"], row["facts"])
    return Given(
        str(row["id"]), row["administered_on"], row["respondent"], shipped.instrument, result
    )


def told(work: UnitOfWork, code: str, respondent: str | None) -> dict[str, Any]:
    instrument, given = current(code), on_record(work, code, respondent)
    span = span_of(given)
    return {
        "instrument": code,
        "name": instrument.name,
        "least": span and span[0],
        "most": span and span[1],
        "better": better(instrument),
        **trend(given),
    }


def drawn(work: UnitOfWork, code: str, respondent: str | None, accepts: str | None) -> str:
    """Of one respondent and version: the last that there is, if none is named."""
    instrument = current(code)
    scale = instrument.headline.scale
    if scale is None:
        raise invalid("query.instrument", "no-number", "it comes to no number that could be drawn")
    given = on_record(work, code, respondent)
    if given:
        last = given[-1]
        series = (last.respondent, last.instrument.version)
        given = [one for one in given if (one.respondent, one.instrument.version) == series]
        instrument = last.instrument
    kind = given[-1].respondent if given else respondent or next(iter(instrument.respondents))
    if kind not in instrument.respondents:
        raise invalid("query.respondent", "unknown-respondent", "it is not for this respondent")
    least, most = instrument.scales[scale].ranges[kind]
    shown = trend(given)
    return draw(shown, least, most, chart_words(instrument, kind, shown, accepts))


def current(code: str) -> Instrument:
    return catalogue().current(code).instrument


def better(instrument: Instrument) -> str | None:
    scale = instrument.headline.scale
    return instrument.scales[scale].better if scale else None
