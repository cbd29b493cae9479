"""What operators do with the log of all events: let it grow, and give it to who judges it."""

from pathlib import Path
from time import monotonic, sleep
from uuid import UUID

import click

from app.cli.commands import OPERATOR
from app.core.settings import Settings
from app.core.transactions import reading, transaction
from app.main import open_house
from app.safeguards.audit.exported import export
from app.safeguards.audit.log_keys import open_log_keys
from app.safeguards.audit.sequencer import open_sequencer
from app.safeguards.audit.stored_log import index_of
from app.safeguards.audit.tiles import BadTile
from app.safeguards.guard.attesting import attest
from app.safeguards.guard.calls import House
from app.safeguards.guard.second_wall import BEYOND
from app.safeguards.guard.stated import state_of


@click.group()
def audit() -> None:
    """The signed log of all events."""


@audit.command("grow")
def grow_command() -> None:
    """Give all events that wait their place in the log, and sign it."""
    settings = Settings()
    house = open_house(settings)
    sequencer = open_sequencer(house.engine, house.vault, settings)
    while sequencer.sequencing.whole is None:  # until all events were looked through
        sequencer.drain()
    click.echo(f"The log has {sequencer.size} events.")
    if sequencer.unvouched:
        raise click.ClickException(f"{sequencer.unvouched} events are not the application's")


@audit.command("keys")
def keys_command() -> None:
    """Print the public keys of the log: give them to whoever verifies, by a way of their own.

    They are made from the file of the key, and not believed of the database.
    """
    settings = Settings()
    with transaction(open_house(settings).engine) as db:
        for key in open_log_keys(db, settings.log_key_file, settings.log_origin).vkeys:
            click.echo(key)


@audit.command("state")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def state_command(file: Path) -> None:
    """Write what the database holds, as commitments, for `casework-verify state`; then export."""
    house = open_house(Settings())
    attest(house, OPERATOR, "log.read", "audit state", record="log")
    with reading(house.engine, BEYOND) as db, file.open("wb") as lines:
        for line in state_of(db, house.vault):
            lines.write(line + b"\n")
    # What was written meanwhile is in the state, and must be in the log that it is held against.
    if not in_log(house, attest(house, OPERATOR, "log.read", "audit state", record="log")):
        raise click.ClickException(
            f"{file} has the state, but the log does not grow: run `casework audit grow`, then "
            "export"
        )
    click.echo(f"{file} has the state. Export the log now, and: casework-verify state {file} LOG")


def in_log(house: House, event_id: UUID, seconds: float = 60) -> bool:
    """Whether the log has the event, within so long."""
    until = monotonic() + seconds
    while monotonic() < until:
        with reading(house.engine) as db:
            if index_of(db, event_id) is not None:
                return True
        sleep(0.2)
    return False


@audit.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def export_command(folder: Path) -> None:
    """Write the log to a folder that `casework-verify log` judges."""
    house = open_house(Settings())
    attest(house, OPERATOR, "log.read", "audit export", record="log")
    try:
        with reading(house.engine) as db:
            size = export(db, folder)
    except BadTile as fault:
        raise click.ClickException(f"the log in the database is damaged: {fault}") from None
    if not size:
        raise click.ClickException("nothing is signed yet: run `casework audit grow`")
    click.echo(f"{folder} has the log of {size} events: casework-verify log {folder} --key KEY")
