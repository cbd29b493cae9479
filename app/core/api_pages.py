"""The interactive description of the API at /docs, all of whose files we serve ourselves."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import FileResponse, Response

from app.core.errors import NotFound
from app.core.problems import PROBLEM_CONTENT, PROBLEM_SCHEMA
from app.core.shared_problems import share

OURS = Path(__file__).with_name("static")
PAGE = OURS / "docs.html"
TYPES = {".css": "text/css", ".js": "text/javascript", ".png": "image/png"}
PUBLIC = {"x-action": "public", "x-public-because": "it describes the API and shows no data"}
# Nothing from elsewhere, nothing inline: the page works without internet and runs our files alone.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

SCHEMES = {
    "sign-in": {
        "type": "oauth2",
        "description": "With a second factor, ask POST /v1/token and give the token.",
        "flows": {
            "password": {"tokenUrl": "/v1/token", "refreshUrl": "/v1/token", "scopes": {}},
            "clientCredentials": {"tokenUrl": "/v1/token", "scopes": {}},
        },
    },
    "token": {"type": "http", "scheme": "bearer"},
}


def assets() -> dict[str, Path]:
    """Name → file: two of our own, the rest from the installed package, which is not imported."""
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("fastapi-offline is not installed: run `make install`")
    theirs = Path(spec.origin).with_name("static")
    names = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon.png")
    found = {"docs.js": OURS / "docs.js", **{name: theirs / name for name in names}}
    if missing := sorted(name for name, file in found.items() if not file.is_file()):
        raise RuntimeError(f"the files of the API pages are incomplete: {', '.join(missing)}")
    return found


def api_pages() -> APIRouter:
    router, files = APIRouter(tags=["platform"]), assets()

    @router.get("/docs", openapi_extra=PUBLIC, response_class=Response)
    async def docs() -> Response:
        """This page."""
        return FileResponse(
            PAGE, media_type="text/html", headers={"Content-Security-Policy": POLICY}
        )

    refused: dict[int | str, dict[str, Any]] = {
        "4XX": {"description": "No such file", "content": PROBLEM_CONTENT}
    }

    @router.get(
        "/docs/static/{name}",
        openapi_extra=PUBLIC,
        response_class=Response,
        responses=refused,
    )
    async def asset(name: str) -> Response:
        """Scripts and styles of the page; they change with a release alone."""
        if name not in files:
            raise NotFound()
        headers = {"Cache-Control": "public, max-age=3600"}
        return FileResponse(files[name], media_type=TYPES[files[name].suffix], headers=headers)

    return router


def forget_defaults(schema: dict[str, Any], components: dict[str, Any]) -> None:
    """What a merge-patch leaves out stays as it is, whatever a model puts in its place."""
    name = schema["$ref"].rpartition("/")[2]
    for one in components["schemas"][name]["properties"].values():
        one.pop("default", None)


def state_text(parameters: list[dict[str, Any]]) -> None:
    """What a query may not hold, wherever it is free text; see `examine` in the guard's router."""
    for one in parameters:
        for form in one["schema"].get("anyOf", [one["schema"]]):
            free = form.get("type") == "string" and not form.keys() & {"format", "enum", "pattern"}
            if one["in"] == "query" and free:
                form["pattern"] = r"^[^\u0000\ufffd]*$"


def complete_description(app: FastAPI) -> None:
    """Says in the OpenAPI file, and so on the page, what routes cannot say by themselves: what
    opens what is not public, how a problem looks, and that a change is a merge-patch."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = plain()
            components = found.setdefault("components", {})
            components["securitySchemes"] = SCHEMES
            components.setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
            components["responses"] = share(found["paths"])
            for operations in found["paths"].values():
                for method, operation in operations.items():
                    if method == "patch":
                        content = operation["requestBody"]["content"]
                        content["application/merge-patch+json"] = content["application/json"]
                        forget_defaults(content["application/json"]["schema"], components)
                    state_text(operation.get("parameters", []))
                    if operation.get("x-action") != "public":
                        operation["security"] = [{name: []} for name in SCHEMES]
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]
