"""Answers as a FHIR R4 QuestionnaireResponse, and such a one as answers."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.casework.assessments.fhir.assessed import Assessed
from app.casework.assessments.fhir.naming import (
    ANSWER,
    INSTRUMENT,
    Resource,
    canonical,
    subject,
    urn,
)
from app.casework.assessments.fhir.questionnaire import INSTRUCTIONS, coding
from app.casework.assessments.scoring.instrument import Instrument
from app.registry.pathways.reading import LANGUAGE

STATUS = {
    "draft": "in-progress",
    "submitted": "completed",
    "signed": "completed",
    "amending": "amended",  # in FHIR the one that corrects, and not the one that was wrong
    "amended": "entered-in-error",
    "void": "entered-in-error",
}
FORM = re.compile(rf"{INSTRUMENT}:([a-z0-9_]+):([a-z]+)\|([1-9][0-9]{{0,3}})\Z")
DAY = re.compile(r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]{8,20}(?:Z|[+-][0-9:]{5}))?\Z")
TOO_SOON = "urn:casework:too-soon-reason"
NOT_UNDERSTOOD = ("modifierExtension", "implicitRules")  # who does not know them must not go on
Find = Callable[[str, int], Instrument | None]


@dataclass(frozen=True)
class Fault:
    pointer: str  # into the resource (RFC 6901)
    code: str
    detail: str  # names the item by its linkId; never a value


class ResponseRefused(ValueError):
    """A QuestionnaireResponse that is no set of answers; `faults` tells all that is wrong.

    Codes: not-a-response, not-understood, unknown-questionnaire, not-completed, another-subject,
    missing, date-parsing; of items unknown-item, twice, nested, several,
    value-not-allowed.
    """

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{one.pointer}: {one.code}" for one in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Reply:
    """What a QuestionnaireResponse says, as an assessment takes it."""

    instrument: Instrument
    respondent: str
    administered_on: date
    language: str
    answers: dict[str, int | None]
    facts: dict[str, bool | None]
    too_soon_reason: str | None = None  # why it is given again within the days it asks of


def questionnaire_response(given: Assessed) -> Resource:
    """What is missing is not in it."""
    items = [
        *(
            (number, {"valueCoding": coding(v)})
            for number, v in given.answers.items()
            if v is not None
        ),
        *((name, {"valueBoolean": so}) for name, so in given.facts.items() if so is not None),
    ]
    found: Resource = {
        "resourceType": "QuestionnaireResponse",
        "id": str(given.id),
        "questionnaire": canonical(given.instrument, given.respondent),
        "language": given.language,
        "status": STATUS[given.status],
        "subject": subject(given.case_id),
        "authored": given.administered_on.isoformat(),
    }
    if items:
        found["item"] = [{"linkId": name, "answer": [value]} for name, value in items]
    return found


def read_response(resource: Mapping[str, Any], case_id: UUID, find: Find) -> Reply:
    """Of a completed response about this case; raises ResponseRefused with every fault.

    `find`: an instrument by code and version, or None. Whatever else FHIR allows a response to say
    (who wrote it, narrative, extensions) is let pass and not kept.
    """
    faults = Faults()
    if resource.get("resourceType") != "QuestionnaireResponse":
        faults.add("/resourceType", "not-a-response", "is no QuestionnaireResponse")
    for name in NOT_UNDERSTOOD:
        if name in resource:
            faults.add(f"/{name}", "not-understood", "may change what the rest means")
    if resource.get("status") != "completed":
        faults.add("/status", "not-completed", "is not completed")
    about = resource.get("subject")
    if about is not None and not is_about(about, case_id):
        faults.add("/subject", "another-subject", "is not the case of this path, by its urn:uuid")
    on, language = day(resource, faults), tag(resource, faults)
    form = form_of(resource.get("questionnaire"), find)
    if form is None:
        faults.add("/questionnaire", "unknown-questionnaire", "is no form that this service has")
        raise ResponseRefused(faults.found)
    instrument, respondent = form
    answers, facts = read_items(resource.get("item", []), instrument, respondent, faults)
    if faults.found or on is None or language is None:
        raise ResponseRefused(faults.found)
    why = reason_of(resource.get("extension"))
    return Reply(instrument, respondent, on, language, answers, facts, why)


@dataclass
class Faults:
    found: list[Fault] = field(default_factory=list)

    def add(self, pointer: str, code: str, detail: str) -> None:
        self.found.append(Fault(pointer, code, detail))


def form_of(named: object, find: Find) -> tuple[Instrument, str] | None:
    """The instrument and the respondent that a canonical names."""
    place = FORM.match(named) if isinstance(named, str) else None
    instrument = find(place[1], int(place[3])) if place else None
    if place is None or instrument is None or place[2] not in instrument.respondents:
        return None
    return instrument, place[2]


def is_about(about: object, case_id: UUID) -> bool:
    if not isinstance(about, dict):
        return False
    identifier = about.get("identifier")
    told = identifier.get("value") if isinstance(identifier, dict) else about.get("reference")
    return isinstance(told, str) and told.lower() == urn(case_id)


def day(resource: Mapping[str, Any], faults: Faults) -> date | None:
    """As it is written, whatever the zone: the day on which it was answered."""
    authored = resource.get("authored")
    if authored is None:
        faults.add("/authored", "missing", "says on which day it was answered")
    elif not isinstance(authored, str) or not DAY.match(authored):
        faults.add("/authored", "date-parsing", "is not a day, nor a time on one")
    else:
        try:
            return date.fromisoformat(authored[:10])
        except ValueError:
            faults.add("/authored", "date-parsing", "is not a day, nor a time on one")
    return None


def tag(resource: Mapping[str, Any], faults: Faults) -> str | None:
    language = resource.get("language")
    if isinstance(language, str) and LANGUAGE.match(language):
        return language
    faults.add("/language", "missing", "says in which language it was asked, such as uz-Cyrl")
    return None


def reason_of(extensions: object) -> str | None:
    """Of the one extension that is ours."""
    for one in extensions if isinstance(extensions, list) else ():
        if isinstance(one, dict) and one.get("url") == TOO_SOON:
            told = one.get("valueString")
            return told if isinstance(told, str) else None
    return None


def read_items(
    items: object, instrument: Instrument, respondent: str, faults: Faults
) -> tuple[dict[str, int | None], dict[str, bool | None]]:
    """Answers by item and facts by name; of what is not answered there is nothing."""
    asked = {item.number: item for item in instrument.asked(respondent)}
    answers: dict[str, int | None] = {}
    facts: dict[str, bool | None] = {}
    met = set[str]()
    for pointer, item in each(items, faults):
        name = item.get("linkId")
        if not isinstance(name, str) or name not in {*asked, *instrument.facts, INSTRUCTIONS}:
            faults.add(f"{pointer}/linkId", "unknown-item", "is no item of this form")
            continue
        if name in met:
            faults.add(f"{pointer}/linkId", "twice", f"item {name} is there twice")
            continue
        met.add(name)
        given = one_answer(pointer, name, item, faults)
        if given is None:
            continue
        if name in asked and (value := number(given)) in asked[name].values:
            answers[name] = value
        elif name in instrument.facts and isinstance(so := given.get("valueBoolean"), bool):
            facts[name] = so
        else:
            what = f"item {name} allows no such answer"
            faults.add(f"{pointer}/answer/0", "value-not-allowed", what)
    return answers, facts


def each(items: object, faults: Faults) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(items, list):
        faults.add("/item", "unknown-item", "is no list of items")
        return
    for place, item in enumerate(items):
        if isinstance(item, dict):
            yield f"/item/{place}", item
        else:
            faults.add(f"/item/{place}", "unknown-item", "is no item")


def one_answer(
    pointer: str, name: str, item: Mapping[str, Any], faults: Faults
) -> Mapping[str, Any] | None:
    """The one answer of an item, if it has any."""
    answers = item.get("answer", [])
    if "modifierExtension" in item:
        what = f"item {name}: may change what the rest means"
        faults.add(f"{pointer}/modifierExtension", "not-understood", what)
    elif "item" in item:
        faults.add(f"{pointer}/item", "nested", f"item {name} has none within it")
    elif not isinstance(answers, list) or len(answers) > 1:
        faults.add(f"{pointer}/answer", "several", f"item {name} takes one answer")
    elif answers and not isinstance(answers[0], dict):
        faults.add(f"{pointer}/answer/0", "value-not-allowed", f"item {name} has no such answer")
    elif answers:
        found: Mapping[str, Any] = answers[0]
        return found
    return None


def number(answer: Mapping[str, Any]) -> int | None:
    """As a code of ours, or as a whole number; None for anything else."""
    value, code = answer.get("valueInteger"), answer.get("valueCoding")
    if isinstance(code, dict) and len(answer) == 1 and code.get("system") == ANSWER:
        told = code.get("code")
        return int(told) if isinstance(told, str) and re.fullmatch(r"[0-9]{1,6}", told) else None
    return value if type(value) is int and len(answer) == 1 else None
