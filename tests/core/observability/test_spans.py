"""A turn becomes one trace at a collector that speaks OTLP over HTTP."""

import gzip
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.proto.trace.v1.trace_pb2 import Status as SpanStatus

from core.observability.record import Outcome, TurnRecord
from core.observability.spans import Spans

BEGAN_NS = 1_767_323_045_000_000_000


@asynccontextmanager
async def collector() -> AsyncGenerator[tuple[str, list[Span]]]:
    spans: list[Span] = []

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        if body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            spans.extend(span for scope in resource.scope_spans for span in scope.spans)
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", spans
    finally:
        await runner.cleanup()


async def sent(*records: TurnRecord) -> list[Span]:
    async with collector() as (url, spans):
        exporter = Spans(url)
        for record in records:
            exporter.observe(record)
        await exporter.close()
    return spans


def ms(nanoseconds: int) -> float:
    return (nanoseconds - BEGAN_NS) / 1e6


async def test_a_turn_with_its_stages_inside(record: Callable[..., TurnRecord]) -> None:
    spans = {span.name: span for span in await sent(record())}
    assert set(spans) == {"turn", "stt", "endpoint", "voice_to_voice"}
    turn = spans.pop("turn")
    assert (ms(turn.start_time_unix_nano), ms(turn.end_time_unix_nano)) == (-100, 2_000)
    assert {span.parent_span_id for span in spans.values()} == {turn.span_id}
    assert {span.trace_id for span in spans.values()} == {turn.trace_id}
    times = {name: (ms(s.start_time_unix_nano), ms(s.end_time_unix_nano)) for name, s in spans.items()}
    assert times == {"stt": (-100, 50), "endpoint": (0, 400), "voice_to_voice": (0, 650)}
    attributes = {pair.key: pair.value.string_value for pair in turn.attributes}
    assert attributes["unamentis.session_id"] == "session-1"
    assert attributes["unamentis.outcome"] == "answered"
    assert turn.status.code == SpanStatus.STATUS_CODE_UNSET


async def test_a_failed_turn_is_marked_so(record: Callable[..., TurnRecord]) -> None:
    first, second = await sent(
        record(outcome=Outcome.LOST, problem="TURN_NOT_STORED", stages=()), record(outcome=Outcome.UNHEARD, stages=())
    )
    assert first.status.code == SpanStatus.STATUS_CODE_ERROR
    assert {pair.key: pair.value.string_value for pair in first.attributes}["error.type"] == "TURN_NOT_STORED"
    assert second.status.code == SpanStatus.STATUS_CODE_UNSET
    assert first.trace_id != second.trace_id
