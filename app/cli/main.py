"""The `casework` command."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import uvicorn
from pydantic import ValidationError
from sqlalchemy import make_url

from app.cli.demo import SMALL, load_demo
from app.cli.intake import intake_command
from app.cli.migrating import migrate
from app.core.datafile import DataFileError
from app.core.engine import UnsafeDatabase
from app.core.key_file import UnsafeKey
from app.core.settings import Settings, UnsafeSettings
from app.main import create_app, open_house
from app.registry.staff.schemas import UserIn
from app.registry.staff.service import add_user
from app.safeguards.access.policy import POLICY, ROLES
from app.safeguards.guard.carrying import operator_work
from app.safeguards.guard.mark import Permit
from app.safeguards.identity.caller import Caller

OPERATOR = Caller(UUID(int=1), "operator", "administrator", None, None)
SIGN_INS = Path("var/demo-sign-ins.json")
EXPECTED = (UnsafeSettings, UnsafeDatabase, UnsafeKey, DataFileError)


class Commands(click.Group):
    """What an operator can mend is told in one line, not in a stack of calls."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except EXPECTED as refusal:
            raise click.ClickException(str(refusal)) from None
        except ValidationError as refusal:
            names = ", ".join(".".join(map(str, e["loc"])) for e in refusal.errors())
            raise click.ClickException(f"not valid: {names}") from None


@click.group(cls=Commands)
def main() -> None:
    """Casework: case management for people returned from conflict zones."""


main.add_command(intake_command)


@main.command("migrate")
@click.option("--to", default="head", show_default=True)
def migrate_command(to: str) -> None:
    """Bring the database to the current shape."""
    migrate(Settings(), to)


@main.command()
@click.option("--host", default=None)
@click.option("--port", type=int, default=None)
@click.option("--demo/--no-demo", default=None, help="fictional population in an empty database")
def run(host: str | None, port: int | None, demo: bool | None) -> None:
    """Serve; on SQLite, create and migrate the database first."""
    given = {"host": host, "port": port}
    settings = Settings.model_validate(
        Settings().model_dump()
        | {name: value for name, value in given.items() if value is not None}
    )
    settings.check()
    if make_url(settings.database_url).get_backend_name() == "sqlite" or settings.migration_url:
        migrate(settings)
    house = open_house(settings)
    if demo is not False and settings.loopback and load_demo(house, OPERATOR, SIGN_INS):
        click.echo("An empty database: loaded the fictional demo population.")
    elif demo:
        raise click.ClickException("the demo is for an empty database on a loopback address")
    app = create_app(settings, house)
    click.echo(f"API docs: http://{settings.host}:{settings.port}/docs (works without internet)")
    if SIGN_INS.exists():
        click.echo(f"Demo sign-ins (also in {SIGN_INS}):")
        for role, one in json.loads(SIGN_INS.read_text()).items():
            click.echo(f"  {role:26} {one['username']:32} {one['password']}")
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,  # it would print query strings
        server_header=False,
        timeout_graceful_shutdown=10,
    )


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


@main.command()
def openapi() -> None:
    """Print the OpenAPI file."""
    app = create_app(Settings())
    click.echo(json.dumps(app.openapi(), indent=2, ensure_ascii=False))


@main.command()
def policy() -> None:
    """Print who may do what: class, role, reach and rights."""
    for name, roles in POLICY.classes.items():
        for role, reaches in roles.items():
            rights = ", ".join(f"{reach}: {letters}" for reach, letters in reaches.items())
            click.echo(f"{name:20} {role:26} {rights}")


@main.group()
def users() -> None:
    """Staff accounts."""


@users.command("add")
@click.argument("username")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--name", default="")
@click.option("--unit", "unit_id", type=UUID, default=None)
@click.password_option(help="asked for when not given; never put it into a script")
def users_add(username: str, role: str, name: str, unit_id: UUID | None, password: str) -> None:
    """Add a user; the first administrator comes into being this way."""
    house = open_house(Settings())
    given = UserIn(
        username=username,
        display_name=name or username,
        role=role,
        unit_id=unit_id,
        password=password,
    )
    with operator_work(house, OPERATOR, Permit("user.add")) as work:
        written = add_user(work, given)
    click.echo(str(written.id))
