"""The settings decide who is told of turns."""

import asyncio
import json
from collections.abc import Callable

import pytest
from aiohttp import web

from core.observability.metrics import Metrics
from core.observability.record import Outcome, TurnRecord
from core.observability.reporting import reporting
from core.settings import ObservabilitySettings, read_settings
from shared.errors import InvalidInput
from tests.core.observability.test_spans import collector
from tests.core.test_settings import ENVIRON
from tests.support.log_lines import logged


async def told(settings: ObservabilitySettings, record: TurnRecord) -> None:
    """Tell of one turn, and end as a process ends."""
    observe, beside = reporting(settings, Metrics())
    app = web.Application()
    app.cleanup_ctx.extend(beside)
    runner = web.AppRunner(app)
    await runner.setup()
    observe(record)
    await asyncio.sleep(0)
    await runner.cleanup()


async def test_without_settings_a_turn_is_a_line_of_the_log(
    record: Callable[..., TurnRecord], capsys: pytest.CaptureFixture[str]
) -> None:
    await told(ObservabilitySettings(), record(outcome=Outcome.FAILED, problem="TTS_TIMEOUT"))
    (line,) = logged(capsys, "turn_ended")
    assert (line["session_id"], line["outcome"], line["problem"]) == ("session-1", "failed", "TTS_TIMEOUT")
    assert (line["endpoint_ms"], line["voice_to_voice_ms"]) == (400, 650)


async def test_a_namespace_makes_it_a_line_for_cloudwatch_instead(
    record: Callable[..., TurnRecord], capsys: pytest.CaptureFixture[str]
) -> None:
    await told(ObservabilitySettings(emf_namespace="School"), record())
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "School"


async def test_spans_that_wait_are_sent_when_the_process_ends(record: Callable[..., TurnRecord]) -> None:
    async with collector() as (url, spans):
        await told(ObservabilitySettings(otlp_url=url), record())
    assert {span.name for span in spans} == {"turn", "stt", "endpoint", "voice_to_voice"}


def test_the_environment_names_both() -> None:
    environ = {**ENVIRON, "UNAMENTIS_EMF_NAMESPACE": "School", "UNAMENTIS_OTLP_URL": "http://127.0.0.1:4318"}
    assert read_settings(environ).observability == ObservabilitySettings(
        emf_namespace="School", otlp_url="http://127.0.0.1:4318"
    )
    assert read_settings(ENVIRON).observability == ObservabilitySettings()
    with pytest.raises(InvalidInput, match="UNAMENTIS_OTLP_URL"):
        read_settings({**ENVIRON, "UNAMENTIS_OTLP_URL": "collector:4318"})
