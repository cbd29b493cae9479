"""The few ways a request can fail, in the words of the domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldFault:
    """One fault of a body or query: where, which, and why; never the value itself."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """An answer the caller can act on; becomes application/problem+json."""

    status: ClassVar[int] = 400
    title: ClassVar[str] = "Bad request"
    default_code: ClassVar[str] = "bad-request"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: Sequence[FieldFault] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.default_code
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = extra  # further members of the body, for example `current` and `allowed`


class Unauthenticated(Problem):
    status, title, default_code = 401, "Sign in first", "unauthenticated"

    def __init__(self, detail: str = "no valid credential", **more: Any) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"}, **more)


class Forbidden(Problem):
    status, title, default_code = 403, "Not allowed", "forbidden"


class NotFound(Problem):
    """Absent, or hidden from this actor: the two must look alike."""

    status, title, default_code = 404, "Not found", "not-found"

    def __init__(self, detail: str = "no such record", **more: Any) -> None:
        super().__init__(detail, **more)


class Conflict(Problem):
    status, title, default_code = 409, "Conflict with the current state", "conflict"


class Stale(Problem):
    status, title, default_code = 412, "The record has changed", "stale"


class TimedOut(Problem):
    status, title, default_code = 408, "Too slow", "request-timeout"


class TooLarge(Problem):
    status, title, default_code = 413, "Too large", "too-large"


class TargetTooLong(Problem):
    status, title, default_code = 414, "URI too long", "uri-too-long"


class WrongMediaType(Problem):
    status, title, default_code = 415, "Unsupported media type", "unsupported-media-type"


class Invalid(Problem):
    status, title, default_code = 422, "Not valid", "invalid"


class PreconditionRequired(Problem):
    status, title, default_code = 428, "Precondition required", "precondition-required"


class TooMany(Problem):
    status, title, default_code = 429, "Too many requests", "too-many-requests"


class HeadTooLarge(Problem):
    status, title, default_code = 431, "Headers too large", "headers-too-large"


LOST = "the database did not answer; try again"


class Unavailable(Problem):
    status, title, default_code = 503, "Try again later", "unavailable"

    def __init__(self, detail: str, *, retry_after: int = 1, **more: Any) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)}, **more)


class Uncertain(Unavailable):
    """The connection broke at the commit: whether it took place is for the caller to find out."""

    default_code = "uncertain"


def invalid(pointer: str, code: str, detail: str) -> Invalid:
    """A body that parses but breaks one rule at one place."""
    return Invalid(detail, errors=[FieldFault(pointer, code, detail)])
