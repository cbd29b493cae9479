"""Each form of each instrument as a Questionnaire: numbers, allowed answers, no word of ours."""

from pathlib import Path
from typing import Any

import pytest

from app.casework.assessments.fhir.questionnaire import questionnaire
from app.casework.assessments.scoring.catalogue import catalogue
from app.casework.assessments.scoring.instrument import Instrument
from app.casework.assessments.text_packs import read_pack
from app.core.datafile import load
from tests.casework.assessments.fhir.judging import judged
from tests.casework.assessments.wording import pack, written

FORMS = [
    (shipped.instrument, respondent)
    for versions in catalogue().instruments.values()
    for shipped in versions.values()
    for respondent in shipped.instrument.respondents
]
IDS = [f"{one.code} {kind}" for one, kind in FORMS]
each = pytest.mark.parametrize(("instrument", "respondent"), FORMS, ids=IDS)


def options(item: dict[str, Any]) -> list[int]:
    return [int(one["valueCoding"]["code"]) for one in item["answerOption"]]


@each
def test_every_form_fits_the_model(instrument: Instrument, respondent: str) -> None:
    found = questionnaire(instrument, respondent, None, "en")
    model = judged(found)
    assert model.url == f"urn:casework:instrument:{instrument.code}:{respondent}"
    assert model.version == "1"
    asked = list(instrument.asked(respondent))
    items = {item["linkId"]: item for item in found["item"]}
    assert list(items) == [*(one.number for one in asked), *instrument.facts]
    for one in asked:
        item = items[one.number]
        assert item["type"] == "choice"
        assert options(item) == list(one.values)
        assert "text" not in item
    for name in instrument.facts:
        assert items[name]["type"] == "boolean"
    assert "language" not in found


@each
def test_nothing_tells_how_answers_are_scored(instrument: Instrument, respondent: str) -> None:
    told = set()

    def walk(value: object) -> None:
        for name, within in value.items() if isinstance(value, dict) else ():
            told.add(name)
            walk(within)
        for within in value if isinstance(value, list) else ():
            walk(within)

    walk(questionnaire(instrument, respondent, None, "en"))
    assert told <= {
        *("resourceType", "url", "version", "name", "title", "status", "subjectType", "copyright"),
        *("item", "linkId", "type", "text", "answerOption", "valueCoding", "system", "code"),
        *("enableWhen", "enableBehavior", "question", "operator", "answerCoding"),
    }


@each
def test_wording_is_there_where_it_is_installed(
    tmp_path: Path, instrument: Instrument, respondent: str
) -> None:
    _, words = read_pack(load(written(tmp_path, pack(instrument.code, "kk"))), catalogue())
    found = questionnaire(instrument, respondent, words, "ru")
    judged(found)
    assert found["language"] == "kk"
    assert found["title"] == instrument.title.say("ru")
    first, *items = found["item"]
    assert first == {"linkId": "instructions", "type": "display", "text": "said first"}
    for item in items[: -len(instrument.facts) or None]:
        assert item["text"] == f"text of item {item['linkId']}"
        for one in item["answerOption"]:
            assert one["valueCoding"]["display"] == f"answer {one['valueCoding']['code']}"


def test_what_a_form_skips_is_not_asked() -> None:
    k10 = catalogue().current("k10").instrument
    by = {
        kind: {one["linkId"]: one for one in questionnaire(k10, kind, None, "en")["item"]}
        for kind in k10.respondents
    }
    # Who fills it in alone is asked them all, and what they leave out is missing.
    assert not any("enableWhen" in one for one in by["self"].values())
    items = by["interviewer"]
    (condition,) = items["3"]["enableWhen"]
    assert (condition["question"], condition["operator"]) == ("2", "!=")
    assert condition["answerCoding"]["code"] == "1"
    assert "enableWhen" not in items["2"]
    cfm = catalogue().current("cfm24").instrument
    items = {one["linkId"]: one for one in questionnaire(cfm, "parent", None, "en")["item"]}
    assert items["8"]["enableWhen"][0]["answerCoding"]["code"] == "2"


def test_a_respondent_is_asked_their_own_items() -> None:
    sdq = catalogue().current("sdq").instrument
    of = {
        kind: {one["linkId"] for one in questionnaire(sdq, kind, None, "en")["item"]}
        for kind in sdq.respondents
    }
    assert of["parent"] - of["teacher"] == {"I4", "I5"}
