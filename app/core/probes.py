"""What load balancers and scrapers ask: whether it lives, whether it is ready, and how it does."""

from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.core.metrics import MEDIA_TYPE
from app.core.problems import PROBLEM_CONTENT
from app.core.settings import is_loopback
from app.core.transactions import at_hand, transaction

platform = APIRouter(tags=["platform"])
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
PUBLIC = {"x-action": "public", "x-public-because": "load balancers have no token"}


@platform.get("/healthz", openapi_extra=PUBLIC)
async def alive() -> dict[str, str]:
    """The process answers; says nothing of the database."""
    return {"status": "alive"}


UNREADY: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}, **PROBLEM_CONTENT}


@platform.get(
    "/readyz",
    openapi_extra=PUBLIC,
    responses={503: {"description": "The database does not answer", "content": UNREADY}},
)
async def ready(request: Request) -> Response:
    """The database answers within its time-out."""

    def ask() -> bool:
        try:
            engine = request.app.state.house.engine
            # On SQLite a second connection would wait for the first one's commit.
            mine = at_hand(engine) is not None
            with transaction(engine) if mine else engine.connect() as db:
                return bool(db.execute(text("SELECT 1")).scalar())
        except SQLAlchemyError:
            return False

    fine = await request.app.state.lanes.run(ask)
    if fine:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "unavailable"}, 503, {"Retry-After": "1"})


@platform.get(
    "/metrics",
    openapi_extra={
        "x-action": "public",
        "x-public-because": "counts without names, for a scraper on this machine; else 404",
    },
    response_class=Response,
    responses={"4XX": {"description": "Not for this peer", "content": PROBLEM_CONTENT}},
)
async def metrics(request: Request) -> Response:
    """Counts of this worker, for Prometheus; told on the loopback interface alone."""
    state, peer = request.app.state, request.client.host if request.client else ""
    # Behind a proxy on this machine everybody has a loopback address: what was forwarded is not.
    forwarded = any(name in request.headers for name in FORWARDED)
    if not state.metrics_for_loopback or forwarded or not is_loopback(peer):
        raise HTTPException(404)  # as an unknown path does
    return Response(state.metrics.text(), media_type=MEDIA_TYPE)
