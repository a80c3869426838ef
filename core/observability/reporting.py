"""Everybody who is told of turns, as the settings name them."""

import sys
from collections.abc import AsyncGenerator, Callable
from importlib.util import find_spec
from typing import Final

from aiohttp import web

from core.observability.emf import EmfLines
from core.observability.metrics import Metrics
from core.observability.record import Observe, TurnRecord
from core.observability.watch import Watch
from core.settings import ObservabilitySettings
from shared.errors import InvalidInput
from shared.logging import get_logger

_log: Final = get_logger("core")

Beside = Callable[[web.Application], AsyncGenerator[None]]


def reporting(settings: ObservabilitySettings, metrics: Metrics, *also: Observe) -> tuple[Watch, tuple[Beside, ...]]:
    """Return who is told of each turn, and what must run beside the sockets for that.

    Args:
        also: who else is told.
    Raises: InvalidInput: spans are wanted and OpenTelemetry is not installed.
    """
    # CloudWatch's lines hold everything that the log's would.
    lines = EmfLines(settings.emf_namespace, sys.stdout).observe if settings.emf_namespace else log_turn
    observers: list[Observe] = [metrics.observe, lines, *also]
    beside: list[Beside] = []
    if settings.otlp_url:
        observe, sending = _spans(settings.otlp_url)
        observers.append(observe)
        beside.append(sending)
    return Watch(observers), tuple(beside)


def log_turn(record: TurnRecord) -> None:
    """Write a line of a turn: ids, stages and outcome."""
    facts: dict[str, object] = {f"{stage.name.value}_ms": stage.lasted_ms for stage in record.stages}
    facts |= {"session_id": record.session_id, "turn_id": record.turn_id}
    _log.info("turn_ended", **facts, outcome=record.outcome.value, problem=record.problem)


def _spans(url: str) -> tuple[Observe, Beside]:
    if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter") is None:
        raise InvalidInput("UNAMENTIS_OTLP_URL needs OpenTelemetry's SDK: uv sync --inexact --group tracing")
    from core.observability.spans import Spans

    spans = Spans(url)

    async def sending(_app: web.Application) -> AsyncGenerator[None]:
        yield
        await spans.close()

    return spans.observe, sending
