"""A result in plain words, in the language that a reader prefers."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from app.casework.assessments.scoring.chart import Words
from app.casework.assessments.scoring.instrument import Instrument
from app.core.datafile import load
from app.core.language import preferred
from app.registry.pathways.definitions import Title
from app.registry.pathways.reading import NEEDED_LANGUAGES, Table

WORDS = Path(__file__).parent / "words.toml"
PARTS = ("respondent", "phrase", "code")


@cache
def words() -> Mapping[str, Mapping[str, Title]]:
    """By part and code; raises DataFileError for what has no words in a language that is needed."""
    file = load(WORDS)
    top = Table(file, file.data)
    found = {}
    for part in PARTS:
        within = top.table(part)
        found[part] = {code: within.title(code) for code in within.values}
        within.close()
    top.close()
    return found


class Speaker:
    """The words of one language: that which a reader prefers."""

    def __init__(self, accepts: str | None) -> None:
        self.language = preferred(accepts, NEEDED_LANGUAGES)

    def word(self, part: str, code: str) -> str:
        return words()[part][code].say(self.language)

    def say(self, phrase: str, **filled: object) -> str:
        return self.word("phrase", phrase).format(**filled)


def in_words(
    instrument: Instrument, respondent: str, result: Mapping[str, Any], accepts: str | None
) -> str:
    """A paragraph. `result` as `told` made it, with the `change` where there is one."""
    speaker = Speaker(accepts)
    say = speaker.say
    phrase, filled = headline(instrument, respondent, result)
    if result["band"]:
        filled["band"] = speaker.word("code", result["band"])
    whose = speaker.word("respondent", respondent)
    said = [say(phrase, name=instrument.name, respondent=whose, **filled)]
    if result["missing"]:
        said.append(say("missing", count=len(result["missing"])))
    if result["prorated"]:
        said.append(say("prorated"))
    for found in result["outcomes"].values():
        outcome = speaker.word("code", found) if found else None
        said.append(say("outcome", outcome=outcome) if outcome else say("outcome_unknown"))
    if instrument.headline.cutoff:
        said.append(say(POSITIVE[result["positive"]]))
    said += map(say, dict.fromkeys(map(phrase_of, result["flags"])))
    if (change := result.get("change")) and change["reliable"] is not None:
        word = change["direction"] if change["reliable"] else "unchanged"
        said.append(say(word, since=change["since_on"]))
    return " ".join([*said, say("screen")])


POSITIVE = {True: "positive", False: "negative", None: "positive_unknown"}


def headline(
    instrument: Instrument, respondent: str, result: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The phrase that begins, and the numbers in it."""
    scale, total = instrument.headline.scale, result["total"]
    if scale is None:
        return "plain", {}
    if total is None:
        return "unscored", {}
    most = instrument.scales[scale].ranges[respondent][1]
    return "headline_band" if result["band"] else "headline", {"total": total, "most": most}


def phrase_of(flag: Mapping[str, str]) -> str:
    return "ask" if flag["state"] == "unknown" else flag["kind"]


def chart_words(
    instrument: Instrument, respondent: str, trend: Mapping[str, Any], accepts: str | None
) -> Words:
    """What is written on the picture of a trend, and what is read aloud instead of it."""
    speaker = Speaker(accepts)
    say, scale = speaker.say, instrument.scales[str(instrument.headline.scale)]
    bands = {one["band"]: speaker.word("code", one["band"]) for one in trend["bands"]}
    description = [point_in_words(say, bands, one) for one in trend["points"]]
    ended = [say("gap", **gap) for gap in trend["gaps"] if gap["until"]]
    goes_on = [say("gap_since", **gap) for gap in trend["gaps"] if not gap["until"]]
    whose = speaker.word("respondent", respondent)
    return Words(
        language=speaker.language,
        title=say("plain", name=instrument.name, respondent=whose),
        description=[*(description or [say("nothing")]), *ended, *goes_on, say(scale.better)],
        bands=bands,
        better=say(scale.better),
        unscored=say("no_total"),
        since=next(iter(goes_on), None),
    )


def point_in_words(say: Any, bands: Mapping[str, str], one: Mapping[str, Any]) -> str:
    on, total, change = one["administered_on"], one["total"], one["change"]
    if total is None:
        return str(say("point_unscored", on=on))
    band = bands.get(one["band"])
    phrase = "point_band" if band else "point"
    said = say(phrase, on=on, total=total, band=band)
    if change and change["reliable"]:
        said += " " + say(change["direction"], since=change["since_on"])
    if one["prorated"]:
        said += " " + say("prorated")
    return str(said)
