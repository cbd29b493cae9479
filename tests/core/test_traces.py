"""Spans say which route was asked and how it ended, and not by whom about whom."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry import metrics, trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.core import traces
from app.core.settings import Settings, UnsafeSettings
from app.main import build, create_app
from tests.conftest import World

CANARY = "Kestrelova"
Traced = tuple[TestClient, InMemorySpanExporter]


@pytest.fixture
def traced(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traced]:
    exporter = InMemorySpanExporter()
    monkeypatch.setattr(traces, "OTLPSpanExporter", lambda endpoint: exporter)
    settings = world.house.settings.model_copy(update={"otlp_endpoint": "http://127.0.0.1:1"})
    app = create_app(settings, world.house)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client, exporter
    app._telemetry["tracer_provider"].shutdown()  # type: ignore[union-attr]


def spans(client: TestClient, exporter: InMemorySpanExporter) -> tuple[ReadableSpan, ...]:
    client.app._telemetry["tracer_provider"].force_flush()  # type: ignore[attr-defined]
    return exporter.get_finished_spans()


def test_a_span_holds_four_things(traced: Traced, world: World) -> None:
    client, _ = traced
    headers = {
        "Authorization": f"Bearer {world.staff['social_worker', 'north'].token}",
        "User-Agent": CANARY,
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        "tracestate": f"who={CANARY}",
        "baggage": f"who={CANARY}",
    }
    answer = client.get(f"/v1/people/{CANARY}?name={CANARY}", headers=headers)
    (span,) = spans(*traced)
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.route": "/v1/people/{person_id}",
        "http.response.status_code": answer.status_code,
        "casework.request_id": answer.headers["X-Request-Id"],
    }
    assert span.name == "GET /v1/people/{person_id}"
    assert (span.events, span.links, span.status.description) == ((), (), None)
    assert CANARY not in span.to_json()
    context = span.get_span_context()
    assert context
    assert f"{context.trace_id:032x}" == headers["traceparent"][3:35]
    assert not context.trace_state
    assert not (span.parent and span.parent.trace_state)


def test_a_failure_says_nothing_of_itself(
    traced: Traced, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        trace.get_current_span().add_event(CANARY, {"what": CANARY})
        trace.get_current_span().set_attribute("enduser.id", CANARY)
        raise ValueError(CANARY)

    monkeypatch.setattr("app.safeguards.guard.carrying.authenticate", broken)
    client, _ = traced
    assert client.get("/v1/cases").status_code == 500
    assert client.request(CANARY, f"/{CANARY}").status_code == 404
    found = spans(*traced)
    assert [span.name for span in found] == ["GET /v1/cases", "_OTHER none"]
    assert not [span for span in found if CANARY in span.to_json()]


def test_it_is_off_unless_asked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where something else in the process has set up a provider, or the environment asks."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    app = create_app(world.house.settings, world.house)
    with TestClient(app) as client:
        client.get("/healthz")
    assert exporter.get_finished_spans() == ()
    assert app._telemetry["auto_configure"] is False


@pytest.mark.parametrize("endpoint", [None, "http://127.0.0.1:1"])
def test_neither_logs_nor_metrics_leave_that_way(
    world: World, monkeypatch: pytest.MonkeyPatch, endpoint: str | None
) -> None:
    """The framework's own would hold messages, traces and what was sent, if somebody listened."""

    def broken(*_: object) -> None:
        raise ValueError(CANARY)

    records: Any = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    reader = InMemoryMetricReader()
    logger, meter = LoggerProvider(), MeterProvider([reader])
    logger.add_log_record_processor(SimpleLogRecordProcessor(records))
    monkeypatch.setattr("opentelemetry._logs._internal._LOGGER_PROVIDER", logger)
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: meter)
    monkeypatch.setattr(traces, "OTLPSpanExporter", lambda endpoint: InMemorySpanExporter())
    settings = world.house.settings.model_copy(update={"otlp_endpoint": endpoint})
    headers = {"Authorization": f"Bearer {world.staff['administrator', 'north'].token}"}
    app = create_app(settings, world.house)
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.post("/v1/units", json={"code": CANARY}, headers=headers).status_code == 422
        monkeypatch.setattr("app.safeguards.guard.carrying.authenticate", broken)
        assert client.get("/v1/users?limit=1").status_code == 500
    if endpoint:
        app._telemetry["tracer_provider"].shutdown()  # type: ignore[union-attr]
    assert records.get_finished_logs() == ()
    assert reader.get_metrics_data() is None


def test_without_the_extra_the_start_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("app.main.import_module", missing)
    with pytest.raises(UnsafeSettings, match=r"^CASEWORK_OTLP_ENDPOINT: install the extra"):
        build(Settings(otlp_endpoint="http://127.0.0.1:4318/v1/traces"))
    build(Settings())


@pytest.mark.parametrize("address", ["http://collector.example/v1/traces", "collector:4318", "x"])
def test_spans_cross_no_network_in_the_clear(address: str) -> None:
    with pytest.raises(UnsafeSettings, match=r"^CASEWORK_OTLP_ENDPOINT:"):
        Settings(otlp_endpoint=address).check()
    for fine in ("https://collector.example/v1/traces", "http://localhost:4318/v1/traces"):
        Settings(otlp_endpoint=fine).check()
