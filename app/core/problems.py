"""Every failure leaves as application/problem+json (RFC 9457), and none echoes what was sent."""

import json
import re
from datetime import date
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.core.decisions import decide
from app.core.errors import FieldFault, Invalid, Problem
from app.core.methods import Methods

MOST_FAULTS = 100  # of one request: who sends more wrong has more to mend than to read
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
MEDIA_TYPE = "application/problem+json"
UNFIT = "some fields do not fit"
TEXT = {"type": "string"}
FAULT = {name: TEXT for name in ("pointer", "code", "detail")}
REASON = {name: TEXT for name in ("code", "detail")}
PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457. A refusal for the state of a record says what would be allowed.",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        **{name: TEXT for name in ("type", "title", "code", "detail")},
        "status": {"type": "integer"},
        "request_id": {**TEXT, "format": "uuid"},
        "errors": {
            "type": "array",
            "items": {"type": "object", "required": list(FAULT), "properties": FAULT},
        },
        "current": {"description": "the state that refuses"},
        "allowed": {"type": "array", "items": TEXT},
        "unmet": {
            "type": "array",
            "items": {"type": "object", "required": list(REASON), "properties": REASON},
        },
    },
}
PROBLEM_CONTENT = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def body_of(problem: Problem, request_id: object) -> dict[str, Any]:
    faults = [
        {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}
        for fault in problem.errors
    ]
    return {
        "type": f"/problems/{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "request_id": str(request_id),
        **({"errors": faults} if faults else {}),
        **problem.extra,
    }


SAFE = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]


def refusal(problem: Problem, request_id: object) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers of its own and body of an answer that no application has a part in."""
    body = json.dumps(body_of(problem, request_id), ensure_ascii=False, default=str).encode()
    own = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    head = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(body))]
    return problem.status, [*head, *own], body


def answer(problem: Problem, request: Request) -> Response:
    body = body_of(problem, getattr(request.state, "request_id", ""))
    text = json.dumps(body, ensure_ascii=False, default=str)
    return Response(text, problem.status, problem.headers, media_type=MEDIA_TYPE)


def fault_of(error: Any) -> FieldFault:
    """Where and which rule; what was sent is left out."""
    where, *path = error["loc"]
    if error["type"] == "extra_forbidden" and not NAME.fullmatch(str(path[-1])):
        path.pop()  # what is no name may be a value: the place that holds it is enough
    steps = "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in path)
    code = error["type"].replace("_", "-")
    if code == "json-invalid" or (where == "body" and not path):
        pointer = ""  # the body as a whole
    else:
        pointer = f"/{steps}" if where == "body" else ".".join(map(str, (where, *path)))
    return FieldFault(pointer, code, detail_of(code, error))


def unknown_parameter(name: str) -> FieldFault:
    """Of a filter that this caller has not, as of one that nobody has."""
    return fault_of({"type": "unknown_parameter", "loc": ("query", name)})


def detail_of(code: str, error: Any) -> str:
    """The rule with the bounds of the schema; Pydantic's own message can hold the value."""
    if code not in DETAILS:
        ours = "-" in error["type"]  # Pydantic's own codes have none
        return str(error["msg"]) if ours and "msg" in error else UNSPOKEN
    bounds = error.get("ctx", {})
    told = {name: PYTHON_DAY.sub(day, str(bounds[name])) for name in BOUNDS if name in bounds}
    if len(told.get("expected", "")) > LONGEST_CHOICE:
        return "is none of the allowed values"
    try:
        return DETAILS[code].format_map(told)
    except KeyError:  # who found the fault does not say the bounds
        return UNSPOKEN


def day(found: re.Match[str]) -> str:
    """A bound that is a day, as people write it."""
    return date(*map(int, found.groups())).isoformat()


PYTHON_DAY = re.compile(r"datetime\.date\((\d+), (\d+), (\d+)\)")
UNSPOKEN = "does not fit what is expected here"
BOUNDS = ("min_length", "max_length", "ge", "le", "expected")  # of a schema, never of a value
LONGEST_CHOICE = 600  # letters; longer lists are in the OpenAPI file
DETAILS = {
    "missing": "is required",
    "malformed-form": "the form cannot be read",
    "extra-forbidden": "is not a field of this body",
    "json-invalid": "the body is not JSON in UTF-8, or has a name twice, or what no text holds",
    "unknown-parameter": "is not a parameter of this operation",
    "repeated-parameter": "may be given once",
    "not-text": "holds what is not text in UTF-8",
    "uuid-parsing": "is not a UUID",
    "uuid-type": "is not a UUID",
    "literal-error": "must be {expected}",
    "string-type": "is not a text",
    "string-too-long": "is too long: at most {max_length} characters",
    "string-too-short": "is too short: at least {min_length} characters",
    "string-pattern-mismatch": "does not have the expected form",
    "greater-than-equal": "must be {ge} or more",
    "less-than-equal": "must be {le} or less",
    "int-parsing": "is not a whole number",
    "int-type": "is not a whole number",
    "bool-parsing": "is neither true nor false",
    "bool-type": "is neither true nor false",
    "list-type": "is not a list",
    "too-short": "has too few entries: at least {min_length}",
    "too-long": "has too many entries: at most {max_length}",
    "model-type": "is not an object of JSON",
    "model-attributes-type": "is not an object of JSON",
    "date-type": "is not a date (YYYY-MM-DD)",
    "date-from-datetime-parsing": "is not a date (YYYY-MM-DD)",
    "date-parsing": "is not a date (YYYY-MM-DD)",
}


def install(app: FastAPI, methods: Methods) -> None:
    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> Response:
        return answer(problem, request)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, failure: RequestValidationError) -> Response:
        faults = [fault_of(error) for error in failure.errors()[:MOST_FAULTS]]
        return answer(Invalid(UNFIT, errors=faults), request)

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, failure: HTTPException) -> Response:
        """What the framework itself refuses: 404, 405, a body that does not parse."""
        status = HTTPStatus(failure.status_code)
        headers = dict(failure.headers or {})
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = methods.of(request.url.path) or named(headers.get("Allow"))
            headers["Allow"] = ", ".join(sorted(allowed))
            if request.method == "OPTIONS":  # says what the OpenAPI file says
                decide(request.scope, True)
                return Response(status_code=204, headers=headers)
        return answer(plain(status, headers), request)

    @app.exception_handler(Exception)
    async def on_defect(request: Request, failure: Exception) -> Response:
        """The framework raises it once more: the edge, which tells what it was, sees it too."""
        return answer(plain(HTTPStatus.INTERNAL_SERVER_ERROR, {}), request)


def plain(status: HTTPStatus, headers: dict[str, str]) -> Problem:
    phrase = status.phrase
    kind = type("HttpProblem", (Problem,), {"status": int(status), "title": phrase})
    code = phrase.lower().replace(" ", "-")
    problem: Problem = kind(phrase.lower(), code=code, headers=headers)
    return problem


def named(allow: str | None) -> set[str]:
    return {method.strip() for method in (allow or "").split(",") if method.strip()}
