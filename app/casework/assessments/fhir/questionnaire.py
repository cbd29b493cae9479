"""An instrument as a FHIR R4 Questionnaire: one for each kind of respondent."""

from collections.abc import Mapping
from typing import Any

from app.casework.assessments.fhir.naming import ANSWER, Resource, url
from app.casework.assessments.scoring.instrument import Instrument, Item, Skip
from app.casework.assessments.text_packs import Pack

INSTRUCTIONS = "instructions"


def questionnaire(
    instrument: Instrument, respondent: str, words: Pack | None, language: str
) -> Resource:
    """Items by number with the allowed answers; `words`: their wording, where it is installed.

    `language`: of the title and of what is asked beside the items (`facts`), which are ours.
    """
    asked = list(instrument.asked(respondent))
    numbers = {item.number for item in asked}
    skips = [
        skip for skip in instrument.skips if skip.item in numbers and respondent in skip.respondents
    ]
    found: Resource = {
        "resourceType": "Questionnaire",
        "url": url(instrument, respondent),
        "version": str(instrument.version),
        "name": f"{instrument.code}_{respondent}".upper(),
        "title": instrument.title.say(language),
        "status": "active",
        "subjectType": ["Patient"],
        "copyright": f"{instrument.licence.holder}: {instrument.licence.terms}",
        "item": [
            *instructions(words),
            *(question(item, skips, words) for item in asked),
            *(
                {"linkId": name, "type": "boolean", "text": title.say(language)}
                for name, title in instrument.facts.items()
            ),
        ],
    }
    return found | ({"language": words.language} if words else {})


def instructions(words: Pack | None) -> list[Resource]:
    if words is None or words.instructions is None:
        return []
    return [{"linkId": INSTRUCTIONS, "type": "display", "text": words.instructions}]


def question(item: Item, skips: list[Skip], words: Pack | None) -> Resource:
    found: Resource = {"linkId": item.number, "type": "choice"}
    if words:
        found["text"] = words.items[item.number]
    if conditions := [condition(skip) for skip in skips if item.number in skip.fills]:
        found |= {"enableWhen": conditions, "enableBehavior": "all"}
    labels = words.labels.get(item.number, {}) if words else {}
    found["answerOption"] = [{"valueCoding": coding(value, labels)} for value in item.values]
    return found


def condition(skip: Skip) -> Resource:
    """An item that a skip fills is asked unless it was answered so."""
    return {"question": skip.item, "operator": "!=", "answerCoding": coding(skip.answer)}


def coding(value: int, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    label = (labels or {}).get(str(value))
    found = {"system": ANSWER, "code": str(value)}
    return found | ({"display": label} if label else {})
