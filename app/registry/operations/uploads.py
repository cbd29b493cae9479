"""What a request hands in as a group: JSON, a form with a file, or the bare file."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.core.bodies import UPLOAD, WORKBOOK
from app.registry.operations.intake import ManifestFile
from app.registry.operations.schemas import ArrivalsIn, ManifestIn
from app.registry.operations.sheet import MOST_BYTES

FILE = {"schema": {"type": "string", "format": "binary"}}
BARE = "of a bare file only; a form or JSON says it in the body"


class InMemory(MultiPartParser):
    """A file of names is never spooled to a disk that nobody encrypts."""

    spool_max_size = MOST_BYTES + 1024


async def handed_in(
    request: Request,
    dry_run: Annotated[bool | None, Query(description=BARE)] = None,
    lead_worker_id: Annotated[UUID | None, Query(description=BARE)] = None,
    confirm_duplicates: Annotated[bool | None, Query(description=BARE)] = None,
) -> ArrivalsIn | ManifestFile:
    """Bytes and options; the file is read behind the guard, not here."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await request.body()
    beside = {
        "dry_run": dry_run,
        "lead_worker_id": lead_worker_id,
        "confirm_duplicates": confirm_duplicates,
    }
    said = {name: value for name, value in beside.items() if value is not None}
    if kind in UPLOAD[1:]:
        name = "bare.xlsx" if kind == WORKBOOK else "bare.csv"
        return ManifestFile(body, name, ManifestIn.model_validate(said))
    if said:  # a dry run that was asked for in the wrong place must not turn out a real one
        raise RequestValidationError([fault("extra_forbidden", name, at="query") for name in said])
    if kind == UPLOAD[0]:
        return await from_form(request)
    try:
        return ArrivalsIn.model_validate(await request.json())
    except ValidationError as failure:  # before the next, for it is a ValueError too
        raise RequestValidationError(in_body(failure)) from None
    except ValueError:
        raise RequestValidationError([fault("json_invalid")]) from None


async def from_form(request: Request) -> ManifestFile:
    parser = InMemory(request.headers, request.stream(), max_files=1, max_fields=10)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError):
        raise RequestValidationError([fault("malformed-form")]) from None
    try:
        fields: dict[str, Any] = dict(form.multi_items())
        file = fields.pop("file", None)
        if not isinstance(file, UploadFile):
            raise RequestValidationError([fault("missing", "file")])
        options = ManifestIn.model_validate(fields)
        return ManifestFile(await file.read(), file.filename or "", options)
    except ValidationError as failure:
        raise RequestValidationError(in_body(failure)) from None
    finally:
        await form.close()


def in_body(failure: ValidationError) -> list[dict[str, Any]]:
    """Where and which rule, with its bounds; what was sent stays behind."""
    found = failure.errors(include_input=False, include_url=False)
    return [{**error, "loc": ("body", *error["loc"])} for error in found]


def fault(code: str, *place: str, at: str = "body") -> dict[str, Any]:
    return {"type": code, "loc": (at, *place)}


def described() -> dict[str, Any]:
    """The bodies, for OpenAPI; what the members are made of is described with people."""
    form = schema(ManifestIn)
    form["properties"]["file"] = FILE["schema"]
    form["required"] = ["file"]
    bodies: dict[str, Any] = {"application/json": {"schema": schema(ArrivalsIn)}}
    bodies["multipart/form-data"] = {"schema": form}
    bodies |= {kind: FILE for kind in UPLOAD[1:]}
    return {"requestBody": {"required": True, "content": bodies}}


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """Its own parts stand inside it, for a place of their own only routes can give."""
    whole = model.model_json_schema(ref_template="#/components/schemas/{model}")
    parts = whole.pop("$defs", {})
    for field in whole["properties"].values():
        name = field.get("items", {}).get("$ref", "").rpartition("/")[2]
        if name in parts:
            field["items"] = parts[name]
    return whole
