"""A result in plain words, in the language that a reader prefers."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

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


def in_words(
    instrument: Instrument, respondent: str, result: Mapping[str, Any], accepts: str | None
) -> str:
    """A paragraph. `result` as `told` made it, with the `change` where there is one."""
    language = preferred(accepts, NEEDED_LANGUAGES)
    known = words()

    def say(phrase: str, **filled: object) -> str:
        return known["phrase"][phrase].say(language).format(**filled)

    def code(name: str) -> str:
        return known["code"][name].say(language)

    whose = known["respondent"][respondent].say(language)
    name, filled = headline(instrument, respondent, result)
    if result["band"]:
        filled["band"] = code(result["band"])
    said = [say(name, name=instrument.name, respondent=whose, **filled)]
    if result["missing"]:
        said.append(say("missing", count=len(result["missing"])))
    if result["prorated"]:
        said.append(say("prorated"))
    for found in result["outcomes"].values():
        said.append(say("outcome", outcome=code(found)) if found else say("outcome_unknown"))
    if instrument.headline.cutoff:
        said.append(say(POSITIVE[result["positive"]]))
    flags = result["flags"]
    said += [say(one) for one in dict.fromkeys(map(phrase_of, flags))]
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
