"""By whose word instruments are used here, and in which languages they can be shown."""

from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, or_

from app.casework.assessments.licence_models import LicenceAttestation, TextPack
from app.casework.assessments.scoring.instrument import Instrument
from app.casework.assessments.text_packs import Pack
from app.core.errors import Conflict, NotFound, invalid
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

Version = tuple[str, int]  # of an instrument: its code and version


def attest(
    work: UnitOfWork,
    instrument: Instrument,
    *,
    licence: str,
    reference: str,
    by: str,
    until: date | None,
) -> Written:
    """Put on record by whose word this version may be used, from today."""
    if until is not None and until < work.today:
        raise invalid("/until", "past", "is over already")
    written = work.add(
        LicenceAttestation,
        instrument=instrument.code,
        instrument_version=instrument.version,
        licence=said(licence, "licence"),
        reference=said(reference, "reference"),
        attested_by=said(by, "by"),
        attested_on=work.today,
        valid_until=until,
    )
    work.publish("licence.attested", licence=written.id)
    return written


def withdraw(work: UnitOfWork, instrument: Instrument, reason: str) -> int:
    """End every attestation of this version that is in force; how many there were."""
    why = said(reason, "reason")
    found = work.find(LicenceAttestation, lambda a: of(a, instrument) & in_force(a, work.today))
    if not found:
        raise NotFound("no attestation of it is in force")
    for one in found:
        work.change(LicenceAttestation, one["id"], withdrawn_on=work.today, reason=why)
        work.publish("licence.withdrawn", licence=one["id"])
    return len(found)


def install(work: UnitOfWork, instrument: Instrument, pack: Pack) -> Written:
    """In place of the wording that was there in this language, if any."""
    require_licence(work, instrument)
    given: dict[str, Any] = {**vars(pack), "removed_on": None}
    before = work.find(TextPack, lambda p: of(p, instrument) & (p.c.language == pack.language))
    if before:
        written = work.change(TextPack, before[0]["id"], **given)
    else:
        given |= {"instrument": instrument.code, "instrument_version": instrument.version}
        written = work.add(TextPack, **given)
    work.publish("text-pack.installed", text_pack=written.id)
    return written


def remove(work: UnitOfWork, instrument: Instrument, language: str) -> None:
    """Show its wording in this language no more."""
    found = work.find(
        TextPack, lambda p: of(p, instrument) & installed(p) & (p.c.language == language)
    )
    if not found:
        raise NotFound("no wording of it is installed in this language")
    blank: dict[str, Any] = {"items": {}, "labels": {}, "instructions": None}
    work.change(TextPack, found[0]["id"], **blank, removed_on=work.today)
    work.publish("text-pack.removed", text_pack=found[0]["id"])


def require_licence(work: UnitOfWork, instrument: Instrument) -> None:
    """Raise Conflict where the instrument takes an attestation and none is in force.

    No statement where it takes none, else one.
    """
    if not usable(work, instrument):
        raise Conflict(why_refused(instrument), code="licence-not-attested")


def usable(work: UnitOfWork, instrument: Instrument) -> bool:
    """Whether no attestation is needed, or one is in force."""
    if not instrument.licence.attestation:
        return True
    return bool(
        work.facts(LicenceAttestation, lambda a: of(a, instrument) & in_force(a, work.today), "id")
    )


def languages(work: UnitOfWork, instrument: Instrument) -> Mapping[str, str]:
    """In which its wording is installed → the digest of that wording; one statement."""
    found = work.facts(TextPack, lambda p: of(p, instrument) & installed(p), "language", "digest")
    return {language: digest for language, digest in found}


def why_refused(instrument: Instrument) -> str:
    """What there is to do about it; no more than the instrument's own file says."""
    return (
        f"{instrument.name} takes a licence of {instrument.licence.holder}, and none is attested "
        f"here: who runs this service puts it on record with "
        f"`casework instruments attest {instrument.code}`"
    )


def all_attested(work: UnitOfWork) -> Collection[Version]:
    """Of which versions an attestation is in force."""
    names = ("instrument", "instrument_version")
    found = work.facts(LicenceAttestation, lambda a: in_force(a, work.today), *names)
    return {(code, version) for code, version in found}


def all_languages(work: UnitOfWork) -> Mapping[Version, list[str]]:
    """In which the wording of each version is installed."""
    told: dict[Version, list[str]] = {}
    names = ("instrument", "instrument_version", "language")
    for code, version, language in work.facts(TextPack, installed, *names):
        told.setdefault((code, version), []).append(language)
    return told


def wording(work: UnitOfWork, instrument: Instrument, language: str) -> Pack:
    """What is installed in this language."""
    (row,) = work.find(
        TextPack, lambda p: of(p, instrument) & installed(p) & (p.c.language == language)
    )
    return Pack(**{one.name: row[one.name] for one in fields(Pack)})


def of(rows: FromClause, instrument: Instrument) -> ColumnElement[bool]:
    named = rows.c.instrument == instrument.code
    return named & (rows.c.instrument_version == instrument.version)


def in_force(rows: FromClause, today: date) -> ColumnElement[bool]:
    until = rows.c.valid_until
    return rows.c.withdrawn_on.is_(None) & or_(until.is_(None), until >= today)


def installed(rows: FromClause) -> ColumnElement[bool]:
    return rows.c.removed_on.is_(None)


def said(text: str, name: str) -> str:
    """A word of the operator's, which must say something."""
    if sum(map(str.isalnum, text)) < 2:
        raise invalid(f"/{name}", "says-nothing", "has no words")
    return text.strip()
