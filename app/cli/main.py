"""The `casework` command."""

import json
import sys
from pathlib import Path
from signal import SIGTERM, signal

import click
from sqlalchemy import make_url

from app.cli.audit import audit
from app.cli.commands import OPERATOR, Commands
from app.cli.demo import SMALL, load_demo
from app.cli.demo_staff import is_demo, renew
from app.cli.instruments import instruments
from app.cli.intake import intake_command
from app.cli.keys import keys
from app.cli.migrating import draft, migrate
from app.cli.notices import notices
from app.cli.serving import serve
from app.cli.users import units, users
from app.core.logs import configure
from app.core.memory import give_back
from app.core.settings import Settings
from app.main import build, create_app, open_house
from app.safeguards.access.policy import POLICY
from app.safeguards.access.printed import printed

SIGN_INS = Path("var/demo-sign-ins.json")


@click.group(cls=Commands)
def main() -> None:
    """Casework: case management for people returned from conflict zones."""


main.add_command(intake_command)


@main.command("migrate")
@click.option("--to", default="head", show_default=True)
def migrate_command(to: str) -> None:
    """Bring the database to the current shape."""
    migrate(Settings(), to)


@main.command("migration", hidden=True)
@click.argument("message")
def migration_command(message: str) -> None:
    """For developers: draft the next migration from what the models declare."""
    click.echo(str(draft(message)))


@main.command()
@click.option("--host", default=None)
@click.option("--port", type=int, default=None)
@click.option("--demo/--no-demo", default=None, help="fictional population in an empty database")
def run(host: str | None, port: int | None, demo: bool | None) -> None:
    """Serve; on SQLite, create and migrate the database first."""
    give_back()
    given = {"host": host, "port": port}
    settings = Settings.model_validate(
        Settings().model_dump()
        | {name: value for name, value in given.items() if value is not None}
    )
    settings.check()
    configure(settings.log_level)
    if make_url(settings.database_url).get_backend_name() == "sqlite" or settings.migration_url:
        migrate(settings)
    house = open_house(settings, serves=True)
    if demo is not False and settings.loopback and load_demo(house, OPERATOR, SIGN_INS):
        click.echo("An empty database: loaded the fictional demo population.")
    elif demo:
        raise click.ClickException("the demo is for an empty database on a loopback address")
    app = create_app(settings, house)
    if settings.shows_api:
        place = f"http://{settings.host}:{settings.port}/docs"
        click.echo(f"API docs: {place} (works without internet)")
    if is_demo(house) and SIGN_INS.exists():
        renew(house, SIGN_INS)
        click.echo(f"Demo sign-ins (also in {SIGN_INS}):")
        for role, one in json.loads(SIGN_INS.read_text()).items():
            click.echo(f"  {role:26} {one['username']:32} {one['password']}")
    # The server raises the signal anew once it has stopped in good order: that is no failure.
    signal(SIGTERM, lambda *_: sys.exit(0))
    serve(app, settings)


@main.command()
@click.option("--people", type=click.IntRange(1, 1_000_000), default=SMALL, show_default=True)
def demo(people: int) -> None:
    """Load the fictional population into an empty database."""
    settings = Settings()
    settings.check()
    if not settings.loopback:
        raise click.ClickException("CASEWORK_HOST: the demo is for a loopback address only")
    with click.progressbar(length=people, label="People") as bar:
        staff = load_demo(open_house(settings), OPERATOR, SIGN_INS, people, bar.update)
    if staff is None:
        raise click.ClickException("the database holds other data; the demo needs an empty one")
    click.echo(f"Loaded {people} fictional people. Sign-ins: {SIGN_INS}")
    click.echo("A server that runs on this database knows it after its next start.")


@main.command()
def openapi() -> None:
    """Print the OpenAPI file."""
    app = build(Settings())
    click.echo(json.dumps(app.openapi(), indent=2, ensure_ascii=False))


@main.command()
def policy() -> None:
    """Print who may see and do what: class, role, relationship and rights."""
    click.echo(printed(POLICY), nl=False)


main.add_command(audit)
main.add_command(instruments)
main.add_command(notices)
main.add_command(keys)
main.add_command(users)
main.add_command(units)
