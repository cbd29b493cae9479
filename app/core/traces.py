"""Spans for a collector, with method, route template, status and request id alone.

The framework begins a span with path, query and host in it, and others could add more. So whatever
is exported is made anew from a list of attributes; events, links, descriptions and what a caller's
headers say beside the ids of the trace are left behind. Needs the extra `otel`.
"""

from collections.abc import Sequence

from fastapi.telemetry import TelemetryConfig
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanContext, Status

from app.core.version import VERSION

ALLOWED = (
    *("http.request.method", "http.route", "http.response.status_code"),
    "casework.request_id",
)


class Bare(SpanExporter):
    """Passes on what is allowed, and nothing else."""

    def __init__(self, to: SpanExporter) -> None:
        self.to = to

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self.to.export([bare(span) for span in spans])

    def shutdown(self) -> None:
        self.to.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self.to.force_flush(timeout_millis)


def bare(span: ReadableSpan) -> ReadableSpan:
    given = span.attributes or {}
    kept = {name: given[name] for name in ALLOWED if name in given}
    words = (kept.get("http.request.method", "HTTP"), kept.get("http.route", "none"))
    return ReadableSpan(
        name=" ".join(map(str, words)),
        context=ids(span.get_span_context()),
        parent=ids(span.parent),
        resource=span.resource,
        attributes=kept,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def ids(context: SpanContext | None) -> SpanContext | None:
    """Without the trace state, in which a caller may write what they like."""
    if context is None:
        return None
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)


def telemetry(endpoint: str, exporter: SpanExporter | None = None) -> TelemetryConfig:
    """For the framework: spans of all requests to this address, and to nobody else's provider."""
    resource = Resource({"service.name": "casework", "service.version": VERSION})
    provider = TracerProvider(sampler=ALWAYS_ON, resource=resource)
    to = Bare(exporter or OTLPSpanExporter(endpoint=endpoint))
    provider.add_span_processor(BatchSpanProcessor(to))
    return {"tracer_provider": provider, "tracing": True}
