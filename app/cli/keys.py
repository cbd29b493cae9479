"""What operators do with the master key: another takes its place, and the old one goes."""

import click

from app.cli.commands import OPERATOR
from app.core.settings import Settings
from app.main import open_house
from app.safeguards.guard.attesting import attest
from app.safeguards.guard.second_wall import BEYOND
from app.safeguards.vault.rotating import Rotation, needed


@click.group()
def keys() -> None:
    """The master key, which wraps the keys of all files."""


@keys.command("add")
def add_command() -> None:
    """Put a new key into the file, for `rotate`: needed first where other machines have a copy."""
    house = open_house(Settings())
    attest(house, OPERATOR, "key.add", "keys add", "done")
    ring = house.vault.ring
    ring.source.add()
    ring.renew()
    click.echo(f"{ring.source} ends with the new key {ring.newest}.")


@keys.command("rotate")
def rotate_command() -> None:
    """Wrap all anew with the newest key, or with one that is made; Casework may run meanwhile."""
    house = open_house(Settings())
    attest(house, OPERATOR, "key.rotate", "keys rotate", "done")
    done = Rotation(house.engine, house.vault, BEYOND).run()
    click.echo(f"{done} values are wrapped with the master key {house.vault.ring.newest} now.")
    click.echo("Copy the new key. The old one opens nothing but older backups: `keys drop`.")


@keys.command("drop")
def drop_command() -> None:
    """Keep in the file only the key that this database needs; older backups need the others."""
    house = open_house(Settings())
    wraps, ring = needed(house.engine), house.vault.ring
    attest(house, OPERATOR, "key.drop", "keys drop", "done")
    gone = ring.drop_all_but(wraps)
    click.echo(f"{ring.source} has the key {wraps} alone; {gone} went.")
