"""What is told of instruments: what their files say, whether they may be used, their wording."""

from collections.abc import Collection, Mapping
from typing import Any

from app.casework.assessments import licences
from app.casework.assessments.answers_schema import answers_schema
from app.casework.assessments.fhir.naming import Resource
from app.casework.assessments.fhir.questionnaire import questionnaire
from app.casework.assessments.instrument_schemas import (
    AnswersOut,
    FormOut,
    InstrumentOut,
    ListedOut,
    ModuleOut,
)
from app.casework.assessments.scoring.catalogue import Shipped, catalogue
from app.casework.assessments.scoring.instrument import Instrument
from app.casework.assessments.text_packs import Pack
from app.core.errors import NotFound, invalid
from app.core.language import matched
from app.registry.pathways.definitions import Title
from app.safeguards.guard.unit_of_work import UnitOfWork


def listed(work: UnitOfWork, wish: str | None) -> list[dict[str, Any]]:
    """One for each code, as its current version is; two statements."""
    attested, languages = licences.all_attested(work), licences.all_languages(work)
    found = []
    for code, versions in sorted(catalogue().instruments.items()):
        instrument = catalogue().current(code).instrument
        place = code, instrument.version
        told = {
            **vars(instrument),
            "title": in_words(instrument.title, wish),
            "versions": sorted(versions),
            "current": instrument.version,
            "languages": sorted(languages.get(place, ())),
            "answers": answers(instrument, place in attested),
        }
        found.append(ListedOut.model_validate(told).model_dump())
    return found


def described(work: UnitOfWork, code: str, version: int, wish: str | None) -> dict[str, Any]:
    """An instrument, or the forms of a module; else NotFound."""
    if module := module_of(code, version):
        return module.model_dump()
    instrument = the_instrument(code, version)
    usable, languages = licences.usable(work, instrument), licences.languages(work, instrument)
    told = {
        **vars(instrument),
        "title": in_words(instrument.title, wish),
        "facts": {name: in_words(fact, wish) for name, fact in instrument.facts.items()},
        "answers": answers(instrument, usable),
        "languages": sorted(languages),
        "texts": worded(work, instrument, languages, wish) if usable else None,
        "answers_schema": {
            kind: answers_schema(instrument, kind) for kind in instrument.respondents
        },
    }
    return InstrumentOut.model_validate(told).model_dump()


def the_instrument(code: str, version: int) -> Instrument:
    """Raises NotFound for what does not ship."""
    versions: Mapping[int, Shipped] = catalogue().instruments.get(code, {})
    if version not in versions:
        raise NotFound("no such instrument, or no such version of it")
    return versions[version].instrument


def module_of(code: str, version: int) -> ModuleOut | None:
    """Each form of a module as of this version; one that was not changed since is as before."""
    forms = [catalogue().instruments[form] for form in catalogue().modules.get(code, ())]
    if not 0 < version <= max((len(versions) for versions in forms), default=0):
        return None
    found = [versions[min(version, len(versions))].instrument for versions in forms]
    return ModuleOut(
        code=code, version=version, forms=[FormOut.model_validate(one) for one in found]
    )


def answers(instrument: Instrument, attested: bool) -> AnswersOut:
    if attested or not instrument.licence.attestation:
        return AnswersOut(taken=True, code=None, detail=None)
    return AnswersOut(
        taken=False, code="licence-not-attested", detail=licences.why_refused(instrument)
    )


def as_questionnaire(
    work: UnitOfWork, code: str, version: int, respondent: str | None, wish: str | None
) -> Resource:
    """Of a kind of respondent, or the first one of the file; else NotFound."""
    instrument = the_instrument(code, version)
    kind = respondent or next(iter(instrument.respondents))
    if kind not in instrument.respondents:
        raise invalid("query.respondent", "unknown", "is not asked by this instrument")
    words = None
    if licences.usable(work, instrument):
        words = worded(work, instrument, licences.languages(work, instrument), wish)
    return questionnaire(instrument, kind, words, language_of(instrument.title, wish))


def worded(
    work: UnitOfWork, instrument: Instrument, languages: Collection[str], wish: str | None
) -> Pack | None:
    """In that of the languages which is asked for, if any is."""
    language = matched(wish, languages)
    return None if language is None else licences.wording(work, instrument, language)


def in_words(title: Title, wish: str | None) -> str:
    return title.say(language_of(title, wish))


def language_of(title: Title, wish: str | None) -> str:
    return matched(wish, title.by_language) or "en"
