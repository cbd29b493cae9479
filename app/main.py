"""Builds the ASGI application and lists its routers."""

import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, Response

from app import casework
from app.core import problems
from app.core.api_pages import api_pages, describe_security
from app.core.edge import Edge
from app.core.engine import open_engine, transaction
from app.core.installation import DATA_CLASS, SYNTHETIC, fact
from app.core.lanes import Lanes
from app.core.settings import Settings
from app.insight.routes import router as insight
from app.registry.cases.routes import router as cases
from app.registry.cases.track_routes import router as tracks
from app.registry.households.routes import router as households
from app.registry.operations.routes import router as operations
from app.registry.people.routes import router as people
from app.registry.staff.routes import router as staff
from app.registry.staff.sign_in import public
from app.registry.staff.sign_in import router as account
from app.safeguards.guard.carrying import House
from app.safeguards.guard.kinds import examine_kinds
from app.safeguards.vault.keys import open_vault

ROUTERS = (
    account,
    staff,
    people,
    households,
    operations,
    cases,
    tracks,
    *casework.ROUTERS,
    insight,
)
UNGUARDED = (public,)
platform = APIRouter(tags=["platform"])
PUBLIC = {"x-action": "public", "x-public-because": "load balancers have no token"}


@asynccontextmanager
async def running(app: FastAPI) -> AsyncGenerator[None]:
    """Lanes run as long as the application does."""
    app.state.lanes.start()
    gc.collect()
    gc.freeze()  # what start-up made is here to stay: no collection looks at it again
    yield
    app.state.lanes.stop()


def open_house(settings: Settings, engine: Engine | None = None) -> House:
    """The database and the keys, or a refusal that says what is unsafe."""
    settings.check()
    examine_kinds()
    engine = engine or open_engine(
        settings.database_url, settings.database_key_file, settings.lanes + 2
    )
    database = engine.url.database or ""
    known = settings.master_key_file.with_suffix(".made")
    vault = open_vault(settings.master_key_file, known)
    if not known.exists():
        known.touch(0o600)  # from now on a missing key is a lost key, and never made anew
    assert database
    return House(engine, vault, settings)


def create_app(settings: Settings | None = None, house: House | None = None) -> FastAPI:
    settings = settings or Settings()
    house = house or open_house(settings)
    app = FastAPI(
        title="Casework",
        version="1",
        description="Case management for people returned from conflict zones",
        lifespan=running,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.house = house
    app.state.lanes = Lanes[Any](settings.lanes, settings.queue)
    with transaction(house.engine) as db:
        synthetic = fact(db, DATA_CLASS) == SYNTHETIC
    problems.install(app)
    for router in (*UNGUARDED, *ROUTERS):
        app.include_router(router, prefix="/v1")
    app.include_router(platform)
    app.include_router(api_pages())
    describe_security(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.trusted_hosts)
    app.add_middleware(
        Edge,
        most=settings.max_body_bytes,
        most_upload=settings.max_upload_bytes,
        forms=("/v1/token", "/v1/token/revoke"),
        uploads=("/arrivals",),
        synthetic=lambda: synthetic,
    )
    return app


@platform.get("/healthz", openapi_extra=PUBLIC)
async def alive() -> dict[str, str]:
    """The process answers; says nothing of the database."""
    return {"status": "alive"}


@platform.get("/readyz", openapi_extra=PUBLIC)
async def ready(request: Request) -> Response:
    """The database answers within its time-out."""

    def ask() -> bool:
        try:
            with request.app.state.house.engine.connect() as db:
                return bool(db.execute(text("SELECT 1")).scalar())
        except DBAPIError:
            return False

    fine = await request.app.state.lanes.run(ask)
    return JSONResponse({"status": "ready" if fine else "unavailable"}, 200 if fine else 503)
