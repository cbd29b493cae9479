"""A try to come in, and the words in which OAuth 2 (RFC 6749) has it refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.core.values import now
from app.safeguards.guard.circumstances import Circumstances


class Refused(Exception):
    """An error as OAuth 2 prescribes; the same for an unknown user and a wrong password."""

    def __init__(
        self,
        error: str,
        why: str,
        status: int = 400,
        *,
        headers: Mapping[str, str] | None = None,
        description: str | None = None,
    ) -> None:
        super().__init__(error)
        self.error, self.why, self.status = error, why, status
        self.headers, self.description = dict(headers or {}), description


# What is wrong with a form, for who wrote the client; of names and secrets nothing is told.
FORM = {
    "query": "parameters go into the form, never into the URL",
    "repeated": "a parameter is given twice",
    "form": "the form is not UTF-8, or has too many parameters",
    "incomplete": "a parameter that this grant needs is missing or empty",
    "authenticates twice": "the secret is in the header and in the form",
    "grant": "grant_type is password, refresh_token or client_credentials",
}


def unfit(why: str, error: str = "invalid_request") -> Refused:
    return Refused(error, why, description=FORM[why])


def no_client(why: str) -> Refused:
    challenge = {"WWW-Authenticate": 'Basic realm="casework"'}  # RFC 6749 §5.2
    return Refused("invalid_client", why, 401, headers=challenge)


@dataclass(frozen=True)
class Attempt:
    form: Mapping[str, str]
    request_id: UUID
    address: str
    basic: tuple[str, str] | None = None  # client id and secret of an Authorization header
    fault: Refused | None = None  # of the form itself
    at: datetime = field(default_factory=now)
    made: list[Circumstances] = field(default_factory=list)  # of its events


@dataclass(frozen=True)
class Claim:
    """Somebody says who they are, and with what; `wrong` is the answer to any doubt."""

    username: str
    password: str
    wrong: Callable[[str], Refused]
    clients_only: bool
