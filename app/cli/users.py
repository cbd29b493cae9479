"""`casework users` and `casework units`: staff accounts, for whoever looks after the machine.

The first administrator comes into being this way: `casework users add NAME --role administrator`.
Everything after that can be done over HTTP; these commands remain for when nobody can sign in.
Each leaves its events on record, as the operator's.
"""

import sys
from typing import Any
from uuid import UUID

import click

from app.cli.commands import OPERATOR
from app.core.errors import invalid
from app.core.settings import Settings
from app.main import open_house
from app.registry.staff import service
from app.registry.staff.models import Unit, User
from app.registry.staff.schemas import ReasonIn, UnitIn, UserChange, UserIn
from app.safeguards.access.policy import ROLES
from app.safeguards.guard.carrying import operator_work
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.unit_of_work import UnitOfWork

reason = click.option("--reason", required=True, help="kept with the account's history")


@click.group()
def users() -> None:
    """Staff accounts."""


@click.group()
def units() -> None:
    """District offices, centres and agencies."""


@users.command("add")
@click.argument("username")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--name", default="", help="as colleagues read it")
@click.option("--unit", default=None, help="code or id; an administrator needs none")
@click.option("--password-stdin", is_flag=True, help="read the password from standard input")
def add(username: str, role: str, name: str, unit: str | None, password_stdin: bool) -> None:
    """Add a user; the first administrator comes into being this way."""
    house = open_house(Settings())
    password = asked(password_stdin)
    unit_id = None
    if unit is not None:
        with operator_work(house, OPERATOR, Permit("unit.read")) as work:
            unit_id = the_unit(work, unit)
    given = UserIn(
        username=username,
        display_name=name or username,
        role=role,
        unit_id=unit_id,
        password=password,
    )
    with operator_work(house, OPERATOR, Permit("user.add")) as work:
        written = service.add_user(work, given)
    click.echo(f"{written.id}  {username}  {role}")


@users.command("list")
def listed() -> None:
    """Who works here, and who no longer does."""
    house = open_house(Settings())
    with operator_work(house, OPERATOR, Permit("user.read")) as work:
        rows = work.find(User, order=("username",), limit=10_000)
    for row in rows:
        state = "pending" if row["pending"] else row["kind"]
        state = "disabled" if row["disabled_at"] else state
        click.echo(f"{row['id']}  {row['username']:32} {row['role']:26} {state}")


@users.command("disable")
@click.argument("username")
@reason
def disable(username: str, reason: str) -> None:
    """End every session, and let nobody sign in by this name."""
    house = open_house(Settings())
    with operator_work(house, OPERATOR, Permit("user.change")) as work:
        user = the_user(work, username)
        service.change_user(work, user["id"], UserChange(disabled=True, reason=reason))
    click.echo(f"{username} is disabled")


@users.command("unlock")
@click.argument("username")
@reason
def unlock(username: str, reason: str) -> None:
    """For who was away so long that the account was locked, and no administrator is left."""
    house = open_house(Settings())
    given = ReasonIn(reason=reason)
    with operator_work(house, OPERATOR, Permit("user.unlock")) as work:
        service.unlock(work, the_user(work, username)["id"], given.reason)
    click.echo(f"{username} may sign in again")


@users.command("reset-second-factor")
@click.argument("username")
@reason
def reset_second_factor(username: str, reason: str) -> None:
    """For who lost the telephone and the recovery codes; make sure first that it is them."""
    house = open_house(Settings())
    given = ReasonIn(reason=reason)
    with operator_work(house, OPERATOR, Permit("user.reset_second_factor")) as work:
        service.reset_second_factor(work, the_user(work, username)["id"], given.reason)
    click.echo(f"{username} signs in by password alone until another second factor is enrolled")


@users.command("reset-password")
@click.argument("username")
@reason
def reset_password(username: str, reason: str) -> None:
    """Print a password for one sign-in, in which the user must set another."""
    house = open_house(Settings())
    given = ReasonIn(reason=reason)
    with operator_work(house, OPERATOR, Permit("user.reset_password")) as work:
        password = service.reset_password(work, the_user(work, username)["id"], given.reason)
    click.echo(password)


@units.command("add")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--jurisdiction", required=True, help="the code of a file of practice")
def add_unit(code: str, name: str, jurisdiction: str) -> None:
    """Add a unit."""
    house = open_house(Settings())
    given = UnitIn(code=code, name=name, jurisdiction=jurisdiction)
    with operator_work(house, OPERATOR, Permit("unit.add")) as work:
        written = service.add_unit(work, given)
    click.echo(f"{written.id}  {code}")


def asked(stdin: bool) -> str:
    """Never an argument: arguments are seen by every process of the machine."""
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def the_user(work: UnitOfWork, username: str) -> dict[str, Any]:
    found = work.find(User, lambda u: u.c.username == username)
    if not found:
        raise invalid("/username", "unknown", "nobody has this user name")
    return found[0]


def the_unit(work: UnitOfWork, unit: str) -> UUID:
    found = work.find(Unit, lambda u: u.c.code == unit) or work.find(Unit, lambda u: by_id(u, unit))
    if not found:
        raise invalid("/unit", "unknown", "no unit has this code or id")
    unit_id: UUID = found[0]["id"]
    return unit_id


def by_id(rows: Any, text: str) -> Any:
    try:
        return rows.c.id == UUID(text)
    except ValueError:
        return rows.c.id.is_(None)
