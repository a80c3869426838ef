"""Turns as OpenTelemetry spans, made after a turn is over and sent by a thread of the SDK's own.

The only module that knows OpenTelemetry, and it is imported only where spans are wanted.
"""

import asyncio
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

from core.observability.record import Outcome, TurnRecord
from shared.version import VERSION

_NS_PER_MS: Final = 1_000_000
_FAILURES: Final = frozenset({Outcome.FAILED, Outcome.LOST})
_SEND_S: Final = 5


class Spans:
    """Sends one trace for each turn: a span of the turn, and one inside it for each stage.

    Args:
        url: where an OpenTelemetry collector takes OTLP over HTTP, such as "http://127.0.0.1:4318".
    """

    def __init__(self, url: str) -> None:
        exporter = OTLPSpanExporter(endpoint=f"{url.rstrip('/')}/v1/traces", timeout=_SEND_S)
        resource = Resource.create({"service.name": "unamentis-core", "service.version": VERSION})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("core.observability")

    def observe(self, record: TurnRecord) -> None:
        """Queue a turn's spans; the queue is bounded, and drops what a collector does not take."""
        began = _ns(record)
        turn = self._tracer.start_span(
            "turn",
            kind=SpanKind.SERVER,
            start_time=began + min([0, *(stage.began_ms for stage in record.stages)]) * _NS_PER_MS,
            attributes={
                "unamentis.session_id": record.session_id,
                "unamentis.tenant_id": record.tenant_id,
                "unamentis.turn_id": record.turn_id,
                "unamentis.outcome": record.outcome.value,
                "unamentis.spoken": record.spoken,
            },
        )
        if record.outcome in _FAILURES:
            turn.set_attribute("error.type", record.problem)
            turn.set_status(Status(StatusCode.ERROR))
        inside = set_span_in_context(turn)
        for stage in record.stages:
            span = self._tracer.start_span(
                stage.name.value, context=inside, start_time=began + stage.began_ms * _NS_PER_MS
            )
            span.end(end_time=began + stage.ended_ms * _NS_PER_MS)
        turn.end(end_time=began + record.lasted_ms * _NS_PER_MS)

    async def close(self) -> None:
        """Send what is left; a collector that does not answer is given up after a few seconds."""
        await asyncio.to_thread(self._provider.shutdown)


def _ns(record: TurnRecord) -> int:
    return round(record.began_at.timestamp() * 1000) * _NS_PER_MS
