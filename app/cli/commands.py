"""What every command has in common: who acts, and how a refusal is told."""

from typing import Any
from uuid import UUID

import click
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError

from app.core.datafile import DataFileError
from app.core.engine import UnsafeDatabase
from app.core.errors import Problem
from app.core.key_file import UnsafeKey
from app.core.settings import UnsafeSettings
from app.safeguards.audit.sink import UnsafeSink
from app.safeguards.identity.caller import Caller

# Whoever can run a command holds the database and its keys. What they do is on record all the same.
OPERATOR = Caller(UUID(int=1), "operator", "administrator", None, None)
EXPECTED = (UnsafeSettings, UnsafeDatabase, UnsafeKey, UnsafeSink, DataFileError, ArgumentError)


class Commands(click.Group):
    """What an operator can mend is told in one line, not in a stack of calls."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except EXPECTED as refusal:
            raise click.ClickException(str(refusal)) from None
        except Problem as problem:
            raise click.ClickException(told(problem)) from None
        except ValidationError as refusal:
            names = ", ".join(".".join(map(str, e["loc"])) for e in refusal.errors())
            raise click.ClickException(f"not valid: {names}") from None


def told(problem: Problem) -> str:
    faults = [f"{fault.pointer.strip('/')}: {fault.detail}" for fault in problem.errors]
    return "; ".join(faults) or problem.detail
