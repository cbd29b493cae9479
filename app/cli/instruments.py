"""`casework instruments`: by whose word instruments are used here, and how they are worded.

Whoever runs these commands answers for it that the holders of the rights allow it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import click

from app.casework.assessments import licences
from app.casework.assessments.describing import answers
from app.casework.assessments.scoring.catalogue import catalogue
from app.casework.assessments.scoring.instrument import Instrument
from app.casework.assessments.text_packs import read_pack
from app.cli.commands import OPERATOR
from app.core.datafile import load
from app.core.errors import invalid
from app.core.settings import Settings
from app.main import open_house
from app.safeguards.guard.carrying import operator_work
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.unit_of_work import UnitOfWork

of_version = click.option("--version", type=int, help="of the instrument; the current one if none")


@click.group()
def instruments() -> None:
    """Licences and wording of instruments. Who runs these answers for the rights of others."""


@instruments.command("list")
def listed() -> None:
    """Each instrument: whether answers are taken, and in which languages its wording is there."""
    with working("licence.read") as work:
        attested, languages = licences.all_attested(work), licences.all_languages(work)
    for code in sorted(catalogue().instruments):
        instrument = catalogue().current(code).instrument
        place = code, instrument.version
        state = "takes answers" if answers(instrument, place in attested).taken else "needs licence"
        told = " ".join(sorted(languages.get(place, ()))) or "-"
        click.echo(f"{code:10} v{instrument.version}  {state:14} {told:20} {instrument.name}")


@instruments.command("attest")
@click.argument("code")
@click.option("--licence", required=True, help="what the holder gave: an agreement, a permission")
@click.option("--reference", required=True, help="by which the holder finds it")
@click.option("--by", required=True, help="the name of who attests it")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="its last day")
@of_version
def attest(
    code: str, licence: str, reference: str, by: str, until: datetime | None, version: int | None
) -> None:
    """Say that the holder of an instrument allows its use here, by whose word, and until when."""
    instrument = the_instrument(code, version)
    last: date | None = until.date() if until else None
    with working("licence.attest") as work:
        licences.attest(work, instrument, licence=licence, reference=reference, by=by, until=last)
    click.echo(f"{named(instrument)} is attested; its terms: {instrument.licence.terms}")


@instruments.command("withdraw")
@click.argument("code")
@click.option("--reason", required=True, help="kept with the attestation")
@of_version
def withdraw(code: str, reason: str, version: int | None) -> None:
    """Take answers no more, if the instrument needs a licence; what was answered stays."""
    instrument = the_instrument(code, version)
    with working("licence.withdraw") as work:
        count = licences.withdraw(work, instrument, reason)
    click.echo(f"{named(instrument)}: {count} withdrawn")


@instruments.command("texts")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def texts(file: Path) -> None:
    """Install the wording of an instrument in one language, in place of what was there."""
    instrument, pack = read_pack(load(file), catalogue())
    with working("text_pack.install") as work:
        licences.install(work, instrument, pack)
    click.echo(f"{named(instrument)} is worded in {pack.language}")


@instruments.command("remove-texts")
@click.argument("code")
@click.argument("language")
@of_version
def remove_texts(code: str, language: str, version: int | None) -> None:
    """Show the wording of an instrument in this language no more."""
    instrument = the_instrument(code, version)
    with working("text_pack.remove") as work:
        licences.remove(work, instrument, language)
    click.echo(f"{named(instrument)} is worded in {language} no more")


@contextmanager
def working(action: str) -> Iterator[UnitOfWork]:
    house = open_house(Settings())
    try:
        with operator_work(house, OPERATOR, Permit(action)) as work:
            yield work
    finally:
        house.engine.dispose()


def the_instrument(code: str, version: int | None) -> Instrument:
    known = catalogue().instruments
    if code not in known:
        raise invalid(
            "/code", "unknown", f"no instrument is called so; there are {', '.join(sorted(known))}"
        )
    if version is not None and version not in known[code]:
        raise invalid("/version", "unknown", "it has no such version")
    return known[code][version or max(known[code])].instrument


def named(instrument: Instrument) -> str:
    return f"{instrument.name} v{instrument.version}"
