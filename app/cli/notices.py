"""What operators do where no process tells of readings by itself."""

import click

from app.core.settings import Settings
from app.main import open_house
from app.registry.readings.watch import watch_of


@click.command("notices")
def notices() -> None:
    """Tell of readings out of the ordinary, as far as the signed log has come."""
    count = watch_of(open_house(Settings())).drain()
    click.echo(f"{count} notices are new, or tell of more.")
