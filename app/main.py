"""Builds the ASGI application and lists its routers."""

import gc
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, nullcontext
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from sqlalchemy import Engine, inspect

from app import casework
from app.casework.assessments.scoring.catalogue import INSTRUMENTS
from app.casework.assessments.scoring.catalogue import catalogue as instruments
from app.casework.assessments.scoring.practice import examine_instruments
from app.casework.judgements.catalogue import TOOLS, tools
from app.core import problems
from app.core.api_pages import api_pages, complete_description
from app.core.bodies import Bodies
from app.core.db import table
from app.core.edge import App, Edge
from app.core.engine import UnsafeDatabase, open_engine
from app.core.installation import DATA_CLASS, SYNTHETIC, Fact, fact
from app.core.key_file import UnsafeKey
from app.core.lanes import Lanes
from app.core.lines import Lines
from app.core.methods import Methods
from app.core.metrics import Metrics
from app.core.options import Options
from app.core.probes import platform
from app.core.rates import Rates, limit
from app.core.sealed_data import SEALS
from app.core.settings import Settings, UnsafeSettings
from app.core.transactions import held, together, transaction
from app.core.watching import Watch, templates
from app.insight.routes import router as insight
from app.registry.agreements.routes import router as agreements
from app.registry.cases.routes import router as cases
from app.registry.cases.track_routes import router as tracks
from app.registry.certificates.routes import router as certificates
from app.registry.conflicts.routes import router as conflicts
from app.registry.covers.routes import router as covers
from app.registry.erasures.routes import router as erasures
from app.registry.households.routes import router as households
from app.registry.notices.routes import router as notices
from app.registry.operations.routes import router as operations
from app.registry.overdue.watch import Overdue
from app.registry.pathways.catalogue import DATA as PRACTICE
from app.registry.people.routes import router as people
from app.registry.permissions.routes import router as permissions
from app.registry.readings.told import FILE as READINGS
from app.registry.readings.watch import watch_of
from app.registry.staff.appointment_routes import router as appointments
from app.registry.staff.own_account import router as account
from app.registry.staff.routes import router as staff
from app.registry.staff.sign_in import public
from app.safeguards.access.offices import TABLE as OFFICES
from app.safeguards.access.policy import TABLE as RIGHTS
from app.safeguards.audit.sequencer import examine_log_beside, open_sequencer
from app.safeguards.audit.sink import UnsafeSink, open_sink
from app.safeguards.guard.calls import House
from app.safeguards.guard.configuring import note_configuration, record_begun
from app.safeguards.guard.erasing import erase_again
from app.safeguards.guard.examined import examine_routes, public_handlers
from app.safeguards.guard.express import Express
from app.safeguards.guard.insisted import examine_refusals
from app.safeguards.guard.kinds import examine_kinds
from app.safeguards.guard.memory import Remembered
from app.safeguards.guard.row_security import examine_walls
from app.safeguards.identity.passwords import bound
from app.safeguards.vault.keys import Vault
from app.safeguards.vault.ledger import Ledger
from app.safeguards.vault.opening import open_vault, source_of

APP = Path(__file__).parent
log = logging.getLogger("casework.vault")
# What is asked for most stands first: routes are tried in this order.
ROUTERS = (
    *casework.ROUTERS,
    *(cases, tracks, people, households, operations, account),
    *(agreements, appointments, certificates, conflicts, covers, erasures),
    *(notices, permissions, staff, insight),
)
UNGUARDED = (public,)
COLLECT = (10_000, 20, 20)  # a request makes some hundreds of objects and hardly a cycle


@asynccontextmanager
async def running(app: FastAPI) -> AsyncGenerator[None]:
    """Lanes run as long as the application does; that it starts is on record, whoever starts it."""
    note_configuration(app.state.house, judged_by())
    app.state.lanes.start()
    if app.state.lines is not None:
        await app.state.lines.start()
    app.state.doors.start()
    for beside in app.state.beside:
        beside.start()
    examine_routes(app)  # whose description the framework keeps: no request has to wait for it
    gc.collect()
    gc.freeze()  # what start-up made is here to stay: no collection looks at it again
    gc.set_threshold(*COLLECT)
    yield
    for beside in app.state.beside:
        beside.stop()
    if app.state.lines is not None:
        app.state.lines.stop()
    app.state.doors.stop()
    app.state.lanes.stop()


def judged_by() -> dict[str, str]:
    """Digests of the files by which rights, pathways, instruments and readings are judged.

    By their place in the application: several have one name.
    """
    files = (RIGHTS, OFFICES, READINGS, *(one / SEALS for one in (PRACTICE, INSTRUMENTS, TOOLS)))
    return {one.relative_to(APP).as_posix(): sha256(one.read_bytes()).hexdigest() for one in files}


def open_house(settings: Settings, engine: Engine | None = None, *, serves: bool = False) -> House:
    """The database and the keys, or a refusal that says what is unsafe.

    `serves`: for the service itself, whose settings commands are held to.
    """
    settings.check()
    examine_kinds()
    tools()  # one that is not as it was sealed stops the start
    examine_instruments(instruments())
    engine = engine or open_engine(
        settings.database_url,
        settings.database_key_file,
        settings.connections,
        pooled=settings.pooler == "transaction",
    )
    remembered, seen = (Remembered[Any, Any](settings.remembered) for _ in range(2))
    try:
        vault = keys_of(engine, settings)
        # Before anything is opened: no command leaves a record where nobody looks for one.
        begun = not serves and record_begun(engine, vault, settings)
        sink = open_sink(settings.sink, begins=not begun)
        house = House(engine, vault, settings, remembered=remembered, seen=seen, sink=sink)
        if back := erase_again(house):
            log.warning("erased files were there again", extra={"count": back})
    except (UnsafeDatabase, UnsafeKey, UnsafeSink):
        engine.dispose()  # a refused database is let go of
        raise
    bound(settings.password_hashes_at_once)
    return house


def keys_of(engine: Engine, settings: Settings) -> Vault:
    """Of a database whose tables, and walls around them, are what they should be."""
    with transaction(engine) as db:
        if not inspect(db).has_table(table(Fact).name):
            raise UnsafeDatabase("the database has no tables yet: run `casework migrate` first")
        examine_walls(db)
        examine_refusals(db)
        return open_vault(db, source_of(settings), Ledger(settings.erasure_list_file))


def create_app(settings: Settings | None = None, house: House | None = None) -> FastAPI:
    settings = settings or Settings()
    house = house or open_house(settings, serves=True)
    with transaction(house.engine) as db:
        synthetic = fact(db, DATA_CLASS) == SYNTHETIC
    settings.check_demo(synthetic)
    app = build(settings, synthetic)
    app.state.house = house
    # SQLite has one writer, and a connection forgets its pages whenever another one has written.
    alone = house.engine.dialect.name == "sqlite"
    app.state.lanes = Lanes[Any](
        1 if alone else settings.lanes,
        settings.queue,
        lambda: held(house.engine),
        (lambda: together(house.engine)) if alone else None,
    )
    if house.engine.dialect.name == "postgresql" and settings.pooler == "none":
        app.state.lines = Lines(house.engine, settings.lines, settings.queue)
    # Whoever waits for a turn to hash must not keep a lane from those who are signed in.
    app.state.doors = Lanes[Any](2 * settings.password_hashes_at_once, settings.queue, nullcontext)
    if settings.sequencer:
        app.state.sequencer = open_sequencer(house.engine, house.vault, settings)
        app.state.beside.append(app.state.sequencer)
    else:
        examine_log_beside(house.engine, settings)
    looks = ((settings.reading_notices, watch_of), (settings.overdue_notices, Overdue))
    app.state.beside += [looking(house) for asked, looking in looks if asked]
    watch(app)
    return app


def watch(app: FastAPI) -> None:
    """What is read when somebody asks for the metrics."""
    metrics, pool = app.state.metrics, app.state.house.engine.pool
    lanes = {"requests": app.state.lanes, "sign-ins": app.state.doors}

    def each(read: Callable[[Lanes[Any]], int]) -> Callable[[], list[tuple[str, float]]]:
        return lambda: [(f'{{lanes="{name}"}}', read(one)) for name, one in lanes.items()]

    metrics.watch("casework_lanes", "Threads that serve.", each(lambda one: one.size))
    metrics.watch("casework_lanes_busy", "Threads at work.", each(lambda one: len(one.at_work)))
    metrics.watch("casework_queue", "Requests in the queue.", each(lambda one: one.jobs.qsize()))
    if (lines := app.state.lines) is not None:
        waiting = "Requests that wait for a line."
        metrics.watch("casework_lines", "Lines to the database.", lambda: [("", len(lines.open))])
        metrics.watch("casework_lines_queue", waiting, lambda: [("", len(lines.waiting))])
    if (log := app.state.sequencer) is not None:
        late, aside = "Seconds that events waited for the log.", "Events kept out of the log."
        metrics.watch("casework_log_size", "Events in the log.", lambda: [("", log.size)])
        metrics.watch("casework_log_late", late, lambda: [("", log.late)])
        metrics.watch("casework_log_unvouched", aside, lambda: [("", log.unvouched)])
    metrics.watch("casework_pool_in_use", "Connections.", lambda: [("", pool.checkedout())])


def telemetry(settings: Settings) -> TelemetryConfig:
    """Off, whatever the environment says, and whatever provider others have set up."""
    off: TelemetryConfig = {"metrics": False, "logs": False, "operation_spans": False}
    if settings.otlp_endpoint is None:
        return {**off, "tracing": False, "auto_configure": False}
    try:
        traces = import_module("app.core.traces")
    except ModuleNotFoundError:
        raise UnsafeSettings("CASEWORK_OTLP_ENDPOINT: install the extra `otel`") from None
    on: TelemetryConfig = traces.telemetry(settings.otlp_endpoint)
    return {**off, **on, "auto_configure": False}


class Application(FastAPI):
    """The framework, and what stands before its own layers, which most requests do without."""

    front: Callable[[App], App] | None = None

    def build_middleware_stack(self) -> Any:
        framework: Any = super().build_middleware_stack()
        return self.front(framework) if self.front else framework


def build(settings: Settings, synthetic: bool = False) -> Application:
    """What it answers to and how; without a database, so that its description needs none."""
    app = Application(
        title="Casework",
        version="1",
        description="Case management for people returned from conflict zones",
        lifespan=running,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if settings.shows_api else None,
        redirect_slashes=False,
        telemetry=telemetry(settings),
    )
    methods = Methods(app.routes)
    problems.install(app, methods)
    for router in (*UNGUARDED, *ROUTERS):
        app.include_router(router, prefix="/v1")
    app.include_router(platform)
    if settings.shows_api:
        app.include_router(api_pages())
    complete_description(app)
    app.state.metrics, app.state.lines, app.state.sequencer = Metrics(), None, None
    app.state.beside = []  # what runs beside the requests
    limits = {
        "token": limit(settings.rate_per_token),
        "address": limit(settings.rate_per_address),
        "search": limit(settings.rate_of_searches),
        "sign-in": limit(settings.rate_of_sign_ins),
    }
    app.state.rates = Rates(limits, app.state.metrics)
    bodies = Bodies(
        settings.max_body_bytes,
        settings.max_upload_bytes,
        forms=("/v1/token", "/v1/token/revoke"),
        uploads=("/arrivals",),
        most_held=settings.max_held_bytes,
        seconds=settings.body_seconds,
    )
    app.state.metrics_for_loopback = settings.metrics == "loopback"
    edge: dict[str, Any] = {
        "hosts": settings.trusted_hosts,
        "bodies": bodies,
        "synthetic": synthetic,
        "limit": app.state.rates.admit,
        "public": public_handlers(app),
    }
    watch: dict[str, Any] = {"routes": templates(app.routes), "metrics": app.state.metrics}
    if settings.otlp_endpoint is None:
        short = Express(app).answer

        def front(framework: App) -> App:
            return Watch(Edge(Options(framework, methods), **edge, short=short), **watch)

        app.front = front
    else:  # the framework's spans are to hold all that is done
        app.add_middleware(Options, methods=methods)
        app.add_middleware(Edge, **edge)
        app.add_middleware(Watch, **watch, traced=True)
    return app
