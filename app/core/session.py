"""What each session on PostgreSQL begins with: sent by us, or set for the role behind a pooler.

A pooler of transactions (PgBouncer) hands the same session to one client after another. It takes
no settings from a client, and what one client sets or prepares there, another finds. So behind it
the settings belong to the role, and nothing is prepared.
"""

from collections.abc import Callable
from typing import Any, cast

from sqlalchemy import Connection, text

from app.core import server_log

WANTED = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "jit": "off",
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    **server_log.SESSION,
}
OPTIONS = " ".join(f"-c {name}={value}" for name, value in WANTED.items())
# Told in other words: DateStyle with an order of fields, times in milliseconds.
ALSO: dict[str, Callable[[str], bool]] = {
    "timezone": lambda told: told in ("UTC", "Etc/UTC"),
    "datestyle": lambda told: told.startswith("ISO"),
    "statement_timeout": lambda told: told != "0",
    "lock_timeout": lambda told: told != "0",
}


def missing(connection: Connection) -> list[str]:
    """The statements that would set what this session has not, or would lose when it is reset."""
    query = text(
        "SELECT lower(name), setting, reset_val FROM pg_settings WHERE lower(name) = ANY(:names)"
    )
    role = connection.execute(text("SELECT quote_ident(current_user)")).scalar_one()
    return sorted(
        f"ALTER ROLE {role} SET {name} = '{WANTED[name]}'"
        for name, *values in connection.execute(query, {"names": list(WANTED)})
        if not all(fits(name, value) for value in values)
    )


def fits(name: str, told: str) -> bool:
    return ALSO[name](told) if name in ALSO else told == WANTED[name]


def pooled(connection: Connection) -> bool:
    """Whether somebody stands between us and the server: then the process is not who greeted us."""
    driver = cast(Any, connection.connection.driver_connection)
    serving = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return bool(driver.info.backend_pid != serving)
