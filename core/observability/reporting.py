"""Everybody who is told of turns, as the settings name them."""

import sys
from collections.abc import AsyncGenerator, Callable
from importlib.util import find_spec

from aiohttp import web

from core.observability.emf import EmfLines
from core.observability.metrics import Metrics
from core.observability.record import Observe
from core.observability.watch import Watch
from core.settings import ObservabilitySettings
from shared.errors import InvalidInput

Beside = Callable[[web.Application], AsyncGenerator[None]]


def reporting(settings: ObservabilitySettings, metrics: Metrics, *also: Observe) -> tuple[Watch, tuple[Beside, ...]]:
    """Return who is told of each turn, and what must run beside the sockets for that.

    Args:
        also: who else is told.
    Raises: InvalidInput: spans are wanted and OpenTelemetry is not installed.
    """
    observers: list[Observe] = [metrics.observe, *also]
    beside: list[Beside] = []
    if settings.emf_namespace:
        observers.append(EmfLines(settings.emf_namespace, sys.stdout).observe)
    if settings.otlp_url:
        observe, sending = _spans(settings.otlp_url)
        observers.append(observe)
        beside.append(sending)
    return Watch(observers), tuple(beside)


def _spans(url: str) -> tuple[Observe, Beside]:
    if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter") is None:
        raise InvalidInput("UNAMENTIS_OTLP_URL needs OpenTelemetry's SDK: uv sync --inexact --group tracing")
    from core.observability.spans import Spans

    spans = Spans(url)

    async def sending(_app: web.Application) -> AsyncGenerator[None]:
        yield
        await spans.close()

    return spans.observe, sending
