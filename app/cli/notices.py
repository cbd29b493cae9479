"""What operators do where no process tells of readings by itself."""

import click

from app.core.settings import Settings
from app.main import open_house
from app.registry.readings.watch import watch_of


@click.command("notices")
def notices() -> None:
    """Tell of readings out of the ordinary, as far as the signed log has come."""
    house = open_house(Settings())
    try:
        count = watch_of(house).drain()
    finally:
        house.engine.dispose()
    click.echo(f"{count} notices are new, or tell of more.")
