"""`casework intake`: a passenger manifest, tried first, then loaded by a named member of staff."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import select

from app.core.db import table
from app.core.errors import Problem
from app.core.settings import Settings
from app.core.transactions import transaction
from app.main import open_house
from app.registry.operations.intake import ManifestFile, Rehearsal, load, rehearse
from app.registry.operations.lines import LineProblem
from app.registry.operations.models import Operation
from app.registry.operations.routes import OnOperation
from app.registry.operations.schemas import ManifestIn
from app.registry.operations.sheet import MOST_BYTES
from app.registry.staff.models import User
from app.safeguards.guard.calls import House
from app.safeguards.guard.carrying import operator_work
from app.safeguards.guard.mark import Permit
from app.safeguards.identity.caller import Caller, named


@click.command("intake")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--operation", "code", required=True, help="code of the operation they came with")
@click.option("--as", "username", default=None, help="who loads it; by default who leads")
@click.option("--lead", default=None, help="user name of who leads the cases")
@click.option("--commit", is_flag=True, help="load it; without this it is only tried")
@click.option("--confirm-duplicates", is_flag=True, help="load whom may have arrived already, too")
def intake_command(
    file: Path,
    code: str,
    username: str | None,
    lead: str | None,
    commit: bool,
    confirm_duplicates: bool,
) -> None:
    """Take in a group from a manifest (CSV or XLSX): try it, tell what is wrong, then load it."""
    acting = username or lead
    if acting is None:
        raise click.UsageError("name who loads it: --as USERNAME")
    house = open_house(Settings())
    caller = member_of_staff(house, acting)
    options = ManifestIn(
        dry_run=not commit,
        lead_worker_id=member_of_staff(house, lead).id if lead else None,
        confirm_duplicates=confirm_duplicates,
    )
    with file.open("rb") as opened:
        given = ManifestFile(opened.read(MOST_BYTES + 1), file.name, options)
    with told_in_one_line():
        operation = operation_called(house, caller, code)
        mark = OnOperation("operation.receive")
        with operator_work(house, caller, mark, operation) as work:
            rehearsal = rehearse(work, given)
            made = load(work, rehearsal) if commit and rehearsal.loadable else []
    report(rehearsal)
    if not rehearsal.loadable:
        raise click.exceptions.Exit(1)
    if commit:
        click.echo(f"Loaded: {len(made)} people, each with a case of their own.")
    else:
        click.echo("Nothing was written; load it with --commit.")


def member_of_staff(house: House, username: str) -> Caller:
    users = table(User)
    with transaction(house.engine) as db:
        found = db.execute(select(users.c.id).where(users.c.username == username)).scalar()
        caller = named(db, found) if found else None
    if caller is None:
        raise click.ClickException("nobody on the staff has this user name, or they are disabled")
    return caller


def operation_called(house: House, caller: Caller, code: str) -> UUID:
    with operator_work(house, caller, Permit("operation.read")) as work:
        found = work.find(Operation, lambda o: o.c.code == code)
    if not found:
        raise click.ClickException("no operation within reach of this user has this code")
    operation: UUID = found[0]["id"]
    return operation


@contextmanager
def told_in_one_line() -> Iterator[None]:
    try:
        yield
    except Problem as problem:
        raise click.ClickException(f"{problem.detail} ({problem.code})") from None


def report(rehearsal: Rehearsal) -> None:
    """A row a problem, then the totals; never what a cell holds."""
    if rehearsal.problems:
        click.echo(f"{'line':>6}  {'column':16}  {'severity':8}  problem")
    for found in rehearsal.problems:
        click.echo(row_of(found))
    errors = len(rehearsal.errors)
    told = rehearsal.told()["would_create"]
    click.echo(
        f"{rehearsal.lines} lines, {errors} errors, {len(rehearsal.problems) - errors} warnings; "
        f"{told['people']} people, {told['cases']} cases, {told['households']} households"
    )
    if rehearsal.met_before and not rehearsal.confirmed:
        click.echo("Some may have arrived already: look, then say --confirm-duplicates.")


def row_of(found: LineProblem) -> str:
    return (
        f"{found.line:6}  {found.column or '':16}  {found.severity:8}  "
        f"{found.detail} ({found.code})"
    )
